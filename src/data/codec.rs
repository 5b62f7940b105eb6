//! The one encoding of values in bytes: chunks in the store, keys, identities, fingerprints.
//!
//! Every value begins with a tag, so that bytes are read without a schema. Lengths and counts are
//! LEB128, floats their bits with one NaN, the members of a JSON object sorted by name: two values
//! are the same for the language exactly when their bytes are.

mod reader;

use crate::digest::Hasher;

use super::row::{Reason, Row, RowId};
use super::value::{Image, Speaker, Value};

use reader::Reader;

/// The first byte of an encoded chunk.
const VERSION: u8 = 1;

/// Values nested deeper than this are not read: bytes must not be able to exhaust the stack.
const DEEPEST: u32 = 512;

/// Why bytes are not rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("the bytes end inside a row")]
    Short,
    #[error("{0} bytes follow the last row")]
    Trailing(usize),
    #[error("the rows are in version {0} of the encoding; this program reads version {VERSION}")]
    Version(u8),
    #[error("{0} is the tag of nothing")]
    Tag(u8),
    #[error("a text is not UTF-8")]
    NotUtf8,
    #[error("a number is out of its range")]
    Range,
    #[error("values are nested more than {DEEPEST} deep")]
    Deep,
}

/// Rows, those that failed included, to bytes. Equal rows give equal bytes.
pub fn encode_rows(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + rows.len() * 128);
    bytes.push(VERSION);
    count(&mut bytes, rows.len());
    for row in rows {
        bytes.extend_from_slice(&row.id.0.to_le_bytes());
        count(&mut bytes, row.values.len());
        for value in &row.values {
            encode_value(value, &mut bytes);
        }
        match &row.failure {
            None => bytes.push(0),
            Some(failure) => {
                bytes.push(reason_tag(failure.reason));
                text(&mut bytes, &failure.message);
                number(&mut bytes, u64::from(failure.attempts));
                text(&mut bytes, &failure.excerpt);
            }
        }
    }
    bytes
}

/// Reads what [`encode_rows`] wrote. Any bytes may be given: what is not rows is an error.
pub fn decode_rows(bytes: &[u8]) -> Result<Vec<Row>, CodecError> {
    each_row(bytes, Reader::row)
}

/// The rows of a chunk as they are written, each with its identity: rows are the same for the
/// language exactly when these bytes are.
pub fn split_rows(bytes: &[u8]) -> Result<Vec<(RowId, &[u8])>, CodecError> {
    each_row(bytes, Reader::written_row)
}

/// The identities of the rows of a chunk that did not fail.
pub fn identities(bytes: &[u8]) -> Result<Vec<RowId>, CodecError> {
    let rows = each_row(bytes, Reader::passed_row)?;
    Ok(rows.into_iter().filter(|(_, failed)| !failed).map(|(id, _)| id).collect())
}

fn each_row<'a, T>(
    bytes: &'a [u8],
    one: impl Fn(&mut Reader<'a>) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    let mut reader = Reader { bytes };
    match reader.byte()? {
        VERSION => {}
        other => return Err(CodecError::Version(other)),
    }
    let rows = reader.many(one)?;
    match reader.bytes.len() {
        0 => Ok(rows),
        left => Err(CodecError::Trailing(left)),
    }
}

/// Reads what [`encode_value`] wrote, all of it.
pub fn decode_value(bytes: &[u8]) -> Result<Value, CodecError> {
    let mut reader = Reader { bytes };
    let value = reader.value(0)?;
    match reader.bytes.len() {
        0 => Ok(value),
        left => Err(CodecError::Trailing(left)),
    }
}

