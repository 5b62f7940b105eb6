//! What was computed from what: the doors before any work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::{Digest, Hasher};
use crate::plan::unit::Unit;
use crate::store::{Space, Store, StoreError};

use super::bundle::Bundle;
use super::gauges::Worth;
use super::table::{ChunkRef, ENTRY, Table};

/// Where it is noted that a chunk was missed which a table was known to have.
pub(super) const DOUBT: &[u8] = b"tgp.doubt.v1";

/// Tables and chunks found by what they were made from.
#[derive(Clone)]
pub struct Memo {
    store: Arc<dyn Store>,
    /// Where the program is dynamic: the edition, which its results belong to.
    edition: Option<String>,
    /// By what names the unit's.
    bundles: Arc<Mutex<BTreeMap<Digest, Bundle>>>,
    /// Whether tables are to be looked through before they are believed to be whole.
    doubts: Arc<AtomicBool>,
}

/// What a unit made of a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Nothing where no row came of it.
    pub chunk: Option<ChunkRef>,
    /// What the replies behind it cost.
    pub worth: Worth,
}

impl Memo {
    pub fn new(store: Arc<dyn Store>, edition: Option<String>) -> Memo {
        Memo { store, edition, bundles: Arc::default(), doubts: Arc::default() }
    }

    /// Begins a run: where the one before missed a chunk, tables are looked through in this one.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        let doubt = self.store.fact(Space::Chunk, DOUBT)?;
        self.doubts.store(doubt.is_some_and(|doubt| doubt == [1]), Ordering::Relaxed);
        Ok(())
    }

    /// Looks tables through from now on; false where that was done already.
    pub(super) fn doubt(&self) -> bool {
        !self.doubts.swap(true, Ordering::Relaxed)
    }

    /// Ends a run in which nothing was missed.
    pub(super) fn end(&self) -> Result<(), StoreError> {
        if self.doubts.swap(false, Ordering::Relaxed) {
            self.store.put_fact(Space::Chunk, DOUBT, &[0])
        } else {
            Ok(())
        }
    }

    /// The edition that results belong to, where the program is dynamic.
    pub fn edition(&self) -> Option<&str> {
        self.edition.as_deref()
    }

    /// The key of a whole unit's table: what it does, for which models, to which tables.
    pub fn unit_key(&self, unit: &Unit, inputs: &[Digest]) -> Digest {
        let mut hasher = self.hasher("tgp.unit.v1", unit);
        for target in &unit.targets {
            hasher.digest(&target.fingerprint);
        }
        hasher.number(inputs.len() as u64);
        for input in inputs {
            hasher.digest(input);
        }
        hasher.finish()
    }

    /// The key of what a unit makes of one chunk, for one model in a query.
    pub fn chunk_key(&self, unit: &Unit, target: Option<&Digest>, chunk: &Digest) -> Digest {
        let mut hasher = self.hasher("tgp.chunk.v2", unit);
        if let Some(target) = target {
            hasher.digest(target);
        }
        hasher.digest(chunk);
        hasher.finish()
    }

    fn hasher(&self, domain: &str, unit: &Unit) -> Hasher {
        let mut hasher = Hasher::new(domain);
        hasher.digest(&unit.fingerprint);
        if let Some(edition) = &self.edition {
            hasher.text(edition);
        }
        hasher
    }

    /// The table of a unit; nothing where it isn't known or no longer whole. Looks at no row.
    pub fn table(&self, key: &Digest) -> Result<Option<Table>, StoreError> {
        let Some(fact) = self.store.fact(Space::Node, &key.0)? else { return Ok(None) };
        let Ok(object) = <[u8; 32]>::try_from(fact.as_slice()) else { return Ok(None) };
        let Some(bytes) = self.store.object(&Digest(object))? else { return Ok(None) };
        let table = Table::decode(&bytes);
        Ok(table.filter(|table| !self.doubts.load(Ordering::Relaxed) || self.is_whole(table)))
    }

    /// Whether all chunks of a table are there.
    fn is_whole(&self, table: &Table) -> bool {
        table.chunks.iter().all(|chunk| self.store.has_object(&chunk.digest))
    }

    pub fn put_table(&self, key: &Digest, table: &Table) -> Result<(), StoreError> {
        let object = self.store.put_object(&table.encode())?;
        self.store.put_fact(Space::Node, &key.0, &object.0)
    }

    /// What a unit made of a chunk, where that is known.
    pub fn made(&self, unit: &Unit, key: &Digest) -> Result<Option<Made>, StoreError> {
        let made = self.fact(unit, key)?.as_deref().and_then(Made::decode);
        let is_there = |chunk: &ChunkRef| self.store.has_object(&chunk.digest);
        let trusts = !self.doubts.load(Ordering::Relaxed);
        Ok(made.filter(|made| trusts || made.chunk.as_ref().is_none_or(is_there)))
    }

    pub fn put_made(&self, unit: &Unit, key: &Digest, made: &Made) -> Result<(), StoreError> {
        self.put_fact(unit, key, &made.encode())
    }

    /// What the replies behind a table cost, by its key; nothing where no call was made.
    pub fn worth(&self, key: &Digest) -> Result<Worth, StoreError> {
        let fact = self.store.fact(Space::Chunk, &worth_key(key).0)?;
        Ok(fact.as_deref().and_then(Worth::decode).unwrap_or_default())
    }

    pub fn put_worth(&self, key: &Digest, worth: Worth) -> Result<(), StoreError> {
        if worth == Worth::default() {
            return Ok(());
        }
        self.store.put_fact(Space::Chunk, &worth_key(key).0, &worth.encode())
    }

    /// What a reduction gathered from a chunk.
    pub fn partial(&self, unit: &Unit, chunk: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.fact(unit, &self.partial_key(unit, chunk))
    }

    pub fn put_partial(&self, unit: &Unit, chunk: &Digest, partial: &[u8]) -> Result<(), StoreError> {
        self.put_fact(unit, &self.partial_key(unit, chunk), partial)
    }

    /// Keeps what was used of a unit, to be at hand in the next run. For the end of a unit of which
    /// all chunks went by.
    pub(super) fn keep(&self, unit: &Unit) -> Result<(), StoreError> {
        let name = self.bundle_name(unit);
        let bundles = self.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = bundles.get(&name).and_then(Bundle::encode);
        drop(bundles);
        kept.map_or(Ok(()), |kept| self.store.put_fact(Space::Chunk, &name.0, &kept))
    }

    fn fact(&self, unit: &Unit, key: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(fact) = self.with_bundle(unit, |bundle| bundle.find(key))? {
            return Ok(Some(fact));
        }
        let fact = self.store.fact(Space::Chunk, &key.0)?;
        if let Some(fact) = &fact {
            self.with_bundle(unit, |bundle| bundle.add(*key, fact))?;
        }
        Ok(fact)
    }

    fn put_fact(&self, unit: &Unit, key: &Digest, fact: &[u8]) -> Result<(), StoreError> {
        self.with_bundle(unit, |bundle| bundle.add(*key, fact))?;
        self.store.put_fact(Space::Chunk, &key.0, fact)
    }

    fn with_bundle<T>(&self, unit: &Unit, act: impl FnOnce(&mut Bundle) -> T) -> Result<T, StoreError> {
        let name = self.bundle_name(unit);
        let mut bundles = self.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bundle) = bundles.get_mut(&name) {
            return Ok(act(bundle));
        }
        let kept = self.store.fact(Space::Chunk, &name.0)?;
        Ok(act(bundles.entry(name).or_insert(Bundle::decode(&kept.unwrap_or_default()))))
    }

    fn bundle_name(&self, unit: &Unit) -> Digest {
        self.hasher("tgp.bundle.v1", unit).finish()
    }

    /// Where the identities are remembered that a unit gave last.
    pub fn identities_key(&self, unit: &Unit) -> Digest {
        self.hasher("tgp.identities.v1", unit).finish()
    }

    fn partial_key(&self, unit: &Unit, chunk: &Digest) -> Digest {
        let mut hasher = self.hasher("tgp.partial.v1", unit);
        hasher.digest(chunk);
        hasher.finish()
    }
}

impl Made {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Table { chunks: self.chunk.into_iter().collect() }.encode();
        if self.worth != Worth::default() {
            bytes.extend_from_slice(&self.worth.encode());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Made> {
        let (table, worth) = bytes.split_at(bytes.len() / ENTRY * ENTRY);
        let worth = if worth.is_empty() { Worth::default() } else { Worth::decode(worth)? };
        match Table::decode(table)?.chunks.as_slice() {
            [] => Some(Made { chunk: None, worth }),
            [chunk] => Some(Made { chunk: Some(*chunk), worth }),
            _ => None,
        }
    }
}

fn worth_key(key: &Digest) -> Digest {
    let mut hasher = Hasher::new("tgp.worth.v1");
    hasher.digest(key);
    hasher.finish()
}
