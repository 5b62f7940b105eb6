//! A run: many call keys in order and where their replies stand, in a file that is never changed.
//!
//! | part | bytes (numbers big-endian) |
//! |---|---|
//! | each block: up to 256 entries | 16 an entry: the key's beginning, the position |
//! | | 4: CRC-32 of the run's number, the block's, and its entries |
//! | fences | 8 for each block: the beginning of its first key |
//! | | 4: CRC-32 of the run's number and the fences |
//!
//! A database would spend three times the room: sled writes each value about three times over.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::store::CallKey;
use crate::store::position::Position;
use crate::store::segment::read_exact_at;

use super::filter::Filter;
use super::guard::Broken;

/// The beginning of a call key: among ten million keys the chance that two share one is 3·10⁻⁶,
/// and then one of the two is asked again, for the record that is found is compared with the whole
/// key.
pub(super) type Prefix = [u8; PREFIX];
const PREFIX: usize = 8;
const ENTRY: usize = PREFIX + Position::BYTES;
/// Entries of a block.
const BLOCK: usize = 256;
const SUM: usize = 4;

pub(super) fn prefix(key: &CallKey) -> Prefix {
    let mut prefix = [0; PREFIX];
    prefix.copy_from_slice(&key.to_bytes()[..PREFIX]);
    prefix
}

/// What the index remembers of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) number: u32,
    pub(super) entries: u64,
}

/// A run that is open.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) described: Described,
    file: File,
    /// The beginning of each block's first key.
    fences: Vec<Prefix>,
    /// Of a run that this process wrote: most calls of a run are new, and none of them is in it.
    filter: Option<Filter>,
}

impl Described {
    fn blocks(self) -> u64 {
        self.entries.div_ceil(BLOCK as u64)
    }

    /// Where the fences begin in the file.
    fn fences(self) -> u64 {
        self.entries * ENTRY as u64 + self.blocks() * SUM as u64
    }

    fn length(self) -> u64 {
        self.fences() + self.blocks() * PREFIX as u64 + SUM as u64
    }

    pub(super) fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{:06}.run", self.number))
    }
}

impl Run {
    /// Writes sorted entries as a run, and returns when they are on disk.
    pub(super) fn write(folder: &Path, number: u32, entries: &[(Prefix, Position)]) -> Result<Run, Broken> {
        let described = Described { number, entries: entries.len() as u64 };
        let path = described.path(folder);
        let mut file = BufWriter::new(File::create(&path)?);
        let mut fences = Vec::with_capacity(entries.len().div_ceil(BLOCK));
        let mut bytes = Vec::with_capacity(BLOCK * ENTRY);
        for (at, block) in (0_u64..).zip(entries.chunks(BLOCK)) {
            bytes.clear();
            for (prefix, position) in block {
                bytes.extend_from_slice(prefix);
                bytes.extend_from_slice(&position.to_bytes());
            }
            file.write_all(&bytes)?;
            file.write_all(&sum(number, at, &bytes))?;
            fences.extend(block.first().map(|(prefix, _)| *prefix));
        }
        let bytes = fences.concat();
        file.write_all(&bytes)?;
        file.write_all(&sum(number, u64::MAX, &bytes))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
        let filter = Some(Filter::of(entries.iter().map(|(prefix, _)| prefix)));
        Ok(Run { described, file: File::open(path)?, fences, filter })
    }

    /// Opens a run, which must be whole as far as its length and its fences tell.
    pub(super) fn open(folder: &Path, described: Described) -> Result<Run, Broken> {
        let file = File::open(described.path(folder))?;
        if file.metadata()?.len() != described.length() {
            return Err(Broken::new("entries are missing"));
        }
        let mut bytes = vec![0; (described.length() - described.fences()) as usize];
        read_exact_at(&file, &mut bytes, described.fences())?;
        let fences = checked(described.number, u64::MAX, &bytes)?.as_chunks::<PREFIX>().0.to_vec();
        Ok(Run { described, file, fences, filter: None })
    }

