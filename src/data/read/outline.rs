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

/// A file being outlined, run by run.
pub struct Outlining<'a> {
    runs: Runs,
    known: Stretches<'a>,
    so_far: Outline,
    at: u64,
    line: u64,
}

impl<'a> Outlining<'a> {
    /// Begins with a file that stands at its start; `before` is how it was. Nothing where the format
    /// is cut otherwise, or the file is packed, or in an encoding that cannot be read as it stands.
    ///
    /// Errors: those of [`super::cut`].
    pub fn begin(
        format: Format,
        mut file: Box<dyn File>,
        before: Option<&'a Outline>,
    ) -> Result<Option<Outlining<'a>>, ReadError> {
        let delimiter = match format {
            Format::Jsonl => None,
            Format::Csv | Format::Tsv => Some(csv::delimiter(format)),
            _ => return Ok(None),
        };
        let Some(start) = unpack::plain_start(&mut file)? else { return Ok(None) };
        file.seek(SeekFrom::Start(start)).map_err(unpack::problem)?;
        let boundary =
            delimiter.map_or(Boundary::Lines, |delimiter| Boundary::Quoted(Quoted::new(delimiter)));
        let mut runs = Runs::new(Box::new(file), boundary);
        let header = match delimiter {
            Some(delimiter) => {
                let first = runs.first()?.ok_or(ReadError::NoHeader)?;
                Header::read(delimiter, &first)?;
                Some(first.bytes.to_vec())
            }
            None => None,
        };
        let known = before.filter(|before| before.delimiter == delimiter);
        let so_far = Outline { delimiter, start, header, stretches: Vec::new() };
        let (at, line) = so_far.first();
        let known = Stretches::new(known.map_or(&[], |before| &before.stretches));
        Ok(Some(Outlining { runs, known, so_far, at, line }))
    }

    /// The columns' names; see [`Outline::header`].
    pub fn header(&self) -> Result<Option<Header>, ReadError> {
        self.so_far.header()
    }

    /// The next run; nothing at the file's end.
    ///
    /// Errors: those of [`super::cut`].
    pub fn next_run(&mut self) -> Result<Option<Placed>, ReadError> {
        let Some(stretch) = self.runs.stretch(&mut self.known)? else { return Ok(None) };
        self.so_far.stretches.push(stretch);
        let placed = stretch.at(self.at, self.line);
        self.at += stretch.length;
        self.line += stretch.lines;
        Ok(Some(placed))
    }

    /// The outline, when all runs went by.
    pub fn finish(self) -> Outline {
        self.so_far
    }
}

impl Stretch {
    fn at(&self, at: u64, first_line: u64) -> Placed {
        Placed { at, length: self.length, first_line, digest: Digest(self.digest) }
    }
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
        let (mut at, mut line) = self.first();
        self.stretches.iter().map(move |stretch| {
            let placed = stretch.at(at, line);
            at += stretch.length;
            line += stretch.lines;
            placed
        })
    }

    /// Where the first run begins, and its first line.
    fn first(&self) -> (u64, u64) {
        let header = self.header.as_deref().unwrap_or_default();
        (self.start + header.len() as u64, 1 + super::runs::newlines(header))
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
