//! Lines of JSON.

use memchr::memchr_iter;

use crate::data::json::record_values;
use crate::data::types::Field;
use crate::data::value::Value;
use crate::diagnostics::similar::nearest;

use super::error::BrokenRecord;
use super::json::not_json;
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
    let json =
        serde_json::from_slice(record).map_err(|error| BrokenRecord::new(line, not_json(&error), record))?;
    record_values(&json, fields).map_err(|mismatch| {
        let message = match (mismatch.absent_field(), &json) {
            (Some(name), serde_json::Value::Object(members)) => absent(name, members),
            _ => mismatch.to_string(),
        };
        BrokenRecord::new(line, message, record)
    })
}

/// What a record has instead of a field that it lacks.
fn absent(name: &str, members: &serde_json::Map<String, serde_json::Value>) -> String {
    const MOST: usize = 12;
    let has = match nearest(name, members.keys().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if members.is_empty() => "; it is empty".to_owned(),
        None => {
            let names: Vec<String> = members.keys().take(MOST).map(|name| format!("`{name}`")).collect();
            let more = if members.len() > MOST { ", …" } else { "" };
            format!("; it has {}{more}", names.join(", "))
        }
    };
    format!("has no field `{name}`{has}")
}
