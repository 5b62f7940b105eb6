//! Blobs named by their content: tables' chunks, pictures, long facts.
//!
//! Each is a zstd frame in `objects/ab/cdef…`, written beside and renamed. There is no flush
//! for each: an object that is lost is made again.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::digest::Digest;

use super::warning::Warnings;
use super::{StoreError, StoreWarning};

/// Zstandard's fastest ordinary level: chunks are written often and read seldom.
const LEVEL: i32 = 1;

/// Up to so many bytes for each one on disk, a frame's own word for its length is believed before it
/// is unpacked: a damaged length must not decide how much memory is taken.
const BELIEVED: usize = 1 << 10;

/// The objects of a store.
#[derive(Debug)]
pub(super) struct Objects {
    folder: PathBuf,
    parts: AtomicU64,
    warnings: Warnings,
}

/// What is wrong with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Sound,
    Damaged,
    Missing,
}

impl Objects {
    pub(super) fn open(folder: &Path, warnings: &Warnings) -> Result<Objects, StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        Ok(Objects { folder: folder.to_path_buf(), parts: AtomicU64::new(0), warnings: warnings.clone() })
    }

    /// The object of a digest; none where it is missing. One that is damaged is removed, so
    /// that it can be stored again.
    pub(super) fn get(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(digest);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        if let Some(bytes) = unpack(&file, digest) {
            return Ok(Some(Bytes::from(bytes)));
        }
        std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        self.warnings.add(StoreWarning::DamagedObject { digest: *digest });
        Ok(None)
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.path(digest).metadata().is_ok_and(|meta| meta.len() > 0)
    }

    pub(super) fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if self.has(&digest) {
            return Ok(digest);
        }
        let packed = zstd::bulk::compress(bytes, LEVEL).map_err(StoreError::io(&self.folder))?;
        let path = self.path(&digest);
        let part = self.folder.join(format!(
            "{}.{}.part",
            std::process::id(),
            self.parts.fetch_add(1, Ordering::Relaxed)
        ));
        std::fs::write(&part, packed).map_err(StoreError::io(&part))?;
        if std::fs::rename(&part, &path).is_err() {
            let shard = path.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(shard).map_err(StoreError::io(shard))?;
            std::fs::rename(&part, &path).map_err(StoreError::io(&path))?;
        }
        Ok(digest)
    }

    /// Reads an object to see whether it is sound, and leaves it as it is.
    pub(super) fn check(&self, digest: &Digest) -> Checked {
        match File::open(self.path(digest)) {
            Ok(file) if unpack(&file, digest).is_some() => Checked::Sound,
            Ok(_) => Checked::Damaged,
            Err(_) => Checked::Missing,
        }
    }

    /// Removes an object and gives the bytes that this frees.
    pub(super) fn remove(&self, digest: &Digest) -> Result<u64, StoreError> {
        let path = self.path(digest);
        let bytes = path.metadata().map_err(StoreError::io(&path))?.len();
        std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
        Ok(bytes)
    }

    /// All objects with their bytes on disk, in the order of their names.
    pub(super) fn list(&self) -> Result<Vec<(Digest, u64)>, StoreError> {
        let mut objects = Vec::new();
        for shard in entries(&self.folder)? {
            let Some(start) = shard.file_name().and_then(|name| name.to_str()) else { continue };
            if !shard.is_dir() {
                continue;
            }
            for path in entries(&shard)? {
                let end = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if let (Some(digest), Ok(meta)) =
                    (Digest::from_hex(&format!("{start}{end}")), path.metadata())
                {
                    objects.push((digest, meta.len()));
                }
            }
        }
        objects.sort_unstable();
        Ok(objects)
    }

    /// Removes what killed processes left half written.
    pub(super) fn sweep(&self) -> Result<(), StoreError> {
        for path in entries(&self.folder)? {
            if path.extension().is_some_and(|extension| extension == "part") {
                std::fs::remove_file(&path).map_err(StoreError::io(&path))?;
            }
        }
        Ok(())
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.hex();
        let (shard, rest) = name.split_at(2);
        self.folder.join(shard).join(rest)
    }
}

/// The content, if it is what the digest names.
fn unpack(mut file: &File, digest: &Digest) -> Option<Vec<u8>> {
    let mut packed = Vec::new();
    file.read_to_end(&mut packed).ok()?;
    let stated = zstd::zstd_safe::get_frame_content_size(&packed).ok().flatten();
    let length = stated.and_then(|length| usize::try_from(length).ok());
    let bytes = match length.filter(|length| *length <= packed.len().saturating_mul(BELIEVED)) {
        Some(length) => zstd::bulk::decompress(&packed, length).ok()?,
        None => zstd::stream::decode_all(&packed[..]).ok()?,
    };
    (Digest::of(&bytes) == *digest).then_some(bytes)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = std::fs::read_dir(folder).map_err(StoreError::io(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(StoreError::io(folder))).collect()
}
