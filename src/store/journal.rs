//! Where replies wait for the frame that they will stand in.
//!
//! A reply must be on disk at once, but a frame of one reply packs badly: by half, where frames
//! of a hundred pack to a third. So replies that come slowly go to `journal.seg` first, a small
//! frame a flush, and when there are enough of them as one frame to the segment. The first line of
//! each small frame says where that will be; if a frame stands there, the small one is spent.
//!
//! A spent journal is written over in place, which spares the disk a new length with each flush.
//! Where it ends now, it says so with an empty head, for what comes behind is older.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::frame::{HEAD, Packer};
use super::gathering::Entry;
use super::ledger::split;
use super::position::Mark;
use super::record::{Line, peek};
use super::replace::free_name;
use super::segment::{self, Piece, Walk, read_exact_at, read_frame};
use super::warning::Warnings;
use super::{StoreError, StoreWarning};

/// What stands behind the last frame.
const END: [u8; HEAD] = [0; HEAD];

/// The journal being written.
pub(super) struct Journal {
    path: PathBuf,
    file: Option<File>,
    /// Where the next frame goes.
    length: u64,
}

impl Journal {
    pub(super) fn new(ledger: &Path) -> Journal {
        Journal { path: path(ledger), file: None, length: 0 }
    }

    /// Returns when the entries are on disk; `next` is where they will stand in the end.
    pub(super) fn append(
        &mut self,
        packer: &mut Packer,
        entries: &[Entry],
        next: Mark,
    ) -> Result<(), StoreError> {
        let Mark { segment, offset } = next;
        packer.add(&Line::Journal { segment, offset }.to_text()?, false);
        for entry in entries {
            packer.add(&entry.text, entry.is_reply);
        }
        let mut bytes = Vec::new();
        packer.finish(&mut bytes)?;
        let length = self.length + bytes.len() as u64;
        bytes.extend_from_slice(&END);
        let path = &self.path;
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(create(path).map_err(StoreError::io(path))?),
        };
        let written = file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| file.write_all(&bytes))
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // A torn end is what the next opening expects; this only keeps it short.
            let _ = file.set_len(self.length);
            return Err(StoreError::io(path)(error));
        }
        self.length = length;
        Ok(())
    }

    /// All entries have come to stand in a segment; what is added now begins a new journal.
    pub(super) fn spend(&mut self) {
        self.length = 0;
    }

    /// Ends it, after all entries came to stand in a segment.
    pub(super) fn remove(&mut self) -> Result<(), StoreError> {
        if self.file.take().is_some() {
            std::fs::remove_file(&self.path).map_err(StoreError::io(&self.path))?;
        }
        Ok(())
    }
}

/// What a killed process left in its journal.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// What is not in a segment yet.
    pub(super) entries: Vec<Entry>,
    /// Where it is damaged.
    damage: Vec<(u64, u64)>,
    is_there: bool,
}

impl Left {
    pub(super) fn read(ledger: &Path) -> Result<Left, StoreError> {
        let path = path(ledger);
        let Ok(file) = File::open(&path) else { return Ok(Left::default()) };
        let mut left = Left { is_there: true, ..Left::default() };
        let mut is_spent = false;
        for piece in Walk::new(&file, 0, u64::MAX).map_err(StoreError::io(&path))? {
            match piece.map_err(StoreError::io(&path))? {
                Piece::Frame { head, packed, .. } => {
                    let lines = head.unpack(&packed).unwrap_or_default();
                    for line in split(&lines) {
                        match serde_json::from_slice(line) {
                            Ok(Line::Journal { segment, offset }) => {
                                is_spent = has_frame(ledger, Mark { segment, offset })?;
                            }
                            _ if is_spent => {}
                            _ => left.entries.push(entry(line)),
                        }
                    }
                }
                Piece::Damage { offset, .. } if is_end(&file, offset).map_err(StoreError::io(&path))? => {
                    break;
                }
                Piece::Damage { offset, bytes } => left.damage.push((offset, bytes)),
            }
        }
        Ok(left)
    }

    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// Removes the journal, after its entries came to stand in a segment; a damaged one is
    /// kept aside.
    pub(super) fn remove(self, ledger: &Path, warnings: &Warnings) -> Result<(), StoreError> {
        let path = path(ledger);
        if !self.is_there {
            return Ok(());
        }
        if self.damage.is_empty() {
            return std::fs::remove_file(&path).map_err(StoreError::io(&path));
        }
        let kept = free_name(&ledger.join("torn"));
        std::fs::rename(&path, &kept).map_err(StoreError::io(&path))?;
        let bytes = self.damage.iter().map(|(_, bytes)| bytes).sum();
        warnings.add(StoreWarning::TornTail { segment: path, kept, bytes });
        Ok(())
    }
}

fn path(ledger: &Path) -> PathBuf {
    ledger.join("journal.seg")
}

fn create(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Whether the journal says that it ends here.
fn is_end(file: &File, offset: u64) -> std::io::Result<bool> {
    let mut head = [0; HEAD];
    let is_whole = file.metadata()?.len() >= offset.saturating_add(HEAD as u64);
    if is_whole {
        read_exact_at(file, &mut head, offset)?;
    }
    Ok(is_whole && head == END)
}

fn has_frame(ledger: &Path, at: Mark) -> Result<bool, StoreError> {
    let path = segment::path(ledger, at.segment);
    let Ok(file) = File::open(&path) else { return Ok(false) };
    let end = file.metadata().map_err(StoreError::io(&path))?.len();
    Ok(read_frame(&file, at.offset, end).map_err(StoreError::io(&path))?.is_some())
}

fn entry(line: &[u8]) -> Entry {
    let peek = peek(line);
    Entry {
        text: [line, b"\n"].concat(),
        is_reply: peek.is_some_and(|peek| peek.is_reply),
        served_as: peek.filter(|peek| peek.is_served).map(|peek| peek.key),
    }
}
