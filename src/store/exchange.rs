//! One file of all that was paid for, and merging it into another store.
//!
//! An export is made of the same frames as the ledger: `zstd -dc file.tgpx` prints it as JSON
//! lines. It begins with `{"export":{"version":1}}`; beside replies and events there are
//! objects and memos.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::oneshot;

use crate::digest::Digest;

use super::frame::{FULL, Packer};
use super::ledger::split;
use super::position::Mark;
use super::record::{Line, Peek, peek};
use super::replace::suffixed;
use super::segment::{Piece, Walk};
use super::{CallKey, DiskStore, Space, Store, StoreError, StoreWarning};

const VERSION: u32 = 1;
/// Most records handed over before their writing is awaited.
const AHEAD: usize = 1000;

/// What went into an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub replies: u64,
    pub events: u64,
    pub objects: u64,
    pub facts: u64,
    /// Parts of the ledger that could not be read and are not in the export.
    pub damage: Vec<StoreWarning>,
}

/// What came out of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Replies that are now served.
    pub replies: u64,
    /// Replies to calls for which this store has, and goes on serving, a later reply; kept in
    /// the ledger all the same.
    pub spare: u64,
    /// Replies and events that this store had already.
    pub known: u64,
    pub events: u64,
    pub objects: u64,
    pub facts: u64,
    /// Parts of the file that could not be read.
    pub damage: Vec<StoreWarning>,
}

impl DiskStore {
    /// Writes all replies and events to one file; with `tables` also objects and memos, so that
    /// the other store need not compute them again.
    pub fn export(&self, path: &Path, tables: bool) -> Result<Exported, StoreError> {
        self.flush()?;
        let part = suffixed(path, ".part");
        let file = File::create(&part).map_err(StoreError::io(&part))?;
        let mut sheet =
            Sheet { file: BufWriter::new(file), path: &part, packer: Packer::new()?, frame: Vec::new() };
        let mut exported = Exported::default();
        sheet.add(&Line::Export { version: VERSION })?;
        sheet.end_frame()?;
        exported.damage = self.shared.ledger.frames(Mark::default(), |_, _, head, packed| {
            exported.replies += u64::from(head.replies);
            exported.events += u64::from(head.others);
            sheet.write(&head.to_bytes())?;
            sheet.write(packed)
        })?;
        if tables {
            for digest in self.shared.objects.list() {
                if let Some(bytes) = self.shared.objects.get(&digest)? {
                    sheet.add(&Line::Object { digest, base64: STANDARD.encode(bytes) })?;
                    exported.objects += 1;
                }
            }
            for space in Space::ALL.into_iter().filter(|space| space.is_portable()) {
                for (key, value) in self.shared.facts.all(space)? {
                    let (key, value) = (STANDARD.encode(key), STANDARD.encode(value));
                    sheet.add(&Line::Fact { space, key, value })?;
                    exported.facts += 1;
                }
            }
        }
        sheet.end_frame()?;
        let file = sheet.file.into_inner().map_err(|error| StoreError::io(&part)(error.into_error()))?;
        file.sync_all().map_err(StoreError::io(&part))?;
        std::fs::rename(&part, path).map_err(StoreError::io(path))?;
        Ok(exported)
    }

    /// Adds what an export has and this store has not. Of two replies to one call the later one
    /// is served and the other kept, so that the order of merging makes no difference.
    /// Importing a file twice changes nothing.
    pub fn import(&self, path: &Path) -> Result<Imported, StoreError> {
        self.flush()?;
        let file = File::open(path).map_err(StoreError::io(path))?;
        let mut merge = Merge {
            store: self,
            known: self.known_lines()?,
            imported: Imported::default(),
            waiting: Vec::new(),
            pending: BTreeSet::new(),
        };
        let mut has_frames = false;
        for piece in Walk::new(&file, 0, u64::MAX).map_err(StoreError::io(path))? {
            match piece.map_err(StoreError::io(path))? {
                Piece::Frame { head, packed, .. } => {
                    has_frames = true;
                    let lines = head.unpack(&packed).unwrap_or_default();
                    split(&lines).try_for_each(|line| merge.line(path, line))?;
                }
                Piece::Damage { offset, bytes } => {
                    let segment = path.to_path_buf();
                    merge.imported.damage.push(StoreWarning::DamagedLedger { segment, offset, bytes });
                }
            }
        }
        merge.settle()?;
        if !has_frames {
            return Err(StoreError::NotAnExport { path: path.to_path_buf() });
        }
        let imported = merge.imported;
        self.flush()?;
        Ok(imported)
    }

