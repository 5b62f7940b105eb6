//! What can be wrong with a source.

use std::io;
use std::sync::Arc;

/// A source that cannot be read on. What is wrong with one record only is a [`BrokenRecord`].
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("line {line} is not UTF-8 text; save the file as UTF-8")]
    NotUtf8 { line: u64 },
    #[error("the record that begins on line {line} has more than {} MB; is a quote left open?", limit / 1_000_000)]
    TooLong { line: u64, limit: usize },
    #[error("line {line}: {message}")]
    Malformed { line: u64, message: String },
    #[error("a list of records is wanted, and this is {found}")]
    NotRecords { found: &'static str },
    #[error("has no column `{wanted}`; it has {}", quoted(columns))]
    NoColumn { wanted: Arc<str>, columns: Vec<Arc<str>> },
    #[error("has two columns named `{name}`")]
    SameColumn { name: Arc<str> },
    #[error("is empty; its first line must name the columns")]
    NoHeader,
    #[error("is empty, and so is no {of} file")]
    Empty { of: &'static str },
    #[error("is read entry by entry: a folder is no stream")]
    Folder,
    #[error("a folder of {of} has the fields `name` and `{second}`, not `{field}`")]
    NoSuchPart { of: &'static str, second: &'static str, field: Arc<str> },
    #[error("parquet: {0}")]
    Parquet(String),
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
