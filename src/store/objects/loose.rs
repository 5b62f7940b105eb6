//! Objects as earlier versions kept them: each a file of its own, `ab/cdef…`.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::store::StoreError;

use super::Objects;

/// Takes in the sound ones, and removes their folders: pictures among them could be gone from where
/// they came from.
pub(super) fn take_in(folder: &Path, objects: &Objects) -> Result<(), StoreError> {
    for shard in entries(folder)? {
        let start = shard.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if shard.extension().is_some_and(|extension| extension == "part") {
            std::fs::remove_file(&shard).map_err(StoreError::io(&shard))?;
        }
        if start.len() != 2 || !shard.is_dir() {
            continue;
        }
        for path in entries(&shard)? {
            let end = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(digest) = Digest::from_hex(&format!("{start}{end}")) else { continue };
            let packed = std::fs::read(&path).map_err(StoreError::io(&path))?;
            if objects.unpack(&packed, &digest).is_some() {
                objects.add(&digest, &packed)?;
            }
        }
        std::fs::remove_dir_all(&shard).map_err(StoreError::io(&shard))?;
    }
    Ok(())
}

pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = std::fs::read_dir(folder).map_err(StoreError::io(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(StoreError::io(folder))).collect()
}
