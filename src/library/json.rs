//! Natives over JSON.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::data::json::{canonical, to_json as write};
use crate::data::value::Value;
use crate::text::json_repair;

use super::call::{Answer, Call, Undefined};

/// Any value as JSON; what is missing is null.
pub(super) fn as_json(call: &mut Call<'_>) -> Answer {
    let json = write(call.argument(0)?, call.kind(0));
    Ok(Value::Json(Arc::new(canonical(json))))
}

/// Any value as the text of its JSON, a record's fields in the order of its type.
pub(super) fn to_json(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(write(call.argument(0)?, call.kind(0)).to_string()))
}

/// The member of that name or the element of that number, from 0, negative from the end;
/// missing where there is none or it is null.
pub(super) fn json_part(call: &mut Call<'_>) -> Answer {
    let json = call.json(0)?;
    let part = match call.argument(1)? {
        Value::Text(name) => json.get(&**name),
        Value::Int(place) => json.as_array().and_then(|items| element(items, *place)),
        _ => return Err(Undefined("a part of JSON goes by name or by number".to_owned())),
    };
    Ok(match part {
        None | Some(Json::Null) => Value::Missing,
        Some(part) => Value::Json(Arc::new(part.clone())),
    })
}

fn element(items: &[Json], place: i64) -> Option<&Json> {
    let from_end = || items.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?);
    let place = if place < 0 { from_end()? } else { usize::try_from(place).ok()? };
    items.get(place)
}

/// The one JSON value in a text, read tolerantly; missing where there is none or several.
pub(super) fn parse_json(call: &mut Call<'_>) -> Answer {
    Ok(match json_repair::read(call.text(0)?) {
        Ok(found) => Value::Json(Arc::new(canonical(found.value))),
        Err(_) => Value::Missing,
    })
}

/// JSON's text where it is a text; missing where it is not.
pub(super) fn json_text(call: &mut Call<'_>) -> Answer {
    Ok(call.json(0)?.as_str().map_or(Value::Missing, Value::text))
}

/// JSON's number where it is a number; missing where it is not.
pub(super) fn json_number(call: &mut Call<'_>) -> Answer {
    Ok(call.json(0)?.as_f64().map_or(Value::Missing, Value::Float))
}

/// JSON's truth value where it is one; missing where it is not.
pub(super) fn json_bool(call: &mut Call<'_>) -> Answer {
    Ok(call.json(0)?.as_bool().map_or(Value::Missing, Value::Bool))
}

/// JSON's elements where it is a list; missing where it is not.
pub(super) fn json_list(call: &mut Call<'_>) -> Answer {
    let value = |json: &Json| Value::Json(Arc::new(json.clone()));
    Ok(call.json(0)?.as_array().map_or(Value::Missing, |items| Value::list(items.iter().map(value))))
}
