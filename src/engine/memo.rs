//! What was computed from what: the doors before any work.

use std::sync::Arc;

use crate::digest::{Digest, Hasher};
use crate::plan::unit::Unit;
use crate::store::{Space, Store, StoreError};

use super::gauges::Worth;
use super::table::Table;

/// Tables and chunks found by what they were made from.
#[derive(Clone)]
pub struct Memo {
    store: Arc<dyn Store>,
    /// Where the program is dynamic: the edition, which its results belong to.
    edition: Option<String>,
}

impl Memo {
    pub fn new(store: Arc<dyn Store>, edition: Option<String>) -> Memo {
        Memo { store, edition }
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
        let mut hasher = self.hasher("tgp.chunk.v1", unit);
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
        Ok(Table::decode(&bytes))
    }

    pub fn put_table(&self, key: &Digest, table: &Table) -> Result<(), StoreError> {
        let object = self.store.put_object(&table.encode())?;
        self.store.put_fact(Space::Node, &key.0, &object.0)
    }

    /// What a unit made of a chunk: no or one chunk.
    pub fn chunk(&self, key: &Digest) -> Result<Option<Table>, StoreError> {
        Ok(self.store.fact(Space::Chunk, &key.0)?.as_deref().and_then(Table::decode))
    }

    /// What the replies behind a table or chunk cost, by its key; nothing where no call was made.
    pub fn worth(&self, key: &Digest) -> Result<Worth, StoreError> {
        let fact = self.store.fact(Space::Chunk, &worth_key(key).0)?;
        let numbers = fact.as_deref().and_then(|fact| match fact.as_chunks::<8>() {
            ([calls, microdollars], []) => Some(Worth {
                calls: u64::from_le_bytes(*calls),
                microdollars: u64::from_le_bytes(*microdollars),
            }),
            _ => None,
        });
        Ok(numbers.unwrap_or_default())
    }

    pub fn put_worth(&self, key: &Digest, worth: Worth) -> Result<(), StoreError> {
        if worth == Worth::default() {
            return Ok(());
        }
        let value = [worth.calls.to_le_bytes(), worth.microdollars.to_le_bytes()].concat();
        self.store.put_fact(Space::Chunk, &worth_key(key).0, &value)
    }

    /// What a reduction gathered from a chunk.
    pub fn partial(&self, unit: &Unit, chunk: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.fact(Space::Chunk, &self.partial_key(unit, chunk).0)
    }

    pub fn put_partial(&self, unit: &Unit, chunk: &Digest, partial: &[u8]) -> Result<(), StoreError> {
        self.store.put_fact(Space::Chunk, &self.partial_key(unit, chunk).0, partial)
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

    pub fn put_chunk(&self, key: &Digest, made: &Table) -> Result<(), StoreError> {
        self.store.put_fact(Space::Chunk, &key.0, &made.encode())
    }
}

fn worth_key(key: &Digest) -> Digest {
    let mut hasher = Hasher::new("tgp.worth.v1");
    hasher.digest(key);
    hasher.finish()
}
