//! A store that knows the replies of another and nothing else: what runs on it is worked out from
//! the ledger alone.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::digest::Digest;

use super::{CallKey, DiskStore, Event, Fact, Record, Space, Store, StoreError};

/// The name of the folder, within the store, for what is worked out; gone when this is dropped.
const FOLDER: &str = "afresh";

/// The replies of a store, with no table and no memo of it. Takes in no reply.
#[derive(Debug)]
pub struct Afresh {
    record: Arc<DiskStore>,
    /// Nothing only while it is dropped.
    tables: Option<DiskStore>,
    folder: PathBuf,
}

impl Afresh {
    /// Begins with no table.
    pub fn on(record: Arc<DiskStore>) -> Result<Afresh, StoreError> {
        let folder = record.folder().join(FOLDER);
        clear(&folder)?;
        let (tables, _) = DiskStore::open(&folder)?;
        Ok(Afresh { record, tables: Some(tables), folder })
    }

    fn tables(&self) -> Result<&DiskStore, StoreError> {
        self.tables.as_ref().ok_or(StoreError::Closed)
    }
}

impl Drop for Afresh {
    fn drop(&mut self) {
        drop(self.tables.take());
        // What can't be removed now is removed when the next one begins.
        let _ = clear(&self.folder);
    }
}

fn clear(folder: &std::path::Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(folder)(error)),
        _ => Ok(()),
    }
}

impl Store for Afresh {
    fn reply(&self, key: CallKey) -> Result<Option<Record>, StoreError> {
        self.record.reply(key)
    }

    fn append(&self, _: Record) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(std::future::ready(Err(StoreError::Closed)))
    }

    fn event(&self, _: Event) -> Result<(), StoreError> {
        Ok(())
    }

    fn object(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        self.tables()?.object(digest)
    }

    fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.tables()?.put_object(bytes)
    }

    fn has_object(&self, digest: &Digest) -> bool {
        self.tables().is_ok_and(|tables| tables.has_object(digest))
    }

    fn fact(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tables()?.fact(space, key)
    }

    fn put_fact(&self, space: Space, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.tables()?.put_fact(space, key, value)
    }

    fn facts(&self, space: Space) -> Result<Vec<Fact>, StoreError> {
        self.tables()?.facts(space)
    }

    fn put_pending(&self, _: &str, _: &[u8]) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    fn pending(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.record.pending()
    }

    fn remove_pending(&self, _: &str) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.tables()?.flush()
    }
}
