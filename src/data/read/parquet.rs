//! Parquet files: their rows as lines of JSON.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::ToSpan;
use jiff::civil::date;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type as Column;
use serde_json::{Map, Value as Json};

use crate::data::types;
use crate::world::File;

use super::error::ReadError;

/// Every Parquet file begins and ends with it.
const MAGIC: &[u8; 4] = b"PAR1";

/// Whether a file is Parquet as it stands and not packed. Leaves the file at its start.
pub(super) fn is_plain(file: &mut dyn File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start == MAGIC)
}

/// The rows as lines of JSON, page by page and row group by row group; of the columns those that
/// are wanted, all for `None`.
///
/// Bytes that are no text come as Base64, dates and times as text, maps as records, decimals as
/// floats, and columns that are declared as JSON as what it says.
pub(super) fn lines(
    mut file: Box<dyn File>,
    wanted: Option<&[types::Field]>,
) -> Result<Box<dyn Read + Send>, ReadError> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    if !is_plain(&mut *file)? {
        return Err(ReadError::NoParquet);
    }
    let shared = Shared { file: Arc::new(Mutex::new(file)), length };
    let file = guarded(|| SerializedFileReader::new(shared))?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.root_schema().get_fields();
    let projection = match wanted {
        Some(wanted) => projection(schema.root_schema(), wanted)?,
        None => None,
    };
    let json = columns
        .iter()
        .filter(|column| {
            let info = column.get_basic_info();
            info.converted_type() == ConvertedType::JSON
                || info.logical_type_ref() == Some(&LogicalType::Json)
        })
        .map(|column| column.name().to_owned())
        .collect();
    let rows = guarded(|| RowIter::from_file_into(Box::new(file)).project(projection))?;
    Ok(Box::new(Lines { rows, json, line: io::Cursor::default() }))
}

/// The schema with the wanted columns alone; nothing where that leaves no column.
fn projection(schema: &Column, wanted: &[types::Field]) -> Result<Option<Column>, ReadError> {
    let columns = schema.get_fields();
    for field in wanted.iter().filter(|field| !field.kind.is_optional()) {
        if !columns.iter().any(|column| column.name() == &*field.name) {
            let columns = columns.iter().map(|column| Arc::from(column.name())).collect();
            return Err(ReadError::NoColumn { wanted: field.name.clone(), columns });
        }
    }
    let is_wanted = |name: &str| wanted.iter().any(|field| &*field.name == name);
    let fields: Vec<_> = columns.iter().filter(|column| is_wanted(column.name())).cloned().collect();
    if fields.is_empty() {
        return Ok(None);
    }
    guarded(|| Column::group_type_builder(schema.name()).with_fields(fields).build()).map(Some)
}

/// A file that many readers of its parts share.
struct Shared {
    file: Arc<Mutex<Box<dyn File>>>,
    length: u64,
}

/// Reads a shared file from a place on.
struct Part {
    file: Arc<Mutex<Box<dyn File>>>,
    at: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Shared {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Shared {
    type T = BufReader<Part>;

    fn get_read(&self, start: u64) -> Result<BufReader<Part>, ParquetError> {
        Ok(BufReader::new(Part { file: Arc::clone(&self.file), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // A damaged directory asks for more than there is; that much is never set aside.
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF("the file ends before what its directory names".to_owned()));
        }
        let mut bytes = vec![0; length];
        Part { file: Arc::clone(&self.file), at: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
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
        Ok(Err(error)) => {
            let message = error.to_string();
            if let Some((_, codec)) = message.split_once("Disabled feature at compile time: ") {
                return Err(ReadError::Codec(codec.to_owned()));
            }
            Err(ReadError::Parquet(message.strip_prefix("Parquet error: ").unwrap_or(&message).to_owned()))
        }
        Err(_) => Err(ReadError::Parquet("its content makes no sense".to_owned())),
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
