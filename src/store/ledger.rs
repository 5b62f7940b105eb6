//! The segments together: opened with an eye on what the last process left, then read.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::frame::{Head, Packer};
use super::frame_cache::FrameCache;
use super::journal::Left;
use super::position::{Mark, Position};
use super::replace::{free_name, read, replace};
use super::segment::{self, Piece, Walk, read_frame};
use super::tail::Tail;
use super::warning::Warnings;
use super::{StoreError, StoreWarning};

/// The segments of a store, for reading.
#[derive(Debug)]
pub(super) struct Ledger {
    folder: PathBuf,
    name: String,
    files: RwLock<BTreeMap<u32, Arc<File>>>,
    recent: FrameCache,
    /// What stands behind this may be half written.
    end: Mutex<Mark>,
    warnings: Warnings,
}

/// How a ledger was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The end of the last sound frame.
    pub(super) end: Mark,
    /// Where the next frame goes: not behind damage, so that no place is ever used twice.
    pub(super) next: Mark,
    /// The process before closed it, and nothing has changed since.
    pub(super) is_as_left: bool,
    /// A process closed it before, and then had saved an index.
    pub(super) was_closed: bool,
    /// Frames that an index may know of are gone.
    pub(super) has_lost: bool,
}

impl Ledger {
    /// Opens the ledger. Segments as long as the last process left them are taken as sound;
    /// of the others, what was added since is checked, and a torn tail is cut off and kept.
    pub(super) fn open(folder: &Path, warnings: &Warnings) -> Result<(Ledger, Found), StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let left = read_lengths(folder)?;
        let lengths = list(folder)?;
        let mut has_lost = false;
        for (&number, &expected) in &left {
            let found = lengths.get(&number).copied().unwrap_or(0);
            if found < expected {
                let segment = segment::path(folder, number);
                warnings.add(StoreWarning::ShortLedger { segment, expected, found });
                has_lost = true;
            }
        }
        let last = lengths.last_key_value().map(|(&number, &length)| (number, length));
        let mut is_sound = !has_lost;
        let mut end = last.map_or(Mark::default(), |(segment, offset)| Mark { segment, offset });
        for (&number, &length) in &lengths {
            let known = left.get(&number).copied().unwrap_or(0);
            if known == length {
                continue;
            }
            let is_last = last == Some((number, length));
            let from = if known < length { known } else { 0 };
            match check(&segment::path(folder, number), from, is_last, warnings)? {
                Checked::Sound => {}
                Checked::Damaged => is_sound = false,
                Checked::Cut { length } => {
                    is_sound = false;
                    end = Mark { segment: number, offset: length };
                }
            }
        }
        let highest = left.keys().chain(lengths.keys()).copied().max().unwrap_or(0);
        let next = if is_sound && highest > 0 { end } else { Mark { segment: highest + 1, offset: 0 } };
        let mut found =
            Found { end, next, is_as_left: left == lengths, was_closed: !left.is_empty(), has_lost };
        take_in_journal(folder, &mut found, warnings)?;
        let ledger = Ledger {
            folder: folder.to_path_buf(),
            name: name(folder)?,
            files: RwLock::default(),
            recent: FrameCache::default(),
            end: Mutex::new(found.next),
            warnings: warnings.clone(),
        };
        Ok((ledger, found))
    }

    /// What tells this ledger from any other: an index states whose places it holds.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The line at a place; none where there is no sound frame or no such line.
    pub(super) fn line(&self, position: Position) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(lines) = self.frame(position.segment, position.offset)? else { return Ok(None) };
        Ok(split(&lines).nth(usize::from(position.line)).map(<[u8]>::to_vec))
    }

    fn frame(&self, segment: u32, offset: u32) -> Result<Option<Arc<[u8]>>, StoreError> {
        if let Some(lines) = self.recent.get((segment, offset)) {
            return Ok(Some(lines));
        }
        let path = segment::path(&self.folder, segment);
        let Some(file) = self.file(segment)? else { return Ok(None) };
        let end = file.metadata().map_err(StoreError::io(&path))?.len();
        let offset_bytes = u64::from(offset);
        let frame = read_frame(&file, offset_bytes, end).map_err(StoreError::io(&path))?;
        let Some(lines) = frame.and_then(|(head, packed)| head.unpack(&packed)) else {
            return Ok(None);
        };
        let lines: Arc<[u8]> = lines.into();
        self.recent.put((segment, offset), Arc::clone(&lines));
        Ok(Some(lines))
    }

    /// Gives every sound frame at or after a mark to `visit`: its segment, offset, head and
    /// compressed bytes. Damage on the way is skipped, warned of, and returned.
    pub(super) fn frames(
        &self,
        from: Mark,
        mut visit: impl FnMut(u32, u32, Head, &[u8]) -> Result<(), StoreError>,
    ) -> Result<Vec<StoreWarning>, StoreError> {
        let mut damage = Vec::new();
        let end = *self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = list(&self.folder)?.into_keys();
        for number in numbers.filter(|number| (from.segment..=end.segment).contains(number)) {
            let path = segment::path(&self.folder, number);
            let Some(file) = self.file(number)? else { continue };
            let start = if number == from.segment { from.offset } else { 0 };
            let stop = if number == end.segment { end.offset } else { u64::MAX };
            for piece in Walk::new(&file, start, stop).map_err(StoreError::io(&path))? {
                match piece.map_err(StoreError::io(&path))? {
                    Piece::Frame { offset, head, packed } => {
                        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                        visit(number, offset, head, &packed)?;
                    }
                    Piece::Damage { offset, bytes } => {
                        let segment = path.clone();
                        damage.push(StoreWarning::DamagedLedger { segment, offset, bytes });
                    }
                }
            }
        }
        damage.iter().cloned().for_each(|warning| self.warnings.add(warning));
        Ok(damage)
    }

    /// Gives every line at or after a mark to `visit`, in the order of writing.
    pub(super) fn lines(
        &self,
        from: Mark,
        mut visit: impl FnMut(Position, &[u8]) -> Result<(), StoreError>,
    ) -> Result<Vec<StoreWarning>, StoreError> {
        self.frames(from, |segment, offset, head, packed| {
            let Some(lines) = head.unpack(packed) else { return Ok(()) };
            for (line, text) in (0_u16..).zip(split(&lines)) {
                visit(Position { segment, offset, line }, text)?;
            }
            Ok(())
        })
    }

    /// All up to here is whole and on disk.
    pub(super) fn grown_to(&self, end: Mark) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }

    fn file(&self, number: u32) -> Result<Option<Arc<File>>, StoreError> {
        if let Some(file) = self.files.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Some(Arc::clone(file)));
        }
        let path = segment::path(&self.folder, number);
        let file = match File::open(&path) {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        self.files.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&file));
        Ok(Some(file))
    }

    /// Segments and their lengths in bytes.
    pub(super) fn lengths(&self) -> Result<BTreeMap<u32, u64>, StoreError> {
        list(&self.folder)
    }

    /// Notes the lengths up to which everything is known to be sound.
    pub(super) fn save_lengths(&self) -> Result<(), StoreError> {
        let lengths = list(&self.folder)?;
        if lengths == read_lengths(&self.folder)? {
            return Ok(());
        }
        let text = serde_json::to_vec(&lengths)
            .map_err(|error| StoreError::Unwritable { reason: error.to_string() })?;
        replace(&self.folder.join(LENGTHS), &text)
    }
}

