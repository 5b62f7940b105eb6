//! The end of the last segment, where frames are added.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::frame::Packer;
use super::gathering::Entry;
use super::position::{Mark, Position};
use super::{CallKey, StoreError, segment};

/// A segment is followed by a new one when it has passed this many bytes.
const SEGMENT: u64 = 64 << 20;

/// The end of the last segment.
pub(super) struct Tail {
    folder: PathBuf,
    at: Mark,
    file: Option<File>,
}

impl Tail {
    pub(super) fn new(folder: &Path, at: Mark) -> Tail {
        Tail { folder: folder.to_path_buf(), at, file: None }
    }

    /// The end of what was written.
    pub(super) fn at(&self) -> Mark {
        self.at
    }

    /// Where the next frames go: in a new segment where the last one is full.
    pub(super) fn begin(&mut self) -> Result<Mark, StoreError> {
        if self.at.offset >= SEGMENT {
            self.sync()?;
            self.leave();
        }
        Ok(self.at)
    }

    /// Writes all or nothing.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let path = segment::path(&self.folder, self.at.segment);
        let mut file = match self.file.take() {
            Some(file) => file,
            None => open(&path, &self.folder)?,
        };
        let written = file.seek(SeekFrom::Start(self.at.offset)).and_then(|_| file.write_all(bytes));
        if let Err(error) = written {
            if file.set_len(self.at.offset).is_ok() {
                self.file = Some(file);
            } else {
                self.leave();
            }
            return Err(StoreError::io(&path)(error));
        }
        self.at.offset += bytes.len() as u64;
        self.file = Some(file);
        Ok(())
    }

    /// Writes entries as frames, which end up on disk together; gives the places of those that
    /// are found by a key.
    pub(super) fn write<'a>(
        &mut self,
        packer: &mut Packer,
        entries: impl Iterator<Item = &'a Entry> + Clone,
    ) -> Result<Vec<(CallKey, Position)>, StoreError> {
        let start = self.begin()?;
        let mut out = Vec::new();
        let mut places = Vec::new();
        let mut to_come: usize = entries.clone().map(|entry| entry.text.len()).sum();
        for entry in entries {
            let line = packer.add(&entry.text, entry.is_reply);
            if let Some(key) = entry.served_as {
                let offset = u32::try_from(start.offset + out.len() as u64).unwrap_or(u32::MAX);
                places.push((key, Position { segment: start.segment, offset, line }));
            }
            to_come -= entry.text.len();
            if packer.is_full(to_come) {
                packer.finish(&mut out)?;
            }
        }
        if !packer.is_empty() {
            packer.finish(&mut out)?;
        }
        self.append(&out)?;
        self.sync()?;
        Ok(places)
    }

    /// Returns when all that was written is on disk.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        let Some(file) = &self.file else { return Ok(()) };
        file.sync_data().map_err(|error| {
            // After a failed flush nobody knows what of the segment is on disk: go on elsewhere.
            let path = segment::path(&self.folder, self.at.segment);
            self.leave();
            StoreError::io(&path)(error)
        })
    }

    fn leave(&mut self) {
        self.at = Mark { segment: self.at.segment + 1, offset: 0 };
        self.file = None;
    }
}

/// Opens a segment for writing; a new one's name is on disk before anything relies on it.
fn open(path: &Path, folder: &Path) -> Result<File, StoreError> {
    let is_new = !path.exists();
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(StoreError::io(path))?;
    if is_new {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder))?;
    }
    Ok(file)
}
