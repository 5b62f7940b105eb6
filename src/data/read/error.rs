//! What can be wrong with a source.

use std::io;
use std::sync::Arc;

/// A source that cannot be read on; reads on after its name. What is wrong with one record only
/// is a [`BrokenRecord`].
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("can't be read: {0}")]
    Io(#[from] io::Error),
    #[error("has text on line {line} that is not UTF-8")]
    NotUtf8 { line: u64 },
    #[error("is UTF-16 text")]
    Utf16,
    #[error("is packed with {with}, and {}", if *whole { "damaged" } else { "cut short" })]
    Packed { with: &'static str, whole: bool },
    #[error("has a record that begins on line {line} and has more than {} MB", limit / 1_000_000)]
    TooLong { line: u64, limit: usize },
    #[error("has a quote in the record that begins on line {line} which is never closed")]
    OpenQuote { line: u64 },
    #[error("can't be read from line {line} on: {message}")]
    Malformed { line: u64, message: String },
    #[error("is {found}, and a list of records is wanted")]
    NotRecords { found: &'static str },
    #[error("has no column `{wanted}`; it has {}", quoted(columns))]
    NoColumn { wanted: Arc<str>, columns: Vec<Arc<str>> },
    #[error("has two columns named `{name}`")]
    SameColumn { name: Arc<str> },
    #[error("is empty; its first line must name the columns")]
    NoHeader,
    #[error("is a folder, which is read file by file")]
    Folder,
    #[error("is a folder of {of}, which has the fields `name` and `{second}`, not `{field}`")]
    NoSuchPart { of: &'static str, second: &'static str, field: Arc<str> },
    #[error("is no Parquet file")]
    NoParquet,
    #[error("is a Parquet file that is cut short or damaged: {0}")]
    Parquet(String),
    #[error("is a Parquet file whose columns are packed with {0}, which is not read")]
    Codec(String),
}

impl ReadError {
    /// What can be done about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            ReadError::NotUtf8 { .. } | ReadError::Utf16 => "save the file as UTF-8",
            ReadError::Packed { .. } | ReadError::Parquet(_) => "get the file again, or pack it anew",
            ReadError::Codec(_) => "write it again with zstd, snappy or gzip",
            ReadError::TooLong { .. } => "look whether a quote is left open there",
            ReadError::OpenQuote { .. } => "close it, or write a quote within a quoted cell twice",
            ReadError::NoColumn { .. } => {
                "correct the field's name, or write `?` after its type if it may lack"
            }
            _ => return None,
        })
    }
}

fn quoted(names: &[Arc<str>]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A record that is not of the fields' types, or no record at all. The others go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct BrokenRecord {
    /// Its first line, from 1. In formats that are read whole (JSON, YAML, Parquet) and in
    /// folders, the record's number, from 1.
    pub line: u64,
    pub message: String,
    /// Its beginning, as it stands in the file.
    pub excerpt: String,
}

impl BrokenRecord {
    pub(super) fn new(line: u64, message: impl Into<String>, record: &[u8]) -> BrokenRecord {
        const LONGEST: usize = 200;
        let shown = String::from_utf8_lossy(&record[..record.len().min(LONGEST)]);
        let mut excerpt = shown.trim().to_owned();
        if record.len() > LONGEST {
            excerpt.push('…');
        }
        BrokenRecord { line, message: message.into(), excerpt }
    }
}
