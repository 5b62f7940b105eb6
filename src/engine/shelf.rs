//! Chunks and tables in the store.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::data::codec::{decode_rows, encode_rows, identities};
use crate::data::row::{Reason, Row, RowId};
use crate::digest::Digest;
use crate::eval::ground::Pictures;
use crate::store::{Space, Store};

use super::error::RunError;
use super::memo::DOUBT;
use super::table::{ChunkRef, Table};

/// How many decoded chunks are kept at hand: what one unit writes the next reads at once.
const AT_HAND: usize = 16;

/// A chunk's digest and its rows.
type Decoded = (Digest, Arc<[Row]>);

/// Where chunks are put and found.
#[derive(Clone)]
pub struct Shelf {
    store: Arc<dyn Store>,
    at_hand: Arc<Mutex<VecDeque<Decoded>>>,
}

impl Shelf {
    pub fn new(store: Arc<dyn Store>) -> Shelf {
        Shelf { store, at_hand: Arc::default() }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Stores rows as a chunk.
    pub fn put(&self, rows: Vec<Row>) -> Result<ChunkRef, RunError> {
        let digest = self.store.put_object(&encode_rows(&rows))?;
        let failed = rows.iter().filter(|row| row.failure.is_some()).count() as u32;
        let unsettled =
            rows.iter().any(|row| row.failure.as_ref().is_some_and(|f| f.reason == Reason::Failed));
        let chunk = ChunkRef { digest, rows: rows.len() as u32, failed, unsettled };
        self.remember(digest, rows.into());
        Ok(chunk)
    }

    /// A chunk's rows; nothing where the store no longer holds them whole.
    pub fn find(&self, chunk: &ChunkRef) -> Result<Option<Arc<[Row]>>, RunError> {
        if let Some(rows) = self.at_hand(&chunk.digest) {
            return Ok(Some(rows));
        }
        let Some(bytes) = self.store.object(&chunk.digest)? else { return Ok(None) };
        let Ok(rows) = decode_rows(&bytes) else { return Ok(None) };
        let rows: Arc<[Row]> = rows.into();
        self.remember(chunk.digest, rows.clone());
        Ok(Some(rows))
    }

    /// The identities of a chunk's rows, but of those that failed; nothing where the store no longer
    /// holds the chunk whole. What others have at hand stays at hand.
    pub(super) fn identities(&self, chunk: &ChunkRef) -> Result<Option<Vec<RowId>>, RunError> {
        if let Some(rows) = self.at_hand(&chunk.digest) {
            let sound = rows.iter().filter(|row| row.failure.is_none());
            return Ok(Some(sound.map(|row| row.id).collect()));
        }
        Ok(self.store.object(&chunk.digest)?.and_then(|bytes| identities(&bytes).ok()))
    }

    fn at_hand(&self, digest: &Digest) -> Option<Arc<[Row]>> {
        let known = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(known, _)| known == digest).map(|(_, rows)| rows.clone())
    }

    /// A chunk's rows, which must be there. Where they are not, the next run makes sure of all tables.
    pub fn get(&self, chunk: &ChunkRef) -> Result<Arc<[Row]>, RunError> {
        if let Some(rows) = self.find(chunk)? {
            return Ok(rows);
        }
        self.store.put_fact(Space::Chunk, DOUBT, &[1])?;
        Err(RunError::LostChunk(chunk.digest))
    }

    /// All rows of a table, chunk by chunk.
    pub fn rows<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = Result<Arc<[Row]>, RunError>> + 'a {
        table.chunks.iter().map(|chunk| self.get(chunk))
    }

    fn remember(&self, digest: Digest, rows: Arc<[Row]>) {
        let mut known = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= AT_HAND {
            known.pop_front();
        }
        known.push_back((digest, rows));
    }
}

impl Pictures for Shelf {
    fn picture(&self, digest: &Digest) -> Option<Bytes> {
        self.store.object(digest).ok().flatten()
    }

    fn keep_picture(&self, bytes: &[u8]) -> Option<Digest> {
        self.store.put_object(bytes).ok()
    }
}
