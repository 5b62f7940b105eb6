//! The JSON schema of a type, for providers that hold a model to one.

use serde_json::{Map, Value as Json, json};

use crate::data::types::{Field, Type};

/// The strict schema of a type: objects have all their fields and no others, closed sets are
/// enums, what is optional may be null. `most` bounds the outermost list.
pub fn json_schema(kind: &Type, most: Option<u32>) -> Json {
    let mut schema = schema(kind);
    if let (Some(most), Type::List(_), Json::Object(members)) = (most, kind.present(), &mut schema) {
        let list = match members.get_mut("anyOf").and_then(|any| any.get_mut(0)) {
            Some(Json::Object(list)) => list,
            _ => members,
        };
        list.insert("maxItems".to_owned(), Json::from(most));
    }
    schema
}

fn schema(kind: &Type) -> Json {
    match kind {
        Type::Text | Type::Path | Type::Id => json!({ "type": "string" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Float => json!({ "type": "number" }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Date => json!({ "type": "string", "format": "date" }),
        Type::Closed(labels) => {
            let labels: Vec<&str> = labels.iter().map(|label| &**label).collect();
            json!({ "type": "string", "enum": labels })
        }
        Type::List(of) => json!({ "type": "array", "items": schema(of) }),
        Type::Record(fields) => object(fields),
        Type::Turns => json!({ "type": "array", "items": {
            "type": "object",
            "properties": {
                "role": { "type": "string", "enum": ["system", "user", "assistant"] },
                "content": { "type": "string" },
            },
            "required": ["role", "content"],
            "additionalProperties": false,
        } }),
        Type::Image => object(&[
            Field { name: "digest".into(), kind: Type::Text },
            Field { name: "media_type".into(), kind: Type::Text },
        ]),
        Type::Optional(inner) => json!({ "anyOf": [schema(inner), { "type": "null" }] }),
        Type::Missing => json!({ "type": "null" }),
        Type::Json | Type::Unknown | Type::Variable(_) | Type::Function(..) => json!({}),
    }
}

fn object(fields: &[Field]) -> Json {
    let properties: Map<String, Json> =
        fields.iter().map(|field| (field.name.to_string(), schema(&field.kind))).collect();
    let required: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_strict_at_every_depth() {
        let verdict = Type::Closed(["yes".into(), "no".into()].into());
        let claim = Type::record([("text".into(), Type::Text), ("true".into(), verdict.optional())]);
        let expected = json!({
            "type": "array",
            "maxItems": 5,
            "items": {
                "type": "object",
                "properties": {
                    "text": { "type": "string" },
                    "true": { "anyOf": [{ "type": "string", "enum": ["yes", "no"] }, { "type": "null" }] },
                },
                "required": ["text", "true"],
                "additionalProperties": false,
            },
        });
        assert_eq!(json_schema(&Type::list(claim.clone()), Some(5)), expected);
        assert_eq!(json_schema(&Type::list(claim).optional(), Some(5))["anyOf"][0], expected);
    }
}
