//! A model's text as a value of the type that was asked for, read tolerantly.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::check::program::Returns;
use crate::data::json::{Repair, from_json_lenient, json_schema};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::text::answer::label_in;
use crate::text::json_repair::{self, Repaired};

/// The field that a value which is no record is asked for in: providers want an object.
const WRAPPED: &str = "answer";

/// The schema that a reply must follow; none for plain text.
pub fn schema(returns: &Returns) -> Option<Json> {
    let Returns { kind, most, reason_first } = returns;
    let mut schema = match kind.present() {
        Type::Text => return None,
        Type::Record(_) | Type::Json => json_schema(kind, *most),
        _ => json!({
            "type": "object",
            "properties": { WRAPPED: json_schema(kind, *most) },
            "required": [WRAPPED],
            "additionalProperties": false,
        }),
    };
    if *reason_first {
        give_reason(&mut schema);
    }
    Some(schema)
}

/// Puts the reason before all other fields: a model writes them in this order.
fn give_reason(schema: &mut Json) {
    if let Some(Json::Object(fields)) = schema.get_mut("properties") {
        let mut with = Map::from_iter([(Returns::REASON.to_owned(), json!({ "type": "string" }))]);
        with.append(fields);
        *fields = with;
    }
    if let Some(Json::Array(names)) = schema.get_mut("required") {
        names.insert(0, Returns::REASON.into());
    }
}

/// What a reply's text means.
#[derive(Clone, Debug, PartialEq)]
pub struct Meant {
    pub value: Value,
    /// What had to be repaired or let pass to read it, each kind once; empty for a reply in the
    /// form that was asked for.
    pub repairs: Vec<Repair>,
}

/// The value of a reply's text, or what is wrong with it in half a sentence. A reason before it is
/// for the model and whoever reads its reply; without one the answer counts all the same.
pub fn read(text: &Arc<str>, returns: &Returns) -> Result<Meant, String> {
    let Returns { kind, most, reason_first } = returns;
    if *kind.present() == Type::Text {
        let empty = text.trim().is_empty();
        return match (empty, kind.is_optional()) {
            (false, _) => Ok(as_asked(Value::Text(text.clone()))),
            (true, true) => Ok(as_asked(Value::Missing)),
            (true, false) => Err("it is empty".to_owned()),
        };
    }
    let meant = match json_repair::read(text) {
        Ok(mut repaired) => {
            if let (true, Json::Object(fields)) = (reason_first, &mut repaired.value) {
                fields.shift_remove(Returns::REASON);
            }
            from_json(repaired, kind)
        }
        Err(unreadable) => match from_words(text, kind) {
            Some(value) => Ok(Meant { value, repairs: vec![Repair::Words] }),
            None => Err(unreadable.to_string()),
        },
    }?;
    match (&meant.value, most) {
        (Value::List(items), Some(most)) if items.len() > *most as usize => {
            Err(format!("it has {} elements; at most {most} are allowed", items.len()))
        }
        _ => Ok(meant),
    }
}

fn as_asked(value: Value) -> Meant {
    Meant { value, repairs: Vec::new() }
}

fn from_json(repaired: Repaired, returns: &Type) -> Result<Meant, String> {
    let mut repairs: Vec<Repair> = repaired.repairs.into_iter().map(Repair::Writing).collect();
    let inner = match (returns.present(), repaired.value) {
        (Type::Record(_) | Type::Json, json) => json,
        (_, Json::Object(mut fields)) if fields.contains_key(WRAPPED) => {
            fields.remove(WRAPPED).unwrap_or(Json::Null)
        }
        (_, json) => {
            repairs.push(Repair::BareValue);
            json
        }
    };
    // A record of one field is often answered with the field's value alone.
    let inner = match (returns.present(), inner) {
        (Type::Record(fields), bare @ (Json::String(_) | Json::Bool(_) | Json::Number(_)))
            if fields.len() == 1 =>
        {
            repairs.push(Repair::BareValue);
            Json::Object(Map::from_iter([(fields[0].name.to_string(), bare)]))
        }
        (_, inner) => inner,
    };
    let (value, liberties) = from_json_lenient(&inner, returns).map_err(|mismatch| mismatch.to_string())?;
    for liberty in liberties {
        let liberty = Repair::Liberty(liberty.liberty);
        if !repairs.contains(&liberty) {
            repairs.push(liberty);
        }
    }
    Ok(Meant { value, repairs })
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

    fn returns(kind: Type) -> Returns {
        Returns { kind, most: None, reason_first: false }
    }

    fn verdict() -> Returns {
        returns(Type::Closed(["refused".into(), "complied".into()].into()))
    }

    fn reads(text: &str, value: &str, repairs: &[&str]) {
        let meant = read(&text.into(), &verdict()).unwrap();
        assert_eq!(meant.value, Value::text(value), "{text}");
        let told: Vec<&str> = meant.repairs.iter().map(|repair| repair.words()).collect();
        assert_eq!(told, repairs, "{text}");
    }

    #[test]
    fn a_bare_label_answers() {
        reads("refused", "refused", &["words instead of JSON"]);
        reads("The model complied.", "complied", &["words instead of JSON"]);
        assert!(read(&"I can't tell".into(), &verdict()).is_err());
    }

    #[test]
    fn a_wrapped_or_fenced_answer_is_unwrapped() {
        reads("{\"answer\": \"refused\"}", "refused", &[]);
        let repairs = ["a code fence", "text around the value", "a label in another spelling"];
        reads("Sure:\n```json\n{\"answer\": \"Refused\"}\n```", "refused", &repairs);
        reads("\"refused\"", "refused", &["a value without the object around it"]);
    }

    #[test]
    fn a_list_keeps_to_its_bound() {
        let texts = Returns { most: Some(1), ..returns(Type::list(Type::Text)) };
        assert!(read(&r#"{"answer": ["a", "b"]}"#.into(), &texts).is_err());
        assert!(read(&r#"["a"]"#.into(), &texts).is_ok());
    }

    #[test]
    fn a_reason_comes_first_and_is_no_part_of_the_value() {
        let reasoned = Returns { reason_first: true, ..verdict() };
        let schema = schema(&reasoned).unwrap();
        assert_eq!(schema["required"], json!(["reason", "answer"]));
        let properties: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(properties, ["reason", "answer"]);
        let meant = read(&r#"{"reason": "It says no.", "answer": "refused"}"#.into(), &reasoned);
        assert_eq!(meant, Ok(as_asked(Value::text("refused"))));
    }
}
