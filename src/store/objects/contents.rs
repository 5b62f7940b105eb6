//! The list of what stands where.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::digest::Digest;

use super::pack::append;
use super::place::{ENTRY, Place, entry, read_entry};

/// The end of the list, where entries are added.
#[derive(Debug)]
pub(super) struct Contents {
    file: File,
    length: u64,
}

impl Contents {
    /// Opens the list, or makes it, and reads its entries in the order in which they were added; of
    /// two for one object the later one holds. The list ends before the first entry that is not
    /// sound: the packs tell what came after it.
    pub(super) fn open(path: &Path) -> io::Result<(Contents, Vec<(Digest, Place)>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (whole, _) = bytes.as_chunks::<ENTRY>();
        let entries: Vec<(Digest, Place)> = whole.iter().map_while(read_entry).collect();
        let length = (entries.len() * ENTRY) as u64;
        if length < bytes.len() as u64 {
            file.set_len(length)?;
        }
        Ok((Contents { file, length }, entries))
    }

    /// Adds an entry, all or nothing.
    pub(super) fn add(&mut self, digest: &Digest, place: Place) -> io::Result<()> {
        append(&mut self.file, self.length, &entry(digest, place))?;
        self.length += ENTRY as u64;
        Ok(())
    }
}
