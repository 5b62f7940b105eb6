//! Tables of cells separated by commas or tabs, quoted as spreadsheets do.

use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder};

use crate::check::program::Format;
use crate::data::types::Field;
use crate::data::value::Value;

use super::cells::cell;
use super::error::{BrokenRecord, ReadError};
use super::runs::{RawChunk, newlines};

/// The columns' names, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    names: Vec<Arc<str>>,
}

impl Header {
    pub(super) fn read(delimiter: u8, first: &RawChunk) -> Result<Header, ReadError> {
        let mut record = ByteRecord::new();
        let found = reader(delimiter, &first.bytes)
            .read_byte_record(&mut record)
            .map_err(|error| ReadError::Malformed { line: 1, message: error.to_string() })?;
        if !found {
            return Err(ReadError::NoHeader);
        }
        let name = |cell: &[u8]| Arc::from(String::from_utf8_lossy(cell).trim());
        Ok(Header { names: record.iter().map(name).collect() })
    }

    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Whether the table has what is wanted of it: each field that may not be missing is a
    /// column, and none is two.
    pub fn check(&self, fields: &[Field]) -> Result<(), ReadError> {
        for field in fields {
            match self.names.iter().filter(|name| **name == field.name).count() {
                0 if !field.kind.is_optional() => {
                    let columns = self.names.clone();
                    return Err(ReadError::NoColumn { wanted: field.name.clone(), columns });
                }
                0 | 1 => {}
                _ => return Err(ReadError::SameColumn { name: field.name.clone() }),
            }
        }
        Ok(())
    }
}

pub(super) fn delimiter(format: Format) -> u8 {
    if format == Format::Tsv { b'\t' } else { b',' }
}

pub(super) fn parse(
    delimiter: u8,
    fields: &[Field],
    header: &Header,
    chunk: &RawChunk,
) -> Vec<Result<Vec<Value>, BrokenRecord>> {
    let places: Vec<Option<usize>> =
        fields.iter().map(|field| header.names.iter().position(|name| *name == field.name)).collect();
    let mut reader = reader(delimiter, &chunk.bytes);
    let mut record = ByteRecord::new();
    let mut rows = Vec::new();
    let mut line = chunk.first_line;
    loop {
        let start = reader.position().byte() as usize;
        let read = reader.read_byte_record(&mut record);
        let raw = chunk.bytes.get(start..reader.position().byte() as usize).unwrap_or_default();
        // The reader passes over empty lines before a record.
        let text = raw.trim_ascii_start();
        line += newlines(&raw[..raw.len() - text.len()]);
        match read {
            Ok(true) => rows.push(
                values(fields, &places, header, &record)
                    .map_err(|message| BrokenRecord::new(line, message, text)),
            ),
            Ok(false) => return rows,
            Err(error) => {
                rows.push(Err(BrokenRecord::new(line, error.to_string(), text)));
                return rows;
            }
        }
        line += newlines(text);
    }
}

fn values(
    fields: &[Field],
    places: &[Option<usize>],
    header: &Header,
    record: &ByteRecord,
) -> Result<Vec<Value>, String> {
    if record.len() != header.names.len() {
        return Err(format!("has {} cells, and the header has {}", record.len(), header.names.len()));
    }
    fields
        .iter()
        .zip(places)
        .map(|(field, place)| {
            let written = place.and_then(|place| record.get(place));
            let written =
                written.map(|bytes| std::str::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned()));
            cell(&field.name, &field.kind, written.transpose()?)
        })
        .collect()
}

fn reader(delimiter: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes)
}
