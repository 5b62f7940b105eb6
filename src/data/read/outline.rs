//! Where the runs of a file stand and what each holds. A file that was outlined before is only
//! hashed where it is as it was, and a run is read where it is wanted.

use std::collections::HashMap;
use std::io::{Read, SeekFrom};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::check::program::Format;
use crate::digest::{Digest, Hasher};
use crate::world::File;

use super::boundary::{Boundary, Quoted};
use super::csv::{self, Header};
use super::error::ReadError;
use super::runs::{RawChunk, Runs};
use super::unpack;

/// Runs are told apart by so many of their first bytes before they are hashed.
pub(super) const SIGN: usize = 64;

/// A run: what it holds, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stretch {
    /// A quick hash of its first bytes.
    pub(super) sign: u64,
    /// In bytes.
    pub(super) length: u64,
    /// Newlines in it.
    pub(super) lines: u64,
    pub(super) digest: [u8; 32],
}

/// A file as runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    delimiter: Option<u8>,
    /// Bytes before the first record: a byte order mark.
    start: u64,
    /// The record that names the columns, in formats that have one.
    header: Option<Vec<u8>>,
    stretches: Vec<Stretch>,
}

/// A run by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    at: u64,
    length: u64,
    first_line: u64,
    pub digest: Digest,
}

/// Whether files of the format can be outlined, where they are not packed.
pub fn is_outlined(format: Format) -> bool {
    matches!(format, Format::Jsonl | Format::Csv | Format::Tsv)
}

/// Outlines a file; `before` is how it was. Nothing where the format is cut otherwise, or the
/// file is packed, or in an encoding that cannot be read as it stands.
///
/// Errors: those of [`super::cut`].
pub fn outline(
    format: Format,
    mut file: Box<dyn File>,
    before: Option<&Outline>,
) -> Result<Option<Outline>, ReadError> {
    let delimiter = match format {
        Format::Jsonl => None,
        Format::Csv | Format::Tsv => Some(csv::delimiter(format)),
        _ => return Ok(None),
    };
    let Some(start) = unpack::plain_start(&mut file)? else { return Ok(None) };
    file.seek(SeekFrom::Start(start)).map_err(unpack::problem)?;
    let boundary = delimiter.map_or(Boundary::Lines, |delimiter| Boundary::Quoted(Quoted::new(delimiter)));
    let mut runs = Runs::new(Box::new(file), boundary);
    let header = match delimiter {
        Some(delimiter) => {
            let first = runs.first()?.ok_or(ReadError::NoHeader)?;
            Header::read(delimiter, &first)?;
            Some(first.bytes.to_vec())
        }
        None => None,
    };
    let before = before.filter(|before| before.delimiter == delimiter);
    let mut known = Stretches::new(before.map_or(&[], |before| &before.stretches));
    let mut stretches = Vec::new();
    while let Some(stretch) = runs.stretch(&mut known)? {
        stretches.push(stretch);
    }
    Ok(Some(Outline { delimiter, start, header, stretches }))
}

impl Outline {
    /// What the file holds: the same for the same bytes.
    pub fn content(&self) -> Digest {
        let mut hasher = Hasher::new("tgp.outline.v1");
        hasher.bytes(self.delimiter.as_slice());
        hasher.bytes(self.header.as_deref().unwrap_or_default());
        for stretch in &self.stretches {
            hasher.digest(&Digest(stretch.digest));
        }
        hasher.finish()
    }

    /// The columns' names, in formats whose first record holds them.
    ///
    /// Errors: the record names none.
    pub fn header(&self) -> Result<Option<Header>, ReadError> {
        let Some((delimiter, bytes)) = self.delimiter.zip(self.header.as_ref()) else { return Ok(None) };
        let first = RawChunk { bytes: Bytes::copy_from_slice(bytes), first_line: 1 };
        Header::read(delimiter, &first).map(Some)
    }

    /// The runs in their order.
    pub fn runs(&self) -> impl Iterator<Item = Placed> + '_ {
        let header = self.header.as_deref().unwrap_or_default();
        let mut at = self.start + header.len() as u64;
        let mut line = 1 + super::runs::newlines(header);
        self.stretches.iter().map(move |stretch| {
            let placed =
                Placed { at, length: stretch.length, first_line: line, digest: Digest(stretch.digest) };
            at += stretch.length;
            line += stretch.lines;
            placed
        })
    }
}

impl Placed {
    /// The run's bytes; nothing where the file no longer holds them there.
    ///
    /// Errors: the file cannot be read.
    pub fn read(&self, file: &mut dyn File) -> Result<Option<RawChunk>, ReadError> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.at)).map_err(unpack::problem)?;
        file.take(self.length).read_to_end(&mut bytes).map_err(unpack::problem)?;
        let is_same = Digest::of(&bytes) == self.digest;
        Ok(is_same.then(|| RawChunk { bytes: Bytes::from(bytes), first_line: self.first_line }))
    }
}

/// The runs of a file as it was, looked up by how they begin.
pub(super) struct Stretches<'a> {
    all: &'a [Stretch],
    by_sign: HashMap<u64, Vec<usize>>,
    /// The one that follows the last that was recognised.
    next: usize,
}

/// A run that may be the one that begins here.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    number: usize,
    pub(super) stretch: Stretch,
    pub(super) is_last: bool,
}

impl<'a> Stretches<'a> {
    fn new(all: &'a [Stretch]) -> Stretches<'a> {
        let mut by_sign: HashMap<u64, Vec<usize>> = HashMap::with_capacity(all.len());
        for (number, stretch) in all.iter().enumerate() {
            by_sign.entry(stretch.sign).or_default().push(number);
        }
        Stretches { all, by_sign, next: 0 }
    }

    /// Those that begin so: the one that is next, else the first one. More are not tried, so that a
    /// file of runs that all begin alike is not hashed again and again.
    pub(super) fn with_sign(&self, sign: u64) -> Option<Candidate> {
        let numbers = self.by_sign.get(&sign)?;
        let number = numbers.iter().find(|number| **number == self.next).or_else(|| numbers.first())?;
        let stretch = *self.all.get(*number)?;
        let is_last = *number + 1 == self.all.len();
        Some(Candidate { number: *number, stretch, is_last })
    }

    pub(super) fn pass(&mut self, recognised: Candidate) {
        self.next = recognised.number + 1;
    }
}