    /// The position of a key's beginning.
    pub(super) fn find(&self, prefix: &Prefix) -> Result<Option<Position>, Broken> {
        if self.filter.as_ref().is_some_and(|filter| !filter.may_have(prefix)) {
            return Ok(None);
        }
        let Some(at) = self.fences.partition_point(|first| first <= prefix).checked_sub(1) else {
            return Ok(None);
        };
        let bytes = self.block(at as u64)?;
        let block = self.entries(at as u64, &bytes)?;
        let found = block.binary_search_by_key(prefix, |entry| split(entry).0).ok();
        Ok(found.map(|at| split(&block[at]).1))
    }

    /// All entries, in order.
    pub(super) fn read(&self) -> Result<Vec<(Prefix, Position)>, Broken> {
        let mut all = Vec::with_capacity(self.described.entries as usize);
        for at in 0..self.described.blocks() {
            all.extend(self.entries(at, &self.block(at)?)?.iter().map(split));
        }
        Ok(all)
    }

    /// The bytes of a block with their checksum.
    fn block(&self, at: u64) -> Result<Vec<u8>, Broken> {
        let entries = (self.described.entries - at * BLOCK as u64).min(BLOCK as u64) as usize;
        let mut bytes = vec![0; entries * ENTRY + SUM];
        read_exact_at(&self.file, &mut bytes, at * (BLOCK * ENTRY + SUM) as u64)?;
        Ok(bytes)
    }

    fn entries<'a>(&self, at: u64, bytes: &'a [u8]) -> Result<&'a [[u8; ENTRY]], Broken> {
        Ok(checked(self.described.number, at, bytes)?.as_chunks::<ENTRY>().0)
    }
}

fn split(entry: &[u8; ENTRY]) -> (Prefix, Position) {
    let mut prefix = [0; PREFIX];
    let mut position = [0; Position::BYTES];
    prefix.copy_from_slice(&entry[..PREFIX]);
    position.copy_from_slice(&entry[PREFIX..]);
    (prefix, Position::from_bytes(position))
}

/// What stands before a checksum, if it is what was written at this place of this run.
fn checked(run: u32, at: u64, bytes: &[u8]) -> Result<&[u8], Broken> {
    match bytes.split_last_chunk::<SUM>() {
        Some((bytes, stored)) if *stored == sum(run, at, bytes) => Ok(bytes),
        _ => Err(Broken::new("an entry fails its checksum")),
    }
}

fn sum(run: u32, at: u64, bytes: &[u8]) -> [u8; SUM] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&run.to_be_bytes());
    hasher.update(&at.to_be_bytes());
    hasher.update(bytes);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: u32) -> Vec<(Prefix, Position)> {
        let entry = |n: u32| {
            let prefix = (u64::from(n) * 3 + 1).to_be_bytes();
            (prefix, Position { segment: 1, offset: n, line: (n % 4096) as u16 })
        };
        (0..count).map(entry).collect()
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        for count in [1, 255, 256, 257, 1000] {
            let all = entries(count);
            drop(Run::write(folder.path(), count, &all).unwrap());
            let described = Described { number: count, entries: count.into() };
            let run = Run::open(folder.path(), described).unwrap();
            assert_eq!(run.read().unwrap(), all);
            for (prefix, position) in &all {
                assert_eq!(run.find(prefix).unwrap(), Some(*position));
                for beside in [u64::from_be_bytes(*prefix) - 1, u64::from_be_bytes(*prefix) + 1] {
                    assert_eq!(run.find(&beside.to_be_bytes()).unwrap(), None);
                }
            }
        }
    }

    #[test]
    fn damage_is_an_error_and_never_another_place() {
        let folder = tempfile::tempdir().unwrap();
        let all = entries(600);
        let described = Run::write(folder.path(), 1, &all).unwrap().described;
        let path = described.path(folder.path());
        let sound = std::fs::read(&path).unwrap();
        assert_eq!(sound.len() as u64, described.length());
        for at in (0..sound.len()).step_by(97).chain([sound.len() - 1]) {
            let mut bytes = sound.clone();
            bytes[at] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            let Ok(run) = Run::open(folder.path(), described) else { continue };
            let mut broken = 0;
            for (prefix, position) in &all {
                match run.find(prefix) {
                    Ok(found) => assert_eq!(found, Some(*position), "byte {at}"),
                    Err(_) => broken += 1,
                }
            }
            assert!(broken > 0, "byte {at}");
        }
    }
}
