//! YAML files: a list of records.

use std::io::Read;

use serde_json::Value as Json;

use super::error::ReadError;
use super::json::as_lines;

/// The records as lines of JSON.
pub(super) fn lines(plain: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, ReadError> {
    let bytes = super::unpack::rest(plain)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        ReadError::NotUtf8 { line: 1 + memchr::memchr_iter(b'\n', before).count() as u64 }
    })?;
    let json: Json = serde_saphyr::from_str_with_options(&text, options(text.len())).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or(&message);
        ReadError::Malformed { line, message: format!("not YAML: {what}") }
    })?;
    match json {
        Json::Array(records) => as_lines(&records),
        Json::Null => as_lines(&[]),
        Json::Object(_) => Err(ReadError::NotRecords { found: "one record" }),
        _ => Err(ReadError::NotRecords { found: "a single value" }),
    }
}

/// `yes` and `no` are labels here, not booleans; and a file of one's own may be as large as it is.
fn options(length: usize) -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_events: length.saturating_mul(4).max(1_000),
        max_nodes: length.saturating_mul(4).max(1_000),
        max_total_scalar_bytes: length.saturating_mul(4).max(1_000),
        max_total_comment_bytes: length.max(1_000),
    };
    serde_saphyr::options! { budget: budget, strict_booleans: true, with_snippet: false }
}
