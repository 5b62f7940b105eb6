//! JSON files: one array of records, or records one after the other.

use std::io::Read;

use serde_json::Value as Json;

use super::error::ReadError;

/// The records as lines of JSON. A file that holds several records, not in an array, is streamed
/// if each has its own line; an array is read whole.
pub(super) fn lines(mut plain: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut start = Vec::new();
    (&mut plain).take(1 << 20).read_to_end(&mut start)?;
    if is_json_lines(&start) {
        return Ok(Box::new(std::io::Cursor::new(start).chain(plain)));
    }
    plain.read_to_end(&mut start)?;
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
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    ReadError::Malformed {
        line: error.line() as u64,
        message: format!("not JSON: {what}, at column {}", error.column()),
    }
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