/// Appends the canonical bytes of a value.
pub fn encode_value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Missing => bytes.push(tag::MISSING),
        Value::Bool(false) => bytes.push(tag::FALSE),
        Value::Bool(true) => bytes.push(tag::TRUE),
        Value::Int(int) => {
            bytes.push(tag::INT);
            signed(bytes, *int);
        }
        Value::Float(float) => {
            bytes.push(tag::FLOAT);
            bytes.extend_from_slice(&canonical_bits(*float).to_le_bytes());
        }
        Value::Text(written) => {
            bytes.push(tag::TEXT);
            text(bytes, written);
        }
        Value::Date(date) => {
            bytes.push(tag::DATE);
            bytes.extend_from_slice(&date.year().to_le_bytes());
            bytes.push(date.month().unsigned_abs());
            bytes.push(date.day().unsigned_abs());
        }
        Value::Image(picture) => {
            bytes.push(tag::IMAGE);
            image(bytes, picture);
        }
        Value::Json(json) => {
            bytes.push(tag::JSON);
            encode_json(json, bytes);
        }
        Value::Turns(turns) => {
            bytes.push(tag::TURNS);
            count(bytes, turns.len());
            for turn in turns.iter() {
                bytes.push(speaker_tag(turn.speaker));
                text(bytes, &turn.text);
                count(bytes, turn.images.len());
                turn.images.iter().for_each(|picture| image(bytes, picture));
            }
        }
        Value::List(items) => {
            bytes.push(tag::LIST);
            count(bytes, items.len());
            items.iter().for_each(|item| encode_value(item, bytes));
        }
        Value::Record(fields) => {
            bytes.push(tag::RECORD);
            count(bytes, fields.len());
            fields.iter().for_each(|field| encode_value(field, bytes));
        }
        Value::Id(id) => {
            bytes.push(tag::ID);
            bytes.extend_from_slice(&id.0.to_le_bytes());
        }
    }
}

/// Adds a value to a hash, for keys, identities and fingerprints.
pub fn hash_value(value: &Value, hasher: &mut Hasher) {
    let mut bytes = Vec::new();
    encode_value(value, &mut bytes);
    hasher.bytes(&bytes);
}

/// The bits of a float, the same for every NaN. Zero keeps its sign.
pub(super) fn canonical_bits(float: f64) -> u64 {
    if float.is_nan() { f64::NAN.to_bits() & !(1 << 63) } else { float.to_bits() }
}

fn encode_json(json: &serde_json::Value, bytes: &mut Vec<u8>) {
    match json {
        serde_json::Value::Null => bytes.push(tag::MISSING),
        serde_json::Value::Bool(false) => bytes.push(tag::FALSE),
        serde_json::Value::Bool(true) => bytes.push(tag::TRUE),
        serde_json::Value::Number(given) => {
            if let Some(int) = given.as_i64() {
                bytes.push(tag::INT);
                signed(bytes, int);
            } else if let Some(large) = given.as_u64() {
                bytes.push(tag::LARGE);
                number(bytes, large);
            } else {
                bytes.push(tag::FLOAT);
                let float = given.as_f64().unwrap_or(f64::NAN);
                bytes.extend_from_slice(&canonical_bits(float).to_le_bytes());
            }
        }
        serde_json::Value::String(written) => {
            bytes.push(tag::TEXT);
            text(bytes, written);
        }
        serde_json::Value::Array(items) => {
            bytes.push(tag::LIST);
            count(bytes, items.len());
            items.iter().for_each(|item| encode_json(item, bytes));
        }
        serde_json::Value::Object(members) => {
            bytes.push(tag::RECORD);
            count(bytes, members.len());
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            for (name, member) in sorted {
                text(bytes, name);
                encode_json(member, bytes);
            }
        }
    }
}

mod tag {
    pub(super) const MISSING: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const FLOAT: u8 = 4;
    pub(super) const TEXT: u8 = 5;
    pub(super) const DATE: u8 = 6;
    pub(super) const IMAGE: u8 = 7;
    pub(super) const JSON: u8 = 8;
    pub(super) const TURNS: u8 = 9;
    pub(super) const LIST: u8 = 10;
    pub(super) const RECORD: u8 = 11;
    pub(super) const ID: u8 = 12;
    /// A JSON number above the largest int.
    pub(super) const LARGE: u8 = 13;
}

/// Each reason's byte; 0 stands for a row that did not fail.
fn reason_tag(reason: Reason) -> u8 {
    match reason {
        Reason::Blocked => 1,
        Reason::Invalid => 2,
        Reason::Failed => 3,
        Reason::Missing => 4,
        Reason::Unreadable => 5,
        Reason::Undefined => 6,
    }
}

