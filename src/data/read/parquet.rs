//! Parquet files: their rows as lines of JSON.

mod cell;

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type as Column, TypePtr};

use crate::data::types::{self, Type};
use crate::world::File;

use super::error::ReadError;
use cell::Cells;

pub use cell::KeepPicture;

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
/// Pictures are kept by `keep`, and stand in the lines as what they are known by. Bytes that are no
/// text come as Base64, dates and times as text, maps as records, decimals as floats or, where that is
/// wanted, as text, and columns that are declared as JSON as what it says.
pub(super) fn lines(
    mut file: Box<dyn File>,
    wanted: Option<&[types::Field]>,
    keep: KeepPicture,
) -> Result<Box<dyn Read + Send>, ReadError> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    if !is_plain(&mut *file)? {
        return Err(ReadError::NoParquet);
    }
    let shared = Shared { file: Arc::new(Mutex::new(file)), length };
    let file = guarded(|| SerializedFileReader::new(shared))?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let projection = match wanted {
        Some(wanted) => projection(schema.root_schema(), wanted)?,
        None => None,
    };
    let mut rows = guarded(|| RowIter::from_file_into(Box::new(file)).project(projection))?;
    if wanted.is_some_and(|fields| fields.iter().any(|field| has_picture(&field.kind))) {
        rows = rows.with_batch_size(PICTURES_AT_A_TIME);
    }
    let columns = schema.root_schema_ptr();
    let wanted = wanted.map(<[types::Field]>::to_vec);
    Ok(Box::new(Lines { rows, columns, wanted, keep, line: io::Cursor::default() }))
}

/// Rows that are decoded together where pictures stand in them.
const PICTURES_AT_A_TIME: usize = 32;

fn has_picture(kind: &Type) -> bool {
    match kind.present() {
        Type::Image => true,
        Type::List(of) => has_picture(of),
        Type::Record(fields) => fields.iter().any(|field| has_picture(&field.kind)),
        _ => false,
    }
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
    /// Those of the file.
    columns: TypePtr,
    wanted: Option<Vec<types::Field>>,
    keep: KeepPicture,
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
            let mut cells = Cells { keep: &mut self.keep };
            let record = cells.record(&row, &self.columns, self.wanted.as_deref())?;
            let mut line = record.to_string().into_bytes();
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