/// The ledger's name, drawn when it is made.
fn name(folder: &Path) -> Result<String, StoreError> {
    let path = folder.join("name.txt");
    if let Some(name) = read(&path)? {
        return Ok(String::from_utf8_lossy(&name).into_owned());
    }
    let name = format!("{:016x}", RandomState::new().build_hasher().finish());
    replace(&path, name.as_bytes())?;
    Ok(name)
}

/// Puts what waits in a killed process's journal where it was to stand.
fn take_in_journal(folder: &Path, found: &mut Found, warnings: &Warnings) -> Result<(), StoreError> {
    let left = Left::read(folder)?;
    if !left.is_there() {
        return Ok(());
    }
    found.is_as_left = false;
    if !left.entries.is_empty() {
        let mut tail = Tail::new(folder, found.next);
        tail.write(&mut Packer::new()?, left.entries.iter())?;
        found.end = tail.at();
        found.next = tail.at();
    }
    left.remove(folder, warnings)
}

const LENGTHS: &str = "lengths.json";

fn read_lengths(folder: &Path) -> Result<BTreeMap<u32, u64>, StoreError> {
    let bytes = read(&folder.join(LENGTHS))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

fn list(folder: &Path) -> Result<BTreeMap<u32, u64>, StoreError> {
    let mut lengths = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(StoreError::io(folder))? {
        let entry = entry.map_err(StoreError::io(folder))?;
        if let Some(number) = segment::number(&entry.path()) {
            lengths.insert(number, entry.metadata().map_err(StoreError::io(folder))?.len());
        }
    }
    Ok(lengths)
}

/// The lines of a frame, without their breaks.
pub(super) fn split(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', lines).map(move |end| {
        let line = &lines[start..end];
        start = end + 1;
        line
    })
}

enum Checked {
    Sound,
    Damaged,
    /// The tail was cut off; this is the length that remains.
    Cut {
        length: u64,
    },
}

fn check(path: &Path, from: u64, is_last: bool, warnings: &Warnings) -> Result<Checked, StoreError> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(StoreError::io(path))?;
    let end = file.metadata().map_err(StoreError::io(path))?.len();
    let mut checked = Checked::Sound;
    for piece in Walk::new(&file, from, u64::MAX).map_err(StoreError::io(path))? {
        let Piece::Damage { offset, bytes } = piece.map_err(StoreError::io(path))? else { continue };
        if is_last && offset + bytes == end {
            let kept = set_aside(path, &file, offset)?;
            warnings.add(StoreWarning::TornTail { segment: path.to_path_buf(), kept, bytes });
            return Ok(Checked::Cut { length: offset });
        }
        warnings.add(StoreWarning::DamagedLedger { segment: path.to_path_buf(), offset, bytes });
        checked = Checked::Damaged;
    }
    Ok(checked)
}

/// Moves what follows `offset` into a file of its own, and that is on disk before the cut.
fn set_aside(path: &Path, mut file: &File, offset: u64) -> Result<PathBuf, StoreError> {
    let kept = free_name(&path.with_file_name("torn"));
    let mut copy = File::create(&kept).map_err(StoreError::io(&kept))?;
    file.seek(SeekFrom::Start(offset)).map_err(StoreError::io(path))?;
    io::copy(&mut file.take(u64::MAX), &mut copy).map_err(StoreError::io(&kept))?;
    copy.sync_all().map_err(StoreError::io(&kept))?;
    file.set_len(offset).and_then(|()| file.sync_all()).map_err(StoreError::io(path))?;
    Ok(kept)
}