    fn known_lines(&self) -> Result<HashSet<[u8; 32]>, StoreError> {
        let mut known = HashSet::new();
        self.shared.ledger.lines(Mark::default(), |_, line| {
            known.insert(content(line));
            Ok(())
        })?;
        Ok(known)
    }
}

/// The digest of a line's record, whether it is served or spare.
fn content(line: &[u8]) -> [u8; 32] {
    let start = memchr::memchr(b':', line).unwrap_or(0);
    Digest::of(&line[start..]).0
}

/// An export being written.
struct Sheet<'a> {
    file: BufWriter<File>,
    path: &'a Path,
    packer: Packer,
    frame: Vec<u8>,
}

impl Sheet<'_> {
    fn add(&mut self, line: &Line<'_>) -> Result<(), StoreError> {
        self.packer.add(&line.to_text()?, false);
        if self.packer.is_full(FULL) { self.end_frame() } else { Ok(()) }
    }

    fn end_frame(&mut self) -> Result<(), StoreError> {
        if !self.packer.is_empty() {
            self.packer.finish(&mut self.frame)?;
            self.file.write_all(&self.frame).map_err(StoreError::io(self.path))?;
            self.frame.clear();
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(StoreError::io(self.path))
    }
}

/// An import at work.
struct Merge<'a> {
    store: &'a DiskStore,
    known: HashSet<[u8; 32]>,
    imported: Imported,
    waiting: Vec<oneshot::Receiver<Result<(), StoreError>>>,
    /// Calls whose replies are handed over but perhaps not yet to be found.
    pending: BTreeSet<CallKey>,
}

impl Merge<'_> {
    fn line(&mut self, path: &Path, line: &[u8]) -> Result<(), StoreError> {
        if let Some(peek) = peek(line) {
            return self.record(peek, line);
        }
        match serde_json::from_slice(line) {
            Ok(Line::Export { version }) if version > VERSION => {
                Err(StoreError::Format { path: path.to_path_buf(), found: format!("export {version}") })
            }
            Ok(Line::Object { digest, base64 }) => {
                if let Ok(bytes) = STANDARD.decode(base64)
                    && Digest::of(&bytes) == digest
                    && !self.store.has_object(&digest)
                {
                    self.store.put_object(&bytes)?;
                    self.imported.objects += 1;
                }
                Ok(())
            }
            Ok(Line::Fact { space, key, value }) => {
                if let (Ok(key), Ok(value)) = (STANDARD.decode(key), STANDARD.decode(value))
                    && space.is_portable()
                    && self.store.fact(space, &key)?.is_none()
                {
                    self.store.put_fact(space, &key, &value)?;
                    self.imported.facts += 1;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn record(&mut self, theirs: Peek, line: &[u8]) -> Result<(), StoreError> {
        let Ok(parsed) = serde_json::from_slice::<Line<'_>>(line) else { return Ok(()) };
        if !self.known.insert(content(line)) {
            self.imported.known += 1;
            return Ok(());
        }
        let record = match parsed {
            Line::Reply(record) | Line::Spare(record) => record,
            event => {
                self.imported.events += 1;
                return self.store.writer.event(event.to_text()?);
            }
        };
        if self.pending.contains(&theirs.key) {
            self.settle()?;
        }
        let ours = self.store.reply(theirs.key)?;
        let is_later = match &ours {
            None => theirs.is_served,
            Some(ours) => {
                let text = Line::Reply(std::borrow::Cow::Borrowed(ours)).to_text()?;
                let ours = (ours.reply.at, content(text.trim_ascii_end()));
                theirs.is_served && (theirs.at, content(line)) > ours
            }
        };
        let (line, served_as) = if is_later {
            self.imported.replies += 1;
            (Line::Reply(record), Some(theirs.key))
        } else {
            self.imported.spare += 1;
            (Line::Spare(record), None)
        };
        self.waiting.push(self.store.writer.reply(line.to_text()?, served_as));
        self.pending.insert(theirs.key);
        if self.waiting.len() >= AHEAD { self.settle() } else { Ok(()) }
    }

    /// Waits until all that was handed over is on disk and can be found.
    fn settle(&mut self) -> Result<(), StoreError> {
        self.store.writer.flush()?;
        self.pending.clear();
        for mut receiver in self.waiting.drain(..) {
            receiver.try_recv().unwrap_or(Err(StoreError::Closed))?;
        }
        Ok(())
    }
}
