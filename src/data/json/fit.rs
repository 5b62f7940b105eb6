//! JSON to a value of a type.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::data::row::RowId;
use crate::data::types::{Field, Type};
use crate::data::value::{Image, Speaker, Turn, Value};
use crate::digest::Digest;

use super::leniency::{Leniency, Liberty, respell};
use super::mismatch::{Mismatch, Place};
use super::write::canonical;

/// The value that a piece of JSON is under a type.
///
/// An int does for a float and `3.0` for an int; null, or no field at all, for what is optional
/// and nothing else; a closed set takes its labels exactly as they are written; fields that the
/// type does not name are ignored. A conversation is a list of `{ role, content }`, a picture
/// `{ digest, media_type }`.
pub fn from_json(json: &Json, kind: &Type) -> Result<Value, Mismatch> {
    Fit { place: Place::default(), taken: None }.value(json, kind)
}

/// As [`from_json`], for an answer of a model: takes the liberties of [`Liberty`] where the
/// answer is not of the type but can mean one thing only, and says which were taken.
pub fn from_json_lenient(json: &Json, kind: &Type) -> Result<(Value, Vec<Leniency>), Mismatch> {
    let mut fit = Fit { place: Place::default(), taken: Some(Vec::new()) };
    let value = fit.value(json, kind)?;
    Ok((value, fit.taken.unwrap_or_default()))
}

/// As [`from_json`], for a value that stands at a place in something larger.
pub(crate) fn from_json_at(place: &Place, json: &Json, kind: &Type) -> Result<Value, Mismatch> {
    Fit { place: place.clone(), taken: None }.value(json, kind)
}

/// A record's values in the order of the fields. Where there is one field only, a value that is
/// no record stands for it.
pub(crate) fn record_values(json: &Json, fields: &[Field]) -> Result<Vec<Value>, Mismatch> {
    let mut fit = Fit { place: Place::default(), taken: None };
    match (json, fields) {
        (Json::Object(members), _) => fit.fields(members, fields),
        (_, [only]) => {
            fit.place.enter_field(&only.name);
            Ok(vec![fit.value(json, &only.kind)?])
        }
        _ => Err(Mismatch::new(&fit.place, &Type::Record(fields.into()), json)),
    }
}

struct Fit {
    place: Place,
    /// The liberties taken; `None` where none are.
    taken: Option<Vec<Leniency>>,
}

impl Fit {
    fn value(&mut self, json: &Json, kind: &Type) -> Result<Value, Mismatch> {
        match self.exact(json, kind)? {
            Some(value) => Ok(value),
            None => {
                let lenient = if self.taken.is_some() { self.lenient(json, kind)? } else { None };
                lenient.ok_or_else(|| Mismatch::new(&self.place, kind, json))
            }
        }
    }

    /// `None` where the JSON is not of the type at its surface; an error where a part is wrong.
    fn exact(&mut self, json: &Json, kind: &Type) -> Result<Option<Value>, Mismatch> {
        Ok(match (kind, json) {
            (Type::Text | Type::Path, Json::String(text)) => Some(Value::text(text.as_str())),
            (Type::Int, Json::Number(number)) => {
                number.as_i64().or_else(|| whole(number.as_f64()?)).map(Value::Int)
            }
            (Type::Float, Json::Number(number)) => number.as_f64().map(Value::Float),
            (Type::Bool, Json::Bool(truth)) => Some(Value::Bool(*truth)),
            (Type::Date, Json::String(text)) => text.parse().ok().map(Value::Date),
            (Type::Image, Json::Object(_)) => image(json).map(|image| Value::Image(Arc::new(image))),
            (Type::Json | Type::Unknown, json) => Some(Value::Json(Arc::new(canonical(json.clone())))),
            (Type::Turns, Json::Array(items)) => {
                items.iter().map(turn).collect::<Option<Arc<[Turn]>>>().map(Value::Turns)
            }
            (Type::Id, Json::String(text)) => row_id(text).map(Value::Id),
            (Type::List(of), Json::Array(items)) => Some(self.list(items, of)?),
            (Type::Record(fields), Json::Object(members)) => {
                Some(Value::Record(self.fields(members, fields)?.into()))
            }
            (Type::Closed(labels), Json::String(text)) => {
                labels.iter().find(|label| &***label == text.as_str()).cloned().map(Value::Text)
            }
            (Type::Optional(_) | Type::Missing, Json::Null) => Some(Value::Missing),
            (Type::Optional(inner), present) => return self.optional(present, inner).map(Some),
            _ => None,
        })
    }

