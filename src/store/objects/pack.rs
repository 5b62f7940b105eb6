//! The files that objects stand in, one after the other.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::digest::Digest;
use crate::store::segment::read_exact_at;

use super::place::{HEAD, Place, head, read_head};

/// A pack is followed by a new one when it has passed this many bytes.
const PACK: u64 = 64 << 20;

/// A pack's file.
fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.pack"))
}

/// The packs, for reading.
#[derive(Debug)]
pub(super) struct Packs {
    folder: PathBuf,
    files: RwLock<BTreeMap<u32, Arc<File>>>,
}

impl Packs {
    pub(super) fn in_folder(folder: &Path) -> Packs {
        Packs { folder: folder.to_path_buf(), files: RwLock::default() }
    }

    /// The zstd frame at a place, unchecked; none where the pack is gone or ends before.
    pub(super) fn read(&self, place: Place) -> io::Result<Option<Vec<u8>>> {
        let file = match self.file(place.pack) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        if place.end().1 > file.metadata()?.len() {
            return Ok(None);
        }
        let mut packed = vec![0; place.length as usize];
        read_exact_at(&file, &mut packed, u64::from(place.offset))?;
        Ok(Some(packed))
    }

    fn file(&self, pack: u32) -> io::Result<Arc<File>> {
        if let Some(file) = self.files.read().unwrap_or_else(PoisonError::into_inner).get(&pack) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(File::open(path(&self.folder, pack))?);
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(files.entry(pack).or_insert(file)))
    }
}

/// The end of the last pack, where objects are added.
#[derive(Debug)]
pub(super) struct End {
    folder: PathBuf,
    pack: u32,
    offset: u64,
    file: Option<File>,
}

impl End {
    /// Looks for the end from a place on up to which all is known, and gives the objects that stand
    /// behind it: a process that was killed may have written one and not listed it. What it left half
    /// written is cut off.
    pub(super) fn find(folder: &Path, known: (u32, u64)) -> io::Result<(End, Vec<(Digest, Place)>)> {
        let (mut pack, mut offset) = known;
        let mut unlisted = Vec::new();
        loop {
            let path = path(folder, pack);
            let length = path.metadata().map_or(0, |file| file.len());
            if length > offset {
                let file = File::open(&path)?;
                while let Some((digest, place)) = object_at(&file, pack, offset, length)? {
                    offset = place.end().1;
                    unlisted.push((digest, place));
                }
            }
            if self::path(folder, pack + 1).exists() {
                (pack, offset) = (pack + 1, 0);
            } else if length < offset {
                // What the list names was lost with the end of the pack: nothing may take its place.
                return Ok((
                    End { folder: folder.to_path_buf(), pack: pack + 1, offset: 0, file: None },
                    unlisted,
                ));
            } else {
                if length > offset {
                    OpenOptions::new().write(true).open(&path)?.set_len(offset)?;
                }
                return Ok((End { folder: folder.to_path_buf(), pack, offset, file: None }, unlisted));
            }
        }
    }

    /// Adds an object's zstd frame, all or nothing.
    pub(super) fn add(&mut self, digest: &Digest, packed: &[u8]) -> io::Result<Place> {
        if self.offset >= PACK {
            (self.pack, self.offset, self.file) = (self.pack + 1, 0, None);
        }
        let too_large = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        let length = u32::try_from(packed.len()).map_err(too_large)?;
        let offset = u32::try_from(self.offset + HEAD as u64).map_err(too_large)?;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let path = path(&self.folder, self.pack);
                OpenOptions::new().write(true).create(true).truncate(false).open(path)?
            }
        };
        let bytes = [&head(digest, length), packed].concat();
        append(&mut file, self.offset, &bytes)?;
        self.offset += bytes.len() as u64;
        self.file = Some(file);
        Ok(Place { pack: self.pack, offset, length })
    }
}

/// Writes at the end of a file, all or nothing.
pub(super) fn append(file: &mut File, end: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(end))?;
    file.write_all(bytes).inspect_err(|_| {
        // What comes next is written over what could not be taken back.
        let _ = file.set_len(end);
    })
}

/// The object whose head begins at `offset`; none where no whole one does.
fn object_at(file: &File, pack: u32, offset: u64, end: u64) -> io::Result<Option<(Digest, Place)>> {
    let mut bytes = [0; HEAD];
    let begins = offset + HEAD as u64;
    if begins > end {
        return Ok(None);
    }
    read_exact_at(file, &mut bytes, offset)?;
    let Some((digest, length)) = read_head(&bytes) else { return Ok(None) };
    let Ok(offset) = u32::try_from(begins) else { return Ok(None) };
    let is_whole = begins + u64::from(length) <= end;
    Ok(is_whole.then_some((digest, Place { pack, offset, length })))
}
