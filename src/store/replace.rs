//! Reading a file that may be missing, and replacing one at once.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// A whole file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

/// Writes `bytes` beside `path` and renames: readers see the old content or the new.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let part = suffixed(path, ".part");
    std::fs::write(&part, bytes).map_err(StoreError::io(&part))?;
    std::fs::rename(&part, path).map_err(StoreError::io(path))
}

/// The path with something added to its last name.
pub(super) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// The first of `base-1`, `base-2`, … that is not taken.
pub(super) fn free_name(base: &Path) -> PathBuf {
    let mut number = 1_u32;
    loop {
        let path = suffixed(base, &format!("-{number}"));
        if path.symlink_metadata().is_err() {
            return path;
        }
        number += 1;
    }
}

/// Bytes of all files under a folder; 0 where there is none.
pub(super) fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
