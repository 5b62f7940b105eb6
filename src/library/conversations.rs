//! Natives over conversations.

use crate::data::value::{Speaker, Turn, Value};

use super::call::{Answer, Call, Undefined};

pub(super) fn user(call: &mut Call<'_>) -> Answer {
    message(call, Speaker::User)
}

pub(super) fn assistant(call: &mut Call<'_>) -> Answer {
    message(call, Speaker::Assistant)
}

pub(super) fn system(call: &mut Call<'_>) -> Answer {
    message(call, Speaker::System)
}

pub(super) fn user_with_image(call: &mut Call<'_>) -> Answer {
    let (text, image) = (call.shared_text(0)?.clone(), call.image(1)?.clone());
    Ok(Value::Turns([Turn { speaker: Speaker::User, text, images: vec![image] }].into()))
}

/// A conversation of one message.
fn message(call: &Call<'_>, speaker: Speaker) -> Answer {
    let turn = Turn { speaker, text: call.shared_text(0)?.clone(), images: Vec::new() };
    Ok(Value::Turns([turn].into()))
}

/// Conversations one after another as one.
pub(super) fn conversation(call: &mut Call<'_>) -> Answer {
    let mut all = Vec::new();
    for part in call.list(0)?.iter() {
        match part {
            Value::Turns(turns) => all.extend(turns.iter().cloned()),
            Value::Missing => return Ok(Value::Missing),
            _ => return Err(Undefined("a conversation is made of conversations".to_owned())),
        }
    }
    Ok(Value::Turns(all.into()))
}

pub(super) fn turn_count(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.turns(0)?.len() as i64))
}

pub(super) fn turn_texts(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.turns(0)?.iter().map(|turn| Value::Text(turn.text.clone()))))
}
