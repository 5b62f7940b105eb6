//! A line of JSON a row.

use serde_json::{Map, Value as Json};

use crate::data::json::to_json;
use crate::data::row::Row;
use crate::data::schema::Schema;

use super::value;

/// A line of JSON a row, its members in the order of the columns.
pub fn jsonl(schema: &Schema, rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        let members: Map<String, Json> = schema
            .visible()
            .map(|(at, column)| (column.name.to_string(), to_json(value(row, at), &column.kind)))
            .collect();
        bytes.extend_from_slice(Json::Object(members).to_string().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}
