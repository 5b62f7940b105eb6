//! A cell of a table to a value of a type.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::data::json::{Place, from_json_at, truth};
use crate::data::types::Type;
use crate::data::value::Value;

/// The value of a cell; `None` where the table has no such column.
///
/// An empty cell is missing where that is allowed, empty where text is wanted, and wrong
/// elsewhere. Text is taken as it stands; around anything else, space does not count. Lists,
/// records and conversations are written as JSON, and what is json but does not read as JSON is
/// its text.
pub(super) fn cell(name: &Arc<str>, kind: &Type, written: Option<&str>) -> Result<Value, String> {
    let written = match written {
        Some("") | None if kind.is_optional() => return Ok(Value::Missing),
        None => return fit(name, kind, &Json::Null),
        Some(written) => written,
    };
    let kind = kind.present();
    let trimmed = written.trim();
    let value = match kind {
        Type::Text | Type::Path => Some(Value::text(written)),
        Type::Closed(_) | Type::Date | Type::Id => return fit(name, kind, &Json::from(trimmed)),
        Type::Int => trimmed.parse().ok().map(Value::Int).or_else(|| {
            let float: f64 = trimmed.parse().ok()?;
            from_json_at(&Place::field(name), &Json::from(float), kind).ok()
        }),
        Type::Float => trimmed.parse().ok().map(Value::Float),
        Type::Bool => match trimmed {
            "1" => Some(Value::Bool(true)),
            "0" => Some(Value::Bool(false)),
            word => truth(word).map(Value::Bool),
        },
        _ => match serde_json::from_str(trimmed) {
            Ok(json) => return fit(name, kind, &json),
            Err(_) => None,
        },
    };
    value.map_or_else(|| fit(name, kind, &Json::from(written)), Ok)
}

fn fit(name: &Arc<str>, kind: &Type, json: &Json) -> Result<Value, String> {
    from_json_at(&Place::field(name), json, kind).map_err(|mismatch| mismatch.to_string())
}
