//! How a value reads in the hole of a template.

use std::borrow::Cow;

use super::json::to_json;
use super::types::Type;
use super::value::{Speaker, Turn, Value};

/// A value as text in a prompt:
///
/// | value | reads |
/// |---|---|
/// | text, labels, paths | as is |
/// | numbers | plainly: `3`, `0.25`, `2` for the float 2.0 |
/// | bool | `true`, `false` |
/// | date | `2026-01-31` |
/// | a list of such | `a, b, c`, leaving out what is missing |
/// | records, lists of anything else | compact JSON |
/// | json | a string as is, all else as compact JSON |
/// | conversation | a line `User: ...` or `Assistant: ...` a message |
/// | image | `[image 0123456789]` |
/// | missing | nothing |
pub fn render<'a>(value: &'a Value, kind: &Type) -> Cow<'a, str> {
    match value {
        Value::Missing => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Int(int) => Cow::Owned(int.to_string()),
        Value::Float(float) => Cow::Owned(float.to_string()),
        Value::Text(text) => Cow::Borrowed(text),
        Value::Date(date) => Cow::Owned(date.to_string()),
        Value::Image(image) => Cow::Owned(format!("[image {}]", image.digest.short())),
        Value::Json(json) => match &**json {
            serde_json::Value::String(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        },
        Value::Turns(turns) => Cow::Owned(turns.iter().map(line).collect::<Vec<_>>().join("\n")),
        Value::List(items) if items.iter().all(is_scalar) => {
            let of = match kind.present() {
                Type::List(of) => of,
                _ => &Type::Unknown,
            };
            let present = items.iter().filter(|item| !item.is_missing());
            Cow::Owned(present.map(|item| render(item, of)).collect::<Vec<_>>().join(", "))
        }
        Value::List(_) | Value::Record(_) => Cow::Owned(to_json(value, kind).to_string()),
        Value::Id(id) => Cow::Owned(id.to_string()),
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Record(_) | Value::Turns(_) | Value::Json(_))
}

fn line(turn: &Turn) -> String {
    let speaker = match turn.speaker {
        Speaker::System => "System",
        Speaker::User => "User",
        Speaker::Assistant => "Assistant",
    };
    let images: String =
        turn.images.iter().map(|image| format!("[image {}] ", image.digest.short())).collect();
    format!("{speaker}: {images}{}", turn.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_person_would_write_them() {
        let texts = Type::list(Type::Text);
        let person = Type::record([("name".into(), Type::Text), ("age".into(), Type::Int.optional())]);
        let ada = Value::Record([Value::text("Ada"), Value::Missing].into());
        let cases = [
            (Value::text("{{x}}"), Type::Text, "{{x}}"),
            (Value::Float(2.0), Type::Float, "2"),
            (Value::Float(0.1), Type::Float, "0.1"),
            (Value::list([Value::text("a"), Value::Missing, Value::text("b")]), texts, "a, b"),
            (ada.clone(), person.clone(), r#"{"name":"Ada","age":null}"#),
            (Value::list([ada]), Type::list(person), r#"[{"name":"Ada","age":null}]"#),
            (Value::Json(std::sync::Arc::new("as is".into())), Type::Json, "as is"),
        ];
        for (value, kind, reads) in cases {
            assert_eq!(render(&value, &kind), reads);
        }
    }
}
