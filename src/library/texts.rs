//! Natives over text. Characters are Unicode scalar values.

use crate::data::json::render;
use crate::data::value::Value;
use crate::text::words as pieces;

use super::call::{Answer, Call};

pub(super) fn characters(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.text(0)?.chars().count() as i64))
}

pub(super) fn words(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(pieces::word_count(call.text(0)?) as i64))
}

pub(super) fn word_list(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(pieces::words(call.text(0)?).map(Value::text)))
}

pub(super) fn sentences(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(pieces::sentences(call.text(0)?).into_iter().map(Value::text)))
}

pub(super) fn lines(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.text(0)?.lines().map(Value::text)))
}

pub(super) fn lower(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(call.text(0)?.to_lowercase()))
}

pub(super) fn upper(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(call.text(0)?.to_uppercase()))
}

pub(super) fn trim(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(call.text(0)?.trim()))
}

pub(super) fn contains(call: &mut Call<'_>) -> Answer {
    Ok(Value::Bool(call.text(0)?.contains(call.text(1)?)))
}

pub(super) fn starts_with(call: &mut Call<'_>) -> Answer {
    Ok(Value::Bool(call.text(0)?.starts_with(call.text(1)?)))
}

pub(super) fn ends_with(call: &mut Call<'_>) -> Answer {
    Ok(Value::Bool(call.text(0)?.ends_with(call.text(1)?)))
}

/// Replacing nothing changes nothing.
pub(super) fn replace(call: &mut Call<'_>) -> Answer {
    let (text, old, new) = (call.shared_text(0)?, call.text(1)?, call.text(2)?);
    Ok(if old.is_empty() { Value::Text(text.clone()) } else { Value::text(text.replace(old, new)) })
}

/// Parting by nothing gives the characters.
pub(super) fn split(call: &mut Call<'_>) -> Answer {
    let (text, mark) = (call.text(0)?, call.text(1)?);
    Ok(if mark.is_empty() {
        Value::list(text.chars().map(String::from).map(Value::text))
    } else {
        Value::list(text.split(mark).map(Value::text))
    })
}

pub(super) fn between(call: &mut Call<'_>) -> Answer {
    let (text, start, end) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let inner = text.split_once(start).and_then(|(_, after)| after.split_once(end));
    Ok(inner.map_or(Value::Missing, |(between, _)| Value::text(between)))
}

pub(super) fn matches(call: &mut Call<'_>) -> Answer {
    let [text, pattern] = [call.text(0)?, call.text(1)?].map(|text| text.chars().collect::<Vec<char>>());
    Ok(Value::Bool(is_match(&text, &pattern)))
}

/// Whether a pattern with `*` and `?` is the whole text. Of several `*` only the last one tried
/// is ever widened, so that no pattern takes longer than text times pattern.
fn is_match(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut wanted) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match (pattern.get(wanted), star) {
            (Some('*'), _) => {
                star = Some((wanted, at));
                wanted += 1;
            }
            (Some(one), _) if *one == '?' || one == character => {
                at += 1;
                wanted += 1;
            }
            (_, Some((place, covered))) => {
                star = Some((place, covered + 1));
                at = covered + 1;
                wanted = place + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[wanted..].iter().all(|rest| *rest == '*')
}

pub(super) fn truncate(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(pieces::first_characters(call.text(0)?, call.count(1)?)))
}

pub(super) fn truncate_bytes(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(pieces::first_bytes(call.text(0)?, call.count(1)?)))
}

pub(super) fn truncate_words(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(pieces::first_words(call.text(0)?, call.count(1)?)))
}

pub(super) fn whole_words(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(pieces::whole_words(call.text(0)?, call.count(1)?)))
}

/// The elements as they read in a template, with the mark between them.
pub(super) fn join_text(call: &mut Call<'_>) -> Answer {
    let (items, mark, kind) = (call.list(0)?, call.text(1)?, call.element_kind(0));
    let present = items.iter().filter(|item| !item.is_missing());
    Ok(Value::text(present.map(|item| render(item, kind)).collect::<Vec<_>>().join(mark)))
}

/// As it reads in a template.
pub(super) fn to_text(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(&*render(call.argument(0)?, call.kind(0))))
}

pub(super) fn to_int(call: &mut Call<'_>) -> Answer {
    Ok(call.text(0)?.trim().parse().map_or(Value::Missing, Value::Int))
}

pub(super) fn to_float(call: &mut Call<'_>) -> Answer {
    let float = call.text(0)?.trim().parse().ok().filter(|float: &f64| float.is_finite());
    Ok(float.map_or(Value::Missing, Value::Float))
}
