//! Reads the encoding of values, from any bytes.

use std::sync::Arc;

use serde_json::{Map, Number};

use crate::data::row::{Failure, Reason, Row, RowId};
use crate::data::value::{Image, Speaker, Turn, Value};
use crate::digest::Digest;

use super::{CodecError, DEEPEST, tag};

/// What is left to read.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
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

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
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
    pub(super) fn many<T>(
        &mut self,
        one: impl Fn(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        let count = self.length()?;
        let mut things = Vec::with_capacity(count.min(self.bytes.len()).min(4096));
        for _ in 0..count {
            things.push(one(self)?);
        }
        Ok(things)
    }

    pub(super) fn row(&mut self) -> Result<Row, CodecError> {
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

    /// A row as it is written. Texts are passed over unread.
    pub(super) fn written_row(&mut self) -> Result<(RowId, &'a [u8]), CodecError> {
        let start = self.bytes;
        let (id, _) = self.passed_row()?;
        Ok((id, &start[..start.len() - self.bytes.len()]))
    }

    /// Passes over a row: its identity, and whether it failed.
    pub(super) fn passed_row(&mut self) -> Result<(RowId, bool), CodecError> {
        let id = self.id()?;
        for _ in 0..self.length()? {
            self.pass(0)?;
        }
        let failed = self.byte()? != 0;
        if failed {
            self.text()?;
            self.number()?;
            self.text()?;
        }
        Ok((id, failed))
    }

    fn pass(&mut self, depth: u32) -> Result<(), CodecError> {
        match self.bytes.first() {
            Some(&tag::TEXT) => {
                self.byte()?;
                let length = self.length()?;
                self.take(length).map(drop)
            }
            Some(&(tag::LIST | tag::RECORD)) if depth < DEEPEST => {
                self.byte()?;
                let count = self.length()?;
                (0..count).try_for_each(|_| self.pass(depth + 1))
            }
            _ => self.value(depth).map(drop),
        }
    }

    pub(super) fn value(&mut self, depth: u32) -> Result<Value, CodecError> {
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
            tag::IMAGE => Value::Image(Arc::new(self.image()?)),
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
