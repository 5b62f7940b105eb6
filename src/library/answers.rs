//! Natives that read a model's answer.

use crate::data::value::Value;
use crate::text::{answer, lettered as letters};

use super::call::{Answer, Call};

pub(super) fn same_answer(call: &mut Call<'_>) -> Answer {
    Ok(Value::Bool(answer::same_answer(call.text(0)?, call.text(1)?)))
}

pub(super) fn label_in(call: &mut Call<'_>) -> Answer {
    let (labels, found) = (call.list(1)?, answer::label_in(call.text(0)?, &call.texts(1)?));
    Ok(found.and_then(|place| labels.get(place)).cloned().unwrap_or(Value::Missing))
}

pub(super) fn yes_no(call: &mut Call<'_>) -> Answer {
    Ok(answer::yes_no(call.text(0)?).map_or(Value::Missing, Value::Bool))
}

pub(super) fn first_number(call: &mut Call<'_>) -> Answer {
    Ok(answer::first_number(call.text(0)?).map_or(Value::Missing, Value::Float))
}

pub(super) fn last_number(call: &mut Call<'_>) -> Answer {
    Ok(answer::last_number(call.text(0)?).map_or(Value::Missing, Value::Float))
}

/// Small letters, one space between words, no punctuation.
pub(super) fn normalised(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(plain_words(call.text(0)?).join(" ")))
}

/// The words of a text in small letters, without punctuation.
pub(super) fn plain_words(text: &str) -> Vec<String> {
    let kept = |c: &char| c.is_alphanumeric() || c.is_whitespace();
    let plain: String = text.chars().flat_map(char::to_lowercase).filter(kept).collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn letter_choice(call: &mut Call<'_>) -> Answer {
    let chosen = answer::letter_choice(call.text(0)?, call.count(1)?);
    Ok(chosen.map_or(Value::Missing, |place| Value::Int(place as i64)))
}

pub(super) fn lettered(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(letters::lettered(&call.texts(0)?)))
}

/// The options one a line, each after its number from 1.
pub(super) fn numbered(call: &mut Call<'_>) -> Answer {
    let lines = call.texts(0)?.into_iter().zip(1..).map(|(option, number)| format!("{number}. {option}"));
    Ok(Value::text(lines.collect::<Vec<_>>().join("\n")))
}

pub(super) fn letter(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(letters::letter(call.count(0)?)))
}
