//! Failures, and the refusals by a filter that come in their shape.

use serde_json::Value;

use crate::models::error::ReadError;
use crate::models::reply::Reply;

/// Codes by which the family's filters answer, some of them with status 400 or 403.
const FILTER_CODES: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    "ResponsibleAIPolicyViolation",
    "moderation_blocked",
    "invalid_prompt",
    "data_inspection_failed",
    "DataInspectionFailed",
    "1301",
];
/// Wordings of filters that have no code.
const FILTER_WORDS: &[&str] = &["Content Exists Risk", "flagged by our moderation", "requires moderation on"];

/// What a response with a bad status means: a filter's verdict is a reply, the rest is not.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Reply, ReadError> {
    let body: Value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    // Servers name it `error`, or give the error's fields without that frame.
    let error = body.get("error").unwrap_or(&body);
    if matches!(status, 400 | 403 | 422) && is_filter(error) {
        return Ok(Reply::blocked());
    }
    Err(ReadError::Failed { status, message: message(error) })
}

/// What an error inside a body with status 200 means.
pub(super) fn within(error: &Value) -> Result<Reply, ReadError> {
    if is_filter(error) {
        return Ok(Reply::blocked());
    }
    let status = error.get("code").and_then(|code| match code {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    let status = status.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    Err(ReadError::Failed { status: status.unwrap_or(500), message: message(error) })
}

fn is_filter(error: &Value) -> bool {
    let codes = [error.get("code"), error.get("type"), error.pointer("/innererror/code")];
    let coded = codes.into_iter().flatten().any(|code| match code {
        Value::String(code) => FILTER_CODES.contains(&code.as_str()),
        _ => false,
    });
    let text = error.get("message").and_then(Value::as_str).unwrap_or_default();
    coded
        || FILTER_WORDS.iter().any(|words| text.contains(words))
        || error.pointer("/metadata/flagged_input").is_some()
}

fn message(error: &Value) -> String {
    match error {
        Value::String(text) => text.clone(),
        error => match error.get("message").or_else(|| error.get("detail")).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => error.to_string(),
        },
    }
}
