//! What was handed to others and has not come back, such as a batch at a provider: a file each in
//! `pending/`, for as long as it is awaited. On disk before it is relied on, since what is
//! forgotten here is paid for twice.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::replace::{read, suffixed};

/// Fast, and small enough for what goes away again.
const LEVEL: i32 = 3;
const ENDING: &str = "json.zst";

/// What is awaited.
#[derive(Debug)]
pub(super) struct Pending {
    folder: PathBuf,
}

impl Pending {
    pub(super) fn new(store: &Path) -> Pending {
        Pending { folder: store.join("pending") }
    }

    /// Notes something under a name, in place of what stood there; returns when it is on disk.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name);
        let part = suffixed(&path, ".part");
        let written = || -> io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            let mut file = File::create(&part)?;
            file.write_all(&zstd::encode_all(bytes, LEVEL)?)?;
            file.sync_all()?;
            std::fs::rename(&part, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        written().map_err(StoreError::io(&path))
    }

    /// All that is awaited, by name.
    pub(super) fn all(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io(&self.folder)(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(StoreError::io(&self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(name) = name.strip_suffix(ENDING).and_then(|name| name.strip_suffix('.')) else {
                continue;
            };
            if let Some(packed) = read(&path)? {
                all.push((name.to_owned(), zstd::decode_all(&*packed).map_err(StoreError::io(&path))?));
            }
        }
        all.sort();
        Ok(all)
    }

    /// Forgets what has come back.
    pub(super) fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&path)(error)),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }
}
