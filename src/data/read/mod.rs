//! Readers of sources: streams are cut into runs of whole records at places that their content
//! decides, and runs are parsed one by one. A run seen before is known by its bytes and need not
//! be parsed again.

mod boundary;
mod cells;
mod csv;
mod error;
mod folder;
mod hash;
mod images;
mod json;
mod jsonl;
mod outline;
mod parquet;
mod runs;
mod texts;
mod unpack;
mod yaml;

use std::io::Read;

use bytes::Bytes;

use crate::check::program::Format;
use crate::data::types::Field;
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::world::File;

use boundary::{Boundary, Quoted};
use runs::Runs;

pub use csv::Header;
pub use error::{BrokenRecord, ReadError};
pub use images::{Picture, Pictures, images};
pub use outline::{Outline, Outlining, Placed, is_outlined};
pub use parquet::KeepPicture;
pub use runs::RawChunk;
pub use texts::{Texts, texts};

/// What a run is known by: what it holds and the columns' names, but not where it stands.
pub fn known_by(content: &Digest, header: Option<&Header>) -> Digest {
    let mut hasher = Hasher::new("tgp.run.v2");
    hasher.digest(content);
    for name in header.map(Header::names).unwrap_or_default() {
        hasher.text(name);
    }
    hasher.finish()
}

/// A stream being cut into runs of about seven hundred records.
pub struct Cut {
    header: Option<Header>,
    runs: Box<dyn Iterator<Item = Result<RawChunk, ReadError>> + Send>,
}

impl Cut {
    /// The columns' names, in formats whose first record holds them.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }
}

impl Iterator for Cut {
    type Item = Result<RawChunk, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.runs.next()
    }
}

/// Cuts a file into runs of whole records, as [`cut`] does a stream. Of Parquet only the columns
/// that `fields` name are read, a row group at a time; `keep` takes the pictures that stand in it.
///
/// Errors: as for [`cut`]; and a Parquet file that lacks a column.
pub fn cut_file(
    format: Format,
    mut file: Box<dyn File>,
    fields: &[Field],
    keep: KeepPicture,
) -> Result<Cut, ReadError> {
    if format != Format::Parquet {
        return cut(format, file);
    }
    if !parquet::is_plain(&mut *file)? {
        file = Box::new(std::io::Cursor::new(unpack::rest(unpack::unpack(file)?)?));
    }
    let lines = parquet::lines(file, Some(fields), keep)?;
    Ok(Cut { header: None, runs: Box::new(Runs::new(lines, Boundary::Lines)) })
}

/// Cuts a stream of bytes, plain or packed with gzip or zstd, into runs of whole records. JSON,
/// YAML and Parquet are read whole; their records come out as lines of JSON.
///
/// Errors: the stream cannot be read or is not UTF-8; a table is without a header; a format that
/// is read whole is malformed; the format is a folder's.
pub fn cut(format: Format, reader: Box<dyn Read + Send>) -> Result<Cut, ReadError> {
    let plain = unpack::unpack(reader)?;
    let lines = |plain| Cut { header: None, runs: Box::new(Runs::new(plain, Boundary::Lines)) };
    match format {
        Format::Jsonl => Ok(lines(plain)),
        Format::Json => Ok(lines(json::lines(plain)?)),
        Format::Yaml => Ok(lines(yaml::lines(plain)?)),
        Format::Csv | Format::Tsv => {
            let delimiter = csv::delimiter(format);
            let mut runs = Runs::new(plain, Boundary::Quoted(Quoted::new(delimiter)));
            let first = runs.first()?.ok_or(ReadError::NoHeader)?;
            Ok(Cut { header: Some(Header::read(delimiter, &first)?), runs: Box::new(runs) })
        }
        Format::Parquet => {
            let bytes = std::io::Cursor::new(unpack::rest(plain)?);
            // Nobody says what is wanted, so that no picture is known for one.
            Ok(lines(parquet::lines(Box::new(bytes), None, Box::new(|bytes| Ok(Digest::of(bytes))))?))
        }
        Format::Texts | Format::Images => Err(ReadError::Folder),
    }
}

/// Parses a run: for each record its values in the order of `fields`, or what is wrong with it.
pub fn parse(
    format: Format,
    fields: &[Field],
    header: Option<&Header>,
    chunk: &RawChunk,
) -> Vec<Result<Vec<Value>, BrokenRecord>> {
    match (format, header) {
        (Format::Csv | Format::Tsv, Some(header)) => {
            csv::parse(csv::delimiter(format), fields, header, chunk)
        }
        _ => jsonl::parse(fields, chunk),
    }
}

/// A stream of bytes in memory.
fn stream(bytes: Vec<u8>) -> Box<dyn Read + Send> {
    Box::new(std::io::Cursor::new(Bytes::from(bytes)))
}
