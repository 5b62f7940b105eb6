//! Cuts a stream of records into runs at places that the content decides.

use std::io::{self, Read};

use bytes::Bytes;
use memchr::memchr_iter;

use crate::digest::Digest;

use super::boundary::Boundary;
use super::error::ReadError;
use super::hash::quick_hash;
use super::outline::{SIGN, Stretch, Stretches};
use super::unpack;

/// A run of whole records, not parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawChunk {
    pub bytes: Bytes,
    /// The number of its first line in the file, from 1 (see [`super::BrokenRecord::line`]).
    pub first_line: u64,
}

/// No run is shorter, but for the last.
const FEWEST: usize = 256;
/// No run is longer.
const MOST: usize = 4096;
/// Past the fewest, one record in this many ends its run: runs have about a thousand records.
const ONE_IN: u64 = 768;
/// Runs of long records end sooner, after about this many bytes.
const BYTES: u64 = 4 << 20;
/// No run is larger, but by its last record.
const LARGEST: usize = 16 << 20;
/// A longer record is a mistake, such as a quote that is never closed.
const LONGEST_RECORD: usize = 64 << 20;
/// Read at once: what is read is hashed while it is near.
const BLOCK: usize = 1 << 18;

/// A run ends where the hash of a record says so, so that a line that is inserted, changed or
/// deleted moves no cut but those of its own run.
pub(super) struct Runs {
    reader: Box<dyn Read + Send>,
    boundary: Boundary,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read.
    filled: usize,
    /// Where the run begins in the buffer.
    run: usize,
    /// Where the record begins that is looked for; the run's records end here.
    record: usize,
    /// Where to look on for the record's end.
    looked: usize,
    /// Records in the run.
    records: usize,
    /// The run's first line.
    line: u64,
    ended: bool,
    done: bool,
}

impl Runs {
    pub(super) fn new(reader: Box<dyn Read + Send>, boundary: Boundary) -> Runs {
        Runs {
            reader,
            boundary,
            buffer: Vec::new(),
            filled: 0,
            run: 0,
            record: 0,
            looked: 0,
            records: 0,
            line: 1,
            ended: false,
            done: false,
        }
    }

    /// The first record by itself, where there is one. Runs begin after it.
    pub(super) fn first(&mut self) -> Result<Option<RawChunk>, ReadError> {
        if self.record()?.is_some() { self.take().map(Some) } else { Ok(None) }
    }

    /// The next run by where it ends and what it holds. One that is among those of `before` is
    /// only hashed: the same bytes are cut at the same places.
    pub(super) fn stretch(&mut self, before: &mut Stretches<'_>) -> Result<Option<Stretch>, ReadError> {
        if let Some(known) = self.recognised(before)? {
            self.record = self.run + known.length as usize;
            self.looked = self.record;
            self.line += known.lines;
            self.pass_run();
            return Ok(Some(known));
        }
        if !self.find()? {
            return Ok(None);
        }
        let first_line = self.line;
        let run = self.sound()?;
        let sign = quick_hash(&run[..run.len().min(SIGN)]);
        let (length, digest) = (run.len() as u64, Digest::of(run).0);
        self.line += newlines(run);
        self.pass_run();
        Ok(Some(Stretch { sign, length, lines: self.line - first_line, digest }))
    }

    /// The run of before that begins here, where one does.
    fn recognised(&mut self, before: &mut Stretches<'_>) -> Result<Option<Stretch>, ReadError> {
        self.reach(SIGN)?;
        let start = &self.buffer[self.run..self.filled];
        let sign = quick_hash(&start[..start.len().min(SIGN)]);
        let Some(known) = before.with_sign(sign) else { return Ok(None) };
        // The last run was ended by the file's end, and so must be its like.
        let length = known.stretch.length as usize;
        self.reach(length + usize::from(known.is_last))?;
        let ends = !known.is_last || self.filled - self.run == length;
        let bytes = self.buffer[self.run..self.filled].get(..length);
        if !ends || bytes.is_none_or(|bytes| Digest::of(bytes).0 != known.stretch.digest) {
            return Ok(None);
        }
        before.pass(known);
        Ok(Some(known.stretch))
    }