    fn optional(&mut self, json: &Json, inner: &Type) -> Result<Value, Mismatch> {
        let Json::String(text) = json else { return self.value(json, inner) };
        let lenient = self.taken.is_some() && !matches!(inner, Type::Text | Type::Path | Type::Json);
        if lenient && is_word_for_nothing(text) && self.exact(json, inner)?.is_none() {
            self.took(Liberty::MissingInText);
            return Ok(Value::Missing);
        }
        self.value(json, inner)
    }

    fn list(&mut self, items: &[Json], of: &Type) -> Result<Value, Mismatch> {
        let mut values = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            self.place.enter_element(at);
            values.push(self.value(item, of)?);
            self.place.leave();
        }
        Ok(Value::List(values.into()))
    }

    fn fields(
        &mut self,
        members: &serde_json::Map<String, Json>,
        fields: &[Field],
    ) -> Result<Vec<Value>, Mismatch> {
        let mut values = Vec::with_capacity(fields.len());
        for Field { name, kind } in fields {
            self.place.enter_field(name);
            let member = members.get(&**name).or_else(|| self.respelled(members, name, fields));
            values.push(match member {
                Some(member) => self.value(member, kind)?,
                None if kind.is_optional() => Value::Missing,
                None => return Err(Mismatch::absent(&self.place, kind)),
            });
            self.place.leave();
        }
        Ok(values)
    }

    /// The member that can only be meant as the field of that name.
    fn respelled<'a>(
        &mut self,
        members: &'a serde_json::Map<String, Json>,
        name: &Arc<str>,
        fields: &[Field],
    ) -> Option<&'a Json> {
        self.taken.as_ref()?;
        let mut meant = members
            .iter()
            .filter(|(written, _)| respell(written, fields.iter().map(|field| &field.name)) == Some(name));
        let (_, member) = meant.next()?;
        if meant.next().is_some() {
            return None;
        }
        self.took(Liberty::FieldSpelling);
        Some(member)
    }

    fn lenient(&mut self, json: &Json, kind: &Type) -> Result<Option<Value>, Mismatch> {
        let (value, liberty) = match (kind, json) {
            (Type::Int, Json::String(text)) => {
                let text = text.trim();
                let int = text.parse().ok().or_else(|| whole(text.parse().ok()?));
                (int.map(Value::Int), Liberty::NumberInText)
            }
            (Type::Float, Json::String(text)) => {
                let float: Option<f64> = text.trim().parse().ok().filter(|float: &f64| float.is_finite());
                (float.map(Value::Float), Liberty::NumberInText)
            }
            (Type::Text, Json::Number(_) | Json::Bool(_)) => {
                (Some(Value::text(json.to_string())), Liberty::TextWithoutQuotes)
            }
            (Type::Bool, Json::String(text)) => (truth(text).map(Value::Bool), Liberty::BoolInText),
            (Type::Closed(labels), Json::String(text)) => {
                (respell(text, labels.iter()).cloned().map(Value::Text), Liberty::LabelSpelling)
            }
            (Type::Closed(labels), Json::Number(number)) => (
                respell(&number.to_string(), labels.iter()).cloned().map(Value::Text),
                Liberty::LabelSpelling,
            ),
            (Type::Closed(labels), Json::Bool(truth)) => {
                let words = if *truth { ["yes", "true"] } else { ["no", "false"] };
                let label = words.iter().find_map(|word| respell(word, labels.iter()));
                (label.cloned().map(Value::Text), Liberty::LabelFromBool)
            }
            (Type::List(_) | Type::Record(_), Json::String(text)) => {
                let inner: Option<Json> = serde_json::from_str(text).ok();
                let wanted = inner.filter(|inner| match kind {
                    Type::List(_) => inner.is_array(),
                    _ => inner.is_object(),
                });
                match (wanted, kind) {
                    (Some(inner), _) => (self.exact(&inner, kind)?, Liberty::JsonInText),
                    (None, Type::List(of)) => {
                        (Some(Value::list([self.value(json, of)?])), Liberty::SingleForList)
                    }
                    (None, _) => return Ok(None),
                }
            }
            (Type::List(of), Json::Number(_) | Json::Bool(_) | Json::Object(_)) => {
                (Some(Value::list([self.value(json, of)?])), Liberty::SingleForList)
            }
            _ => return Ok(None),
        };
        if value.is_some() {
            self.took(liberty);
        }
        Ok(value)
    }

    fn took(&mut self, liberty: Liberty) {
        if let Some(taken) = &mut self.taken {
            taken.push(Leniency { place: self.place.clone(), liberty });
        }
    }
}

