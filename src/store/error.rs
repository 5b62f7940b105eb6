//! Why the store could not do what it was asked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the store could not do what it was asked. Damage is not among these: what is damaged
/// counts as missing and is told by a [`StoreWarning`](super::StoreWarning).
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process, or another part of this one, has the store open.
    #[error("the store {} is in use{}", path.display(), pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Busy {
        /// The process that has it, where it has written its number.
        pid: Option<u32>,
        /// The store's folder.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: Arc<io::Error> },
    /// Another version of tgp wrote this store.
    #[error("the store {} has format \"{found}\", which this version does not read", path.display())]
    Format { path: PathBuf, found: String },
    /// A record, event or fact that cannot be written as JSON.
    #[error("a record cannot be written: {reason}")]
    Unwritable { reason: String },
    /// A file given for import is not an export, or is damaged at a place it doesn't name.
    #[error("{} is not an export of a store", path.display())]
    NotAnExport { path: PathBuf },
    /// What is kept of a batch that is out makes no sense.
    #[error("pending/{name}.json.zst in the store can't be read: {reason}")]
    UnreadableNote { name: String, reason: String },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_path_buf();
        move |source| StoreError::Io { path, source: Arc::new(source) }
    }
}
