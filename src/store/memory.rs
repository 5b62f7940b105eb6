//! A store that lasts as long as the process: for tests, and for `tgp test`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::digest::Digest;

use super::{CallKey, Event, Fact, Record, Space, Store, StoreError};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    replies: BTreeMap<CallKey, Record>,
    events: Vec<Event>,
    objects: BTreeMap<Digest, Bytes>,
    facts: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    pending: BTreeMap<String, Vec<u8>>,
}

impl MemoryStore {
    /// All events so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.content().events.clone()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn reply(&self, key: CallKey) -> Result<Option<Record>, StoreError> {
        Ok(self.content().replies.get(&key).cloned())
    }

    fn append(&self, record: Record) -> BoxFuture<'_, Result<(), StoreError>> {
        self.content().replies.insert(record.key, record);
        Box::pin(std::future::ready(Ok(())))
    }

    fn event(&self, event: Event) -> Result<(), StoreError> {
        self.content().events.push(event);
        Ok(())
    }

    fn object(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        Ok(self.content().objects.get(digest).cloned())
    }

    fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.content().objects.entry(digest).or_insert_with(|| Bytes::copy_from_slice(bytes));
        Ok(digest)
    }

    fn has_object(&self, digest: &Digest) -> bool {
        self.content().objects.contains_key(digest)
    }

    fn fact(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.content().facts.get(&(space, key.to_vec())).cloned())
    }

    fn put_fact(&self, space: Space, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.content().facts.insert((space, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn facts(&self, space: Space) -> Result<Vec<Fact>, StoreError> {
        let content = self.content();
        let of_space = content.facts.iter().filter(|((held, _), _)| *held == space);
        Ok(of_space.map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn put_pending(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.content().pending.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn pending(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        Ok(self.content().pending.clone().into_iter().collect())
    }

    fn remove_pending(&self, name: &str) -> Result<(), StoreError> {
        self.content().pending.remove(name);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