fn speaker_tag(speaker: Speaker) -> u8 {
    match speaker {
        Speaker::System => 0,
        Speaker::User => 1,
        Speaker::Assistant => 2,
    }
}

fn number(bytes: &mut Vec<u8>, mut left: u64) {
    while left >= 0x80 {
        bytes.push(left as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
}

/// Zigzag, so that small negative numbers are short too.
fn signed(bytes: &mut Vec<u8>, int: i64) {
    number(bytes, ((int << 1) ^ (int >> 63)) as u64);
}

fn count(bytes: &mut Vec<u8>, count: usize) {
    number(bytes, count as u64);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    count(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn image(bytes: &mut Vec<u8>, image: &Image) {
    bytes.extend_from_slice(&image.digest.0);
    text(bytes, &image.media_type);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::data::order::order_values;
    use crate::data::samples::{any_row, any_value};

    proptest! {
        #[test]
        fn rows_come_back_and_equal_rows_are_equal_bytes(rows in prop::collection::vec(any_row(), 0..8)) {
            let bytes = encode_rows(&rows);
            let back = decode_rows(&bytes).unwrap();
            prop_assert_eq!(&back, &rows);
            prop_assert_eq!(encode_rows(&back), &bytes[..]);
            let split = split_rows(&bytes).unwrap();
            prop_assert!(split.iter().map(|(id, _)| *id).eq(rows.iter().map(|row| row.id)));
            let sound = rows.iter().filter(|row| row.failure.is_none()).map(|row| row.id);
            prop_assert_eq!(identities(&bytes).unwrap(), sound.collect::<Vec<_>>());
            let alone: Vec<Vec<u8>> = rows.iter().map(|row| encode_rows(std::slice::from_ref(row))).collect();
            prop_assert!(split.iter().map(|(_, written)| *written).eq(alone.iter().map(|row| &row[2..])));
        }

        #[test]
        fn any_bytes_are_rows_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(first) = bytes.first_mut() {
                *first = VERSION;
            }
            let _ = decode_rows(&bytes);
        }

        #[test]
        fn a_changed_byte_never_panics(rows in prop::collection::vec(any_row(), 1..4), at: prop::sample::Index, to: u8) {
            let mut bytes = encode_rows(&rows);
            let at = at.index(bytes.len());
            bytes[at] = to;
            let _ = decode_rows(&bytes);
            prop_assert!(decode_rows(&bytes[..at]).is_err());
        }

        #[test]
        fn same_bytes_exactly_when_the_order_says_equal(a in any_value(), b in any_value()) {
            let bytes = |value| { let mut bytes = Vec::new(); encode_value(value, &mut bytes); bytes };
            prop_assert_eq!(bytes(&a) == bytes(&b), order_values(&a, &b).is_eq());
        }
    }

    #[test]
    fn every_nan_is_one_and_zero_keeps_its_sign() {
        let bytes = |float| {
            let mut bytes = Vec::new();
            encode_value(&Value::Float(float), &mut bytes);
            bytes
        };
        assert_eq!(bytes(f64::NAN), bytes(-f64::NAN));
        assert_eq!(bytes(f64::NAN), bytes(f64::from_bits(0x7ff0_0000_0000_0001)));
        assert_ne!(bytes(0.0), bytes(-0.0));
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let mut bytes = vec![VERSION, 1];
        bytes.extend([0; 16]);
        bytes.push(1);
        bytes.extend([tag::LIST, 1].repeat(100_000));
        assert_eq!(decode_rows(&bytes), Err(CodecError::Deep));
    }

    #[test]
    fn members_of_an_object_have_no_order() {
        let hash = |text: &str| {
            let mut hasher = Hasher::new("test");
            hash_value(&Value::Json(Arc::new(serde_json::from_str(text).unwrap())), &mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(r#"{"a": 1, "b": 2}"#), hash(r#"{"b": 2, "a": 1}"#));
        assert_ne!(hash(r#"{"a": 1, "b": 2}"#), hash(r#"{"a": 2, "b": 1}"#));
    }
}