/// A float without a fraction as an int.
fn whole(float: f64) -> Option<i64> {
    // 2^63 itself is a float and not an int.
    (float.fract() == 0.0 && (-(2f64.powi(63))..2f64.powi(63)).contains(&float)).then_some(float as i64)
}

/// `yes`, `no`, `true` and `false` in any case.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().trim_end_matches('.').to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

fn is_word_for_nothing(text: &str) -> bool {
    matches!(
        text.trim().trim_end_matches('.').to_ascii_lowercase().as_str(),
        "" | "null" | "none" | "n/a" | "na" | "nothing" | "missing"
    )
}

fn row_id(text: &str) -> Option<RowId> {
    let is_identity = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| is_identity).map(RowId)
}

fn image(json: &Json) -> Option<Image> {
    let digest = Digest::from_hex(json.get("digest")?.as_str()?)?;
    Some(Image { digest, media_type: json.get("media_type")?.as_str()?.into() })
}

fn turn(json: &Json) -> Option<Turn> {
    let speaker = match json.get("role")?.as_str()? {
        "system" => Speaker::System,
        "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        _ => return None,
    };
    let images = match json.get("images") {
        None | Some(Json::Null) => Vec::new(),
        Some(images) => images.as_array()?.iter().map(image).collect::<Option<_>>()?,
    };
    Some(Turn { speaker, text: json.get("content")?.as_str()?.into(), images })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::json::to_json;

    fn closed(labels: &[&str]) -> Type {
        Type::Closed(labels.iter().map(|label| Arc::from(*label)).collect())
    }

    fn record(fields: &[(&str, Type)]) -> Type {
        Type::record(fields.iter().map(|(name, kind)| (Arc::from(*name), kind.clone())))
    }

    #[test]
    fn a_mismatch_names_the_place_the_type_and_what_stood_there() {
        let claim = record(&[("label", Type::Int), ("source", closed(&["web", "book"]).optional())]);
        let cases = [
            (json!({ "label": "x" }), claim.clone(), "field `label`: expected int, found text \"x\""),
            (json!({ "label": null }), claim.clone(), "field `label`: expected int, found null"),
            (json!({}), claim.clone(), "field `label`: expected int, found nothing"),
            (
                json!([{ "label": 1 }, { "label": 1, "source": "Web" }]),
                Type::list(claim.clone()),
                "field `[1].source`: expected one of web, book, found text \"Web\"",
            ),
            (json!(["a", 2]), Type::list(Type::Text), "element 1: expected text, found int 2"),
            (json!(1.5), Type::Int, "expected int, found float 1.5"),
            (json!(9.3e18), Type::Int, "expected int, found float 9.3e+18"),
            (json!("31.1.2026"), Type::Date, "expected date such as 2026-01-31, found text \"31.1.2026\""),
            (json!([1]), claim, "expected record { label: int, source: (web | book)? }, found list of 1"),
        ];
        for (json, kind, message) in cases {
            assert_eq!(from_json(&json, &kind).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn what_is_of_the_type_is_taken_exactly() {
        let kind = record(&[
            ("a", Type::Float),
            ("b", Type::Int),
            ("c", Type::Text.optional()),
            ("d", Type::Date),
            ("e", Type::Json),
            ("f", Type::Turns),
        ]);
        let json = json!({
            "f": [{ "role": "system", "content": "s" }, { "role": "user", "content": "u" }],
            "e": { "z": 1, "a": [null] }, "d": "2026-01-31", "b": 3.0, "a": 1, "other": true,
        });
        let value = from_json(&json, &kind).unwrap();
        let Value::Record(values) = &value else { panic!("{value:?}") };
        assert_eq!(values[..3], [Value::Float(1.0), Value::Int(3), Value::Missing]);
        assert_eq!(values[3], Value::Date(jiff::civil::date(2026, 1, 31)));
        let back = to_json(&value, &kind);
        assert_eq!(back["e"].to_string(), r#"{"a":[null],"z":1}"#);
        assert_eq!(from_json(&back, &kind).unwrap(), value);
    }

    #[test]
    fn liberties_are_taken_only_where_allowed_and_always_told() {
        let answer = closed(&["yes", "no", "not_sure"]);
        let cases = [
            (json!("3"), Type::Int, Value::Int(3), Liberty::NumberInText),
            (json!(" 0.5 "), Type::Float, Value::Float(0.5), Liberty::NumberInText),
            (json!(7), Type::Text, Value::text("7"), Liberty::TextWithoutQuotes),
            (json!("Yes."), Type::Bool, Value::Bool(true), Liberty::BoolInText),
            (json!("**Yes**"), answer.clone(), Value::text("yes"), Liberty::LabelSpelling),
            (json!("Not sure"), answer.clone(), Value::text("not_sure"), Liberty::LabelSpelling),
            (json!(false), answer, Value::text("no"), Liberty::LabelFromBool),
            (json!("N/A"), Type::Int.optional(), Value::Missing, Liberty::MissingInText),
            (json!("a"), Type::list(Type::Text), Value::list([Value::text("a")]), Liberty::SingleForList),
            (json!("[1]"), Type::list(Type::Int), Value::list([Value::Int(1)]), Liberty::JsonInText),
        ];
        for (json, kind, value, liberty) in cases {
            assert!(from_json(&json, &kind).is_err(), "{json} as {kind}");
            let (given, taken) = from_json_lenient(&json, &kind).unwrap();
            assert_eq!(given, value);
            assert_eq!(
                taken.iter().map(|taken| taken.liberty).collect::<Vec<_>>(),
                [liberty],
                "{json} as {kind}"
            );
        }
        assert_eq!(from_json_lenient(&json!(3), &Type::Int).unwrap(), (Value::Int(3), vec![]));
    }

    #[test]
    fn no_liberty_is_taken_where_two_things_could_be_meant() {
        let kind = closed(&["A", "a"]);
        assert!(from_json_lenient(&json!("(a)"), &kind).is_err());
        assert!(from_json_lenient(&json!("yes or no"), &closed(&["yes", "no"])).is_err());
        let fields = record(&[("label", Type::Int)]);
        assert!(from_json_lenient(&json!({ "Label": 1, "LABEL": 2 }), &fields).is_err());
        let (value, taken) = from_json_lenient(&json!({ "Label": 1 }), &fields).unwrap();
        assert_eq!(value, Value::Record([Value::Int(1)].into()));
        assert_eq!(taken[0].place.to_string(), "field `label`: ");
    }
}
