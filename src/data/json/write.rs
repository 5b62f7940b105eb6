//! A value of a type to JSON.

use serde_json::{Map, Number, Value as Json, json};

use crate::data::types::Type;
use crate::data::value::{Image, Speaker, Turn, Value};

/// The JSON of a value, which [`super::from_json`] reads back as that value. Fields that are
/// missing are there as null. What JSON has no number for (NaN, the infinities) is null.
pub fn to_json(value: &Value, kind: &Type) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(int) => Json::from(*int),
        Value::Float(float) => Number::from_f64(*float).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::from(&**text),
        Value::Date(date) => Json::from(date.to_string()),
        Value::Image(image) => image_json(image),
        Value::Json(json) => (**json).clone(),
        Value::Turns(turns) => turns.iter().map(turn_json).collect(),
        Value::List(items) => {
            let of = match kind.present() {
                Type::List(of) => of,
                _ => &Type::Unknown,
            };
            items.iter().map(|item| to_json(item, of)).collect()
        }
        Value::Record(values) => match kind.present() {
            Type::Record(fields) => fields
                .iter()
                .zip(values.iter())
                .map(|(field, value)| (field.name.to_string(), to_json(value, &field.kind)))
                .collect::<Map<_, _>>()
                .into(),
            _ => values.iter().map(|value| to_json(value, &Type::Unknown)).collect(),
        },
        Value::Id(id) => Json::from(id.to_string()),
    }
}

/// With the members of every object sorted by name: how the language holds JSON, so that what
/// was stored reads like what was just made.
pub fn canonical(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(canonical).collect(),
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> =
                members.into_iter().map(|(name, member)| (name, canonical(member))).collect();
            members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(members.into_iter().collect())
        }
        scalar => scalar,
    }
}

fn image_json(image: &Image) -> Json {
    json!({ "digest": image.digest.hex(), "media_type": &*image.media_type })
}

fn turn_json(turn: &Turn) -> Json {
    let role = match turn.speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    let mut json = json!({ "role": role, "content": &*turn.text });
    if let (Json::Object(members), false) = (&mut json, turn.images.is_empty()) {
        members.insert("images".to_owned(), turn.images.iter().map(image_json).collect());
    }
    json
}