    /// Reads until this many bytes of the run are there, or the stream ends.
    fn reach(&mut self, length: usize) -> Result<(), ReadError> {
        while !self.ended && self.filled - self.run < length {
            self.fill()?;
        }
        Ok(())
    }

    fn run(&mut self) -> Result<Option<RawChunk>, ReadError> {
        if self.find()? { self.take().map(Some) } else { Ok(None) }
    }

    /// Moves past the records of the next run; false at the stream's end.
    fn find(&mut self) -> Result<bool, ReadError> {
        while let Some((length, hash)) = self.record()? {
            if self.is_cut(length, hash) {
                return Ok(true);
            }
        }
        Ok(self.records > 0)
    }

    /// Moves past the next record and gives its length and hash; `None` at the stream's end.
    fn record(&mut self) -> Result<Option<(usize, u64)>, ReadError> {
        while !self.ended {
            if let Some(end) = self.boundary.end(&self.buffer[self.looked..self.filled]) {
                return Ok(Some(self.pass(self.looked + end)));
            }
            self.looked = self.filled;
            if self.looked - self.record > LONGEST_RECORD {
                let line = self.line + newlines(&self.buffer[self.run..self.record]);
                return Err(ReadError::TooLong { line, limit: LONGEST_RECORD });
            }
            self.fill()?;
        }
        match self.boundary.end(&self.buffer[self.looked..self.filled]) {
            Some(end) => Ok(Some(self.pass(self.looked + end))),
            None if self.boundary.is_open() => {
                let line = self.line + newlines(&self.buffer[self.run..self.record]);
                Err(ReadError::OpenQuote { line })
            }
            None if self.record < self.filled => Ok(Some(self.pass(self.filled))),
            None => Ok(None),
        }
    }

    fn pass(&mut self, end: usize) -> (usize, u64) {
        let record = &self.buffer[self.record..end];
        self.record = end;
        self.looked = end;
        self.records += 1;
        (record.len(), quick_hash(record))
    }

    /// Reads on, over what is done with.
    fn fill(&mut self) -> Result<(), ReadError> {
        if self.buffer.len() < self.filled + BLOCK {
            self.buffer.copy_within(self.run..self.filled, 0);
            self.filled -= self.run;
            self.record -= self.run;
            self.looked -= self.run;
            self.run = 0;
            if self.buffer.len() < self.filled + BLOCK {
                self.buffer.resize((self.filled + 4 * BLOCK).next_power_of_two(), 0);
            }
        }
        let read = loop {
            match self.reader.read(&mut self.buffer[self.filled..][..BLOCK]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(unpack::problem)?,
            }
        };
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }

    /// Whether the run ends after a record of this length and hash.
    fn is_cut(&self, length: usize, hash: u64) -> bool {
        let bytes = self.record - self.run;
        if self.records >= MOST || bytes >= LARGEST {
            return true;
        }
        let by_length = (length as u64).saturating_mul(u64::MAX / BYTES);
        let is_long_enough = self.records >= FEWEST || bytes as u64 >= BYTES / 4;
        is_long_enough && hash < (u64::MAX / ONE_IN).saturating_add(by_length)
    }

    fn take(&mut self) -> Result<RawChunk, ReadError> {
        let run = self.sound()?;
        let chunk = RawChunk { bytes: Bytes::copy_from_slice(run), first_line: self.line };
        self.line += newlines(run);
        self.pass_run();
        Ok(chunk)
    }

    /// The run's bytes, which must be text.
    fn sound(&self) -> Result<&[u8], ReadError> {
        let run = &self.buffer[self.run..self.record];
        match std::str::from_utf8(run) {
            Ok(_) => Ok(run),
            Err(error) => Err(ReadError::NotUtf8 { line: self.line + newlines(&run[..error.valid_up_to()]) }),
        }
    }

    fn pass_run(&mut self) {
        self.run = self.record;
        self.records = 0;
    }
}

impl Iterator for Runs {
    type Item = Result<RawChunk, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = self.run().transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

pub(super) fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
