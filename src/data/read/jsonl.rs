//! Lines of JSON.

use memchr::memchr_iter;

use crate::data::json::record_values;
use crate::data::types::Field;
use crate::data::value::Value;

use super::error::BrokenRecord;
use super::runs::RawChunk;

pub(super) fn parse(fields: &[Field], chunk: &RawChunk) -> Vec<Result<Vec<Value>, BrokenRecord>> {
    let bytes = &chunk.bytes[..];
    let mut start = 0;
    memchr_iter(b'\n', bytes)
        .chain((!bytes.ends_with(b"\n")).then_some(bytes.len()))
        .zip(chunk.first_line..)
        .filter_map(|(end, line)| {
            let record = bytes[start..end].trim_ascii();
            start = end + 1;
            (!record.is_empty()).then(|| values(fields, line, record))
        })
        .collect()
}

fn values(fields: &[Field], line: u64, record: &[u8]) -> Result<Vec<Value>, BrokenRecord> {
    let json = serde_json::from_slice(record)
        .map_err(|error| BrokenRecord::new(line, format!("not JSON: {}", without_line(&error)), record))?;
    record_values(&json, fields).map_err(|mismatch| BrokenRecord::new(line, mismatch.to_string(), record))
}

/// The message with its column only: each record has a line of its own.
fn without_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.split_once(" at line 1 column ") {
        Some((what, column)) => format!("{what}, at column {column}"),
        None => message,
    }
}
