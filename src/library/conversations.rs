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

/// The texts of a speaker's messages.
pub(super) fn said_by(call: &mut Call<'_>) -> Answer {
    let speaker = match call.text(1)? {
        "system" => Speaker::System,
        "user" => Speaker::User,
        _ => Speaker::Assistant,
    };
    let said = call.turns(0)?.iter().filter(|turn| turn.speaker == speaker);
    Ok(Value::list(said.map(|turn| Value::Text(turn.text.clone()))))
}
