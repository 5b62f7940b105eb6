//! JSON files: one array of records, or records one after the other.

use std::io::Read;

use serde_json::Value as Json;

use super::error::ReadError;

/// The records as lines of JSON. A file that holds several records, not in an array, is streamed
/// if each has its own line; an array is read whole.
pub(super) fn lines(mut plain: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut start = Vec::new();
    (&mut plain).take(1 << 20).read_to_end(&mut start).map_err(super::unpack::problem)?;
    if is_json_lines(&start) {
        return Ok(Box::new(std::io::Cursor::new(start).chain(plain)));
    }
    start.extend(super::unpack::rest(plain)?);
    let records: Vec<Json> = serde_json::Deserializer::from_slice(&start)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(malformed)?;
    match <[Json; 1]>::try_from(records) {
        Ok([Json::Array(records)]) => as_lines(&records),
        Ok([record]) => as_lines(&[record]),
        Err(records) => as_lines(&records),
    }
}

/// Whether the first line is a whole record and another line follows.
fn is_json_lines(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    start.first() == Some(&b'{')
        && memchr::memchr(b'\n', start).is_some_and(|end| {
            serde_json::from_slice::<serde::de::IgnoredAny>(&start[..end]).is_ok()
                && !start[end..].trim_ascii_start().is_empty()
        })
}

fn malformed(error: serde_json::Error) -> ReadError {
    ReadError::Malformed { line: error.line() as u64, message: not_json(&error) }
}

/// What is wrong with JSON and in which column, in words for people who did not write a parser.
pub(super) fn not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    let what = match what {
        "EOF while parsing an object" => "it ends within a record",
        "EOF while parsing a list" => "it ends within a list",
        "EOF while parsing a string" => "it ends within a text",
        "EOF while parsing a value" => "it ends where a value is wanted",
        "expected value" | "expected ident" => "no value begins like this",
        "trailing characters" => "something follows the record",
        "key must be a string" => "a field's name in double quotes is wanted",
        "trailing comma" => "nothing follows the comma",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a text holds a line end or a tab that is not written \\n or \\t"
        }
        other => other,
    };
    format!("not JSON: {what}, at column {}", error.column())
}

/// Records written one a line.
pub(super) fn as_lines(records: &[Json]) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut bytes = Vec::new();
    for record in records {
        serde_json::to_writer(&mut bytes, record).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
    }
    Ok(super::stream(bytes))
}
