//! The one encoding of values in bytes: chunks in the store, keys, identities, fingerprints.
//!
//! Every value begins with a tag, so that bytes are read without a schema. Lengths and counts are
//! LEB128, floats their bits with one NaN, the members of a JSON object sorted by name: two values
//! are the same for the language exactly when their bytes are.

use std::sync::Arc;

use serde_json::{Map, Number};

use crate::digest::{Digest, Hasher};

use super::row::{Failure, Reason, Row, RowId};
use super::value::{Image, Speaker, Turn, Value};

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
    let mut reader = Reader { bytes };
    match reader.byte()? {
        VERSION => {}
        other => return Err(CodecError::Version(other)),
    }
    let rows = reader.many(|reader| reader.row())?;
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

/// What is left to read.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(CodecError::Short)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], CodecError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(CodecError::Short)?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, CodecError> {
        self.array().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(CodecError::Range);
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CodecError::Range)
    }

    fn signed(&mut self) -> Result<i64, CodecError> {
        let zigzag = self.number()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn length(&mut self) -> Result<usize, CodecError> {
        usize::try_from(self.number()?).map_err(|_| CodecError::Range)
    }

    fn text(&mut self) -> Result<&'a str, CodecError> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| CodecError::NotUtf8)
    }

    fn float(&mut self) -> Result<f64, CodecError> {
        self.array().map(f64::from_le_bytes)
    }

    fn id(&mut self) -> Result<RowId, CodecError> {
        self.array().map(|bytes| RowId(u128::from_le_bytes(bytes)))
    }

    fn image(&mut self) -> Result<Image, CodecError> {
        Ok(Image { digest: Digest(self.array()?), media_type: self.text()?.into() })
    }

    /// A count and that many things. Reserves no more than the bytes could hold.
    fn many<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, CodecError>) -> Result<Vec<T>, CodecError> {
        let count = self.length()?;
        let mut things = Vec::with_capacity(count.min(self.bytes.len()).min(4096));
        for _ in 0..count {
            things.push(one(self)?);
        }
        Ok(things)
    }

    fn row(&mut self) -> Result<Row, CodecError> {
        let id = self.id()?;
        let values = self.many(|reader| reader.value(0))?;
        let reason = match self.byte()? {
            0 => return Ok(Row { id, values, failure: None }),
            1 => Reason::Blocked,
            2 => Reason::Invalid,
            3 => Reason::Failed,
            4 => Reason::Missing,
            5 => Reason::Unreadable,
            6 => Reason::Undefined,
            other => return Err(CodecError::Tag(other)),
        };
        let message = self.text()?.into();
        let attempts = u32::try_from(self.number()?).map_err(|_| CodecError::Range)?;
        let excerpt = self.text()?.into();
        Ok(Row { id, values, failure: Some(Arc::new(Failure { reason, message, attempts, excerpt })) })
    }

    fn value(&mut self, depth: u32) -> Result<Value, CodecError> {
        if depth > DEEPEST {
            return Err(CodecError::Deep);
        }
        Ok(match self.byte()? {
            tag::MISSING => Value::Missing,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::INT => Value::Int(self.signed()?),
            tag::FLOAT => Value::Float(self.float()?),
            tag::TEXT => Value::Text(self.text()?.into()),
            tag::DATE => {
                let [low, high, month, day] = self.array()?;
                let [month, day] = [month, day].map(|part| i8::try_from(part).map_err(|_| CodecError::Range));
                let date = jiff::civil::Date::new(i16::from_le_bytes([low, high]), month?, day?);
                Value::Date(date.map_err(|_| CodecError::Range)?)
            }
            tag::IMAGE => Value::Image(self.image()?),
            tag::JSON => Value::Json(Arc::new(self.json(depth + 1)?)),
            tag::TURNS => Value::Turns(self.many(Reader::turn)?.into()),
            tag::LIST => Value::List(self.many(|reader| reader.value(depth + 1))?.into()),
            tag::RECORD => Value::Record(self.many(|reader| reader.value(depth + 1))?.into()),
            tag::ID => Value::Id(self.id()?),
            other => return Err(CodecError::Tag(other)),
        })
    }

    fn turn(&mut self) -> Result<Turn, CodecError> {
        let speaker = match self.byte()? {
            0 => Speaker::System,
            1 => Speaker::User,
            2 => Speaker::Assistant,
            other => return Err(CodecError::Tag(other)),
        };
        Ok(Turn { speaker, text: self.text()?.into(), images: self.many(Reader::image)? })
    }

    fn json(&mut self, depth: u32) -> Result<serde_json::Value, CodecError> {
        if depth > DEEPEST {
            return Err(CodecError::Deep);
        }
        Ok(match self.byte()? {
            tag::MISSING => serde_json::Value::Null,
            tag::FALSE => serde_json::Value::Bool(false),
            tag::TRUE => serde_json::Value::Bool(true),
            tag::INT => serde_json::Value::Number(self.signed()?.into()),
            tag::LARGE => serde_json::Value::Number(self.number()?.into()),
            tag::FLOAT => {
                serde_json::Value::Number(Number::from_f64(self.float()?).ok_or(CodecError::Range)?)
            }
            tag::TEXT => serde_json::Value::String(self.text()?.to_owned()),
            tag::LIST => serde_json::Value::Array(self.many(|reader| reader.json(depth + 1))?),
            tag::RECORD => {
                let members = self
                    .many(|reader| Ok((reader.text()?.to_owned(), reader.json(depth + 1)?)))?
                    .into_iter()
                    .collect::<Map<_, _>>();
                serde_json::Value::Object(members)
            }
            other => return Err(CodecError::Tag(other)),
        })
    }
}

#[cfg(test)]
mod tests {
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
            prop_assert_eq!(encode_rows(&back), bytes);
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
