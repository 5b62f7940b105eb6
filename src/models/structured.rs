//! Schemas for replies, where the provider takes them and where it doesn't.

use serde_json::Value;

/// The words that ask for a reply under a schema, for a provider that cannot be given one.
/// They go after the system text.
pub(super) fn instruction(schema: &Value) -> String {
    format!(
        "Answer with one JSON value that follows this JSON schema, and with nothing else: no prose, no code fence.\n{schema}"
    )
}

/// A system text with the instruction for a schema after it.
pub(super) fn with_instruction(system: Option<&str>, schema: &Value) -> String {
    match system {
        Some(system) => format!("{system}\n\n{}", instruction(schema)),
        None => instruction(schema),
    }
}

/// Whether each object in the schema names all its fields as required and allows no others,
/// which is what OpenAI's strict mode asks for.
pub(super) fn is_closed(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let closed = match fields.get("properties") {
                Some(Value::Object(properties)) => {
                    let required = fields.get("required").and_then(Value::as_array);
                    fields.get("additionalProperties") == Some(&Value::Bool(false))
                        && required.is_some_and(|names| {
                            properties.keys().all(|name| names.iter().any(|other| other == name))
                        })
                }
                _ => true,
            };
            closed && fields.values().all(is_closed)
        }
        Value::Array(parts) => parts.iter().all(is_closed),
        _ => true,
    }
}

/// Whether the schema is for an object, the only kind that most providers bind replies to.
pub(super) fn is_object(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}
