//! Parquet files: their rows as lines of JSON.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use jiff::ToSpan;
use jiff::civil::date;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value as Json};

use super::error::ReadError;

/// The rows as lines of JSON, row group by row group. The file itself is held in memory, for its
/// directory stands at its end.
///
/// Bytes that are no text come as Base64, dates and times as text, maps as records, decimals as
/// floats, and columns that are declared as JSON as what it says.
pub(super) fn lines(mut plain: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut bytes = Vec::new();
    plain.read_to_end(&mut bytes)?;
    let file = guarded(|| SerializedFileReader::new(Bytes::from(bytes)))?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let json = schema
        .root_schema()
        .get_fields()
        .iter()
        .filter(|column| {
            let info = column.get_basic_info();
            info.converted_type() == ConvertedType::JSON
                || info.logical_type_ref() == Some(&LogicalType::Json)
        })
        .map(|column| column.name().to_owned())
        .collect();
    Ok(Box::new(Lines { rows: RowIter::from_file_into(Box::new(file)), json, line: io::Cursor::default() }))
}

struct Lines {
    rows: RowIter<'static>,
    /// Columns whose text is JSON.
    json: Vec<String>,
    line: io::Cursor<Vec<u8>>,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.line.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let next = guarded(|| self.rows.next().transpose()).map_err(io::Error::other)?;
            let Some(row) = next else { return Ok(0) };
            let mut line = record(&row, &self.json).to_string().into_bytes();
            line.push(b'\n');
            self.line = io::Cursor::new(line);
        }
    }
}

/// The decoder panics on some kinds of damage.
fn guarded<T>(read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, ReadError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(ReadError::Parquet(error.to_string())),
        Err(_) => Err(ReadError::Parquet("the file is damaged, or of a kind that cannot be read".to_owned())),
    }
}

fn record(row: &Row, json: &[String]) -> Json {
    let member = |(name, field): (&String, &Field)| {
        let parsed = match field {
            Field::Str(text) if json.contains(name) => serde_json::from_str(text).ok(),
            _ => None,
        };
        (name.clone(), parsed.unwrap_or_else(|| value(field)))
    };
    Json::Object(row.get_column_iter().map(member).collect())
}

fn value(field: &Field) -> Json {
    match field {
        Field::Null => Json::Null,
        Field::Bool(it) => Json::from(*it),
        Field::Byte(it) => Json::from(*it),
        Field::Short(it) => Json::from(*it),
        Field::Int(it) => Json::from(*it),
        Field::Long(it) => Json::from(*it),
        Field::UByte(it) => Json::from(*it),
        Field::UShort(it) => Json::from(*it),
        Field::UInt(it) => Json::from(*it),
        Field::ULong(it) => Json::from(*it),
        Field::Float16(it) => Json::from(it.to_f64()),
        Field::Float(it) => Json::from(*it),
        Field::Double(it) => Json::from(*it),
        Field::Decimal(_) => field.to_string().parse().map_or(Json::Null, |float: f64| Json::from(float)),
        Field::Str(text) => Json::from(text.as_str()),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Json::from(text),
            Err(_) => Json::from(base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes.data())),
        },
        Field::Date(days) => date(1970, 1, 1)
            .checked_add(i64::from(*days).days())
            .map_or(Json::Null, |date| Json::from(date.to_string())),
        Field::TimeMillis(_)
        | Field::TimeMicros(_)
        | Field::TimestampMillis(_)
        | Field::TimestampMicros(_) => Json::from(field.to_string()),
        Field::Group(row) => record(row, &[]),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        Field::MapInternal(map) => {
            let name = |key: &Field| match value(key) {
                Json::String(text) => text,
                other => other.to_string(),
            };
            map.entries().iter().map(|(key, member)| (name(key), value(member))).collect::<Map<_, _>>().into()
        }
    }
}
