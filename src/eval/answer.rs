//! A model's text as a value of the type that was asked for, read tolerantly.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::data::json::{from_json_lenient, json_schema};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::text::answer::label_in;
use crate::text::json_repair;

/// The field that a value which is no record is asked for in: providers want an object.
const WRAPPED: &str = "answer";

/// The schema that a reply must follow; none for plain text.
pub fn schema(returns: &Type, most: Option<u32>) -> Option<Json> {
    match returns.present() {
        Type::Text => None,
        Type::Record(_) | Type::Json => Some(json_schema(returns, most)),
        _ => Some(json!({
            "type": "object",
            "properties": { WRAPPED: json_schema(returns, most) },
            "required": [WRAPPED],
            "additionalProperties": false,
        })),
    }
}

/// The value of a reply's text, or what is wrong with it in half a sentence.
pub fn read(text: &Arc<str>, returns: &Type, most: Option<u32>) -> Result<Value, String> {
    if *returns.present() == Type::Text {
        let empty = text.trim().is_empty();
        return match (empty, returns.is_optional()) {
            (false, _) => Ok(Value::Text(text.clone())),
            (true, true) => Ok(Value::Missing),
            (true, false) => Err("it is empty".to_owned()),
        };
    }
    let value = match json_repair::read(text) {
        Ok(repaired) => from_json(repaired.value, returns),
        Err(unreadable) => from_words(text, returns).ok_or_else(|| unreadable.to_string()),
    }?;
    match (&value, most) {
        (Value::List(items), Some(most)) if items.len() > most as usize => {
            Err(format!("it has {} elements; at most {most} are allowed", items.len()))
        }
        _ => Ok(value),
    }
}

fn from_json(json: Json, returns: &Type) -> Result<Value, String> {
    let inner = match (returns.present(), json) {
        (Type::Record(_) | Type::Json, json) => json,
        (_, Json::Object(mut fields)) if fields.contains_key(WRAPPED) => {
            fields.remove(WRAPPED).unwrap_or(Json::Null)
        }
        (_, json) => json,
    };
    // A record of one field is often answered with the field's value alone.
    let inner = match (returns.present(), inner) {
        (Type::Record(fields), bare @ (Json::String(_) | Json::Bool(_) | Json::Number(_)))
            if fields.len() == 1 =>
        {
            Json::Object(Map::from_iter([(fields[0].name.to_string(), bare)]))
        }
        (_, inner) => inner,
    };
    from_json_lenient(&inner, returns).map(|(value, _)| value).map_err(|mismatch| mismatch.to_string())
}

/// Text that is no JSON at all still answers where one label, or one bare value, is asked for.
fn from_words(text: &str, returns: &Type) -> Option<Value> {
    let words = text.trim();
    match returns.present() {
        Type::Closed(labels) => label_in(words, labels).map(|at| Value::Text(labels[at].clone())),
        Type::Record(fields) if fields.len() == 1 => {
            let value = from_words(words, &fields[0].kind)?;
            Some(Value::Record([value].into()))
        }
        kind @ (Type::Int | Type::Float | Type::Bool) => {
            from_json_lenient(&Json::String(words.to_owned()), kind).ok().map(|(value, _)| value)
        }
        Type::Text => Some(Value::text(words)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Type {
        Type::Closed(["refused".into(), "complied".into()].into())
    }

    #[test]
    fn a_bare_label_answers() {
        assert_eq!(read(&"refused".into(), &verdict(), None), Ok(Value::text("refused")));
        assert_eq!(read(&"The model complied.".into(), &verdict(), None), Ok(Value::text("complied")));
        assert!(read(&"I can't tell".into(), &verdict(), None).is_err());
    }

    #[test]
    fn a_wrapped_or_fenced_answer_is_unwrapped() {
        let text = "Sure:\n```json\n{\"answer\": \"refused\"}\n```";
        assert_eq!(read(&text.into(), &verdict(), None), Ok(Value::text("refused")));
    }

    #[test]
    fn a_list_keeps_to_its_bound() {
        let texts = Type::list(Type::Text);
        assert!(read(&r#"{"answer": ["a", "b"]}"#.into(), &texts, Some(1)).is_err());
        assert!(read(&r#"["a"]"#.into(), &texts, Some(1)).is_ok());
    }
}
