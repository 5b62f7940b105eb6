//! The store in a folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::digest::Digest;

use super::gathering::Gathering;
use super::index::facts::Facts;
use super::ledger::Ledger;
use super::lock::Lock;
use super::objects::Objects;
use super::pending::Pending;
use super::position::Mark;
use super::record::Line;
use super::replace::{read, replace};
use super::shared::Shared;
use super::warning::Warnings;
use super::writer::Writer;
use super::{CallKey, Event, Fact, Record, Space, Store, StoreError, StoreWarning, gc};

/// What the file `format` says: the version of the layout as a whole.
const FORMAT: &str = "tgp store 2\n";

/// A store in a folder, `.tgp/` as a rule. Dropping it saves everything.
#[derive(Debug)]
pub struct DiskStore {
    pub(super) shared: Arc<Shared>,
    pub(super) writer: Writer,
    pending: Pending,
    _lock: Lock,
}

impl DiskStore {
    /// Opens the store in `folder`, or makes it, and mends what a killed process or damage left;
    /// the warnings say what that was. More may be found later: [`DiskStore::take_warnings`].
    pub fn open(folder: &Path) -> Result<(DiskStore, Vec<StoreWarning>), StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let lock = Lock::take(folder)?;
        check_format(folder)?;
        gc::settle(folder)?;
        let warnings = Warnings::default();
        let ledger_folder = folder.join("ledger");
        let (ledger, found) = Ledger::open(&ledger_folder, &warnings)?;
        let objects = Arc::new(Objects::open(&folder.join("objects"), &warnings)?);
        let is_used = found.end > Mark::default();
        let facts = Facts::open(
            &folder.join("index").join("facts"),
            Arc::clone(&objects),
            is_used,
            !found.is_as_left,
            &warnings,
        );
        let shared = Arc::new(Shared {
            folder: folder.to_path_buf(),
            ledger,
            found,
            gathering: Gathering::default(),
            facts,
            objects,
            warnings,
            calls: OnceLock::new(),
            was_rebuilt: AtomicBool::new(false),
        });
        let is_index_missing = !folder.join("index").join("calls").exists();
        if !found.is_as_left || (is_used && is_index_missing) {
            shared.calls()?;
        }
        let writer = Writer::start(Arc::clone(&shared), &ledger_folder, found.next)?;
        let warnings = shared.warnings.take();
        Ok((DiskStore { shared, writer, pending: Pending::new(folder), _lock: lock }, warnings))
    }

    /// What was found wrong since the opening, or since this was last asked.
    pub fn take_warnings(&self) -> Vec<StoreWarning> {
        self.shared.warnings.take()
    }

    /// The store's folder.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Ends all writing and saves the index.
    fn save(&mut self) -> Result<(), StoreError> {
        self.writer.stop();
        self.shared.facts.flush();
        if let Some(Ok(calls)) = self.shared.calls.get() {
            // What could not be saved is in the ledger, and the next opening finds it there.
            let _ = calls.save();
        }
        self.shared.ledger.save_lengths()
    }
}

impl Drop for DiskStore {
    fn drop(&mut self) {
        if let Err(error) = self.save() {
            self.shared.warnings.add(StoreWarning::Unsaved { reason: error.to_string() });
        }
    }
}

impl Store for DiskStore {
    fn reply(&self, key: CallKey) -> Result<Option<Record>, StoreError> {
        self.shared.reply(key)
    }

    fn append(&self, record: Record) -> BoxFuture<'_, Result<(), StoreError>> {
        let key = record.key;
        let handed_over = Line::Reply(std::borrow::Cow::Owned(record))
            .to_text()
            .map(|line| self.writer.reply(line, Some(key)));
        Box::pin(async move { handed_over?.await.unwrap_or(Err(StoreError::Closed)) })
    }

    fn event(&self, event: Event) -> Result<(), StoreError> {
        self.writer.event(Line::Event(std::borrow::Cow::Owned(event)).to_text()?)
    }

    fn object(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        self.shared.objects.get(digest)
    }

    fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.shared.objects.put(bytes)
    }

    fn has_object(&self, digest: &Digest) -> bool {
        self.shared.objects.has(digest)
    }

    fn fact(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.facts.get(space, key)
    }

    fn put_fact(&self, space: Space, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.shared.facts.put(space, key, value)
    }

    fn facts(&self, space: Space) -> Result<Vec<Fact>, StoreError> {
        self.shared.facts.all(space)
    }

    fn put_pending(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.pending.put(name, bytes)
    }

    fn pending(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.pending.all()
    }

    fn remove_pending(&self, name: &str) -> Result<(), StoreError> {
        self.pending.remove(name)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.writer.flush()?;
        self.shared.facts.flush();
        Ok(())
    }
}

fn check_format(folder: &Path) -> Result<(), StoreError> {
    let path: PathBuf = folder.join("format");
    match read(&path)? {
        None => replace(&path, FORMAT.as_bytes()),
        Some(found) if found == FORMAT.as_bytes() => Ok(()),
        Some(found) => Err(StoreError::Format {
            path: folder.to_path_buf(),
            found: String::from_utf8_lossy(&found[..found.len().min(40)]).trim().to_owned(),
        }),
    }
}
