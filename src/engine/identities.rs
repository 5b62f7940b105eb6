//! Whether all rows of a table have identities of their own, found out anew only for what changed.
//!
//! The identities of a table that was found sound are kept in sorted shards. When a few of its
//! chunks are replaced, only their rows are looked up among the others. Memory is bounded by a
//! run and a shard for each run, however many rows there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde::{Deserialize, Serialize};

use crate::data::row::RowId;
use crate::digest::Digest;
use crate::store::Space;

use super::error::RunError;
use super::shelf::Shelf;
use super::table::{ChunkRef, Table};

/// Identities sorted at once: 4 MB.
const RUN: usize = 1 << 18;
/// Identities in one object: 64 KB. An edit writes one or two of them anew, and one of each run is in
/// memory while runs are compared.
const SHARD: usize = 1 << 12;
/// Most chunks, gone and new, that are worth comparing; beyond these all are read again.
const MOST_CHANGED: usize = 256;

/// The identities of a table, all different.
#[derive(Default, Serialize, Deserialize)]
struct Identities {
    /// The chunks they come from, sorted.
    chunks: Vec<[u8; 32]>,
    runs: Vec<Vec<Shard>>,
}

/// A stretch of a run.
#[derive(Serialize, Deserialize)]
struct Shard {
    /// Not above the least identity in it.
    from: u128,
    object: [u8; 32],
}

/// Whether no two rows of the table have one identity; rows that failed have none. `key` names
/// what makes the table, so that it is compared with the one it made before.
pub(super) fn are_distinct(shelf: &Shelf, key: &Digest, table: &Table) -> Result<bool, RunError> {
    let mut chunks: Vec<[u8; 32]> = table.chunks.iter().map(|chunk| chunk.digest.0).collect();
    chunks.sort_unstable();
    let keeper = Keeper { shelf };
    if let Some(mut known) = keeper.load(key)? {
        if known.chunks == chunks {
            return Ok(true);
        }
        let (gone, new) = (less(&known.chunks, &chunks), less(&chunks, &known.chunks));
        if gone.len() + new.len() <= MOST_CHANGED
            && let Some(found) = keeper.changed(&mut known, table, &gone, &new)?
        {
            known.chunks = chunks;
            if found {
                keeper.save(key, &known)?;
            }
            return Ok(found);
        }
    }
    let Some(runs) = keeper.all(table)? else { return Ok(false) };
    keeper.save(key, &Identities { chunks, runs })?;
    Ok(true)
}

/// Whether something is known to compare with.
pub(super) fn is_known(shelf: &Shelf, key: &Digest) -> Result<bool, RunError> {
    Ok(Keeper { shelf }.load(key)?.is_some())
}

/// Remembers a table whose identities are known to differ.
pub(super) fn remember(
    shelf: &Shelf,
    key: &Digest,
    table: &Table,
    ids: impl Iterator<Item = RowId>,
) -> Result<(), RunError> {
    let mut chunks: Vec<[u8; 32]> = table.chunks.iter().map(|chunk| chunk.digest.0).collect();
    chunks.sort_unstable();
    let mut ids: Vec<u128> = ids.map(|id| id.0).collect();
    ids.sort_unstable();
    let keeper = Keeper { shelf };
    let runs = vec![keeper.run(&ids)?];
    keeper.save(key, &Identities { chunks, runs })
}

/// Reads and writes identities.
struct Keeper<'a> {
    shelf: &'a Shelf,
}

impl Keeper<'_> {
    fn load(&self, key: &Digest) -> Result<Option<Identities>, RunError> {
        let store = self.shelf.store();
        let Some(fact) = store.fact(Space::Chunk, &key.0)? else { return Ok(None) };
        Ok(postcard::from_bytes(&fact).ok())
    }

    fn save(&self, key: &Digest, identities: &Identities) -> Result<(), RunError> {
        if let Ok(bytes) = postcard::to_allocvec(identities) {
            self.shelf.store().put_fact(Space::Chunk, &key.0, &bytes)?;
        }
        Ok(())
    }

    /// Brings what is known up to the table; whether its identities differ, or nothing where what
    /// is known is no longer whole.
    fn changed(
        &self,
        known: &mut Identities,
        table: &Table,
        gone: &[[u8; 32]],
        new: &[[u8; 32]],
    ) -> Result<Option<bool>, RunError> {
        let mut before = Vec::new();
        for digest in gone {
            let chunk = ChunkRef { digest: Digest(*digest), rows: 0, failed: 0, unsettled: false };
            if !self.add(&chunk, &mut before)? {
                return Ok(None);
            }
        }
        let mut after = Vec::new();
        let mut wanted = new.to_vec();
        for chunk in &table.chunks {
            if let Ok(at) = wanted.binary_search(&chunk.digest.0) {
                wanted.remove(at);
                if !self.add(chunk, &mut after)? {
                    return Err(RunError::LostChunk(chunk.digest));
                }
            }
        }
        before.sort_unstable();
        after.sort_unstable();
        if has_equal_neighbours(&after) {
            return Ok(Some(false));
        }
        let (mut gone, mut new) = (less(&before, &after), less(&after, &before));
        for run in &mut known.runs {
            let mut shards: BTreeMap<usize, Vec<u128>> = BTreeMap::new();
            for id in gone.iter().chain(&new) {
                let place = place(run, *id);
                if !run.is_empty() && !shards.contains_key(&place) {
                    let Some(ids) = self.shard(&run[place])? else { return Ok(None) };
                    shards.insert(place, ids);
                }
            }
            for (at, mut ids) in shards {
                if new.iter().any(|id| place(run, *id) == at && ids.binary_search(id).is_ok()) {
                    return Ok(Some(false));
                }
                let count = ids.len();
                gone.retain(|id| match ids.binary_search(id) {
                    Ok(found) if place(run, *id) == at => {
                        ids.remove(found);
                        false
                    }
                    _ => true,
                });
                if ids.len() < count {
                    run[at].object = self.put(&ids)?;
                }
            }
        }
        if !gone.is_empty() {
            return Ok(None);
        }
        // Among themselves and from all others they differ: they are a run of their own.
        new.sort_unstable();
        if !new.is_empty() {
            self.join(known, new)?;
        }
        Ok(Some(true))
    }

    /// Adds identities that are in no run yet to the last one.
    fn join(&self, known: &mut Identities, new: Vec<u128>) -> Result<(), RunError> {
        if new.len() > SHARD || known.runs.last().is_none_or(Vec::is_empty) {
            known.runs.push(self.run(&new)?);
            return Ok(());
        }
        let Some(run) = known.runs.last_mut() else { return Ok(()) };
        let mut by_shard: BTreeMap<usize, Vec<u128>> = BTreeMap::new();
        for id in new {
            by_shard.entry(place(run, id)).or_default().push(id);
        }
        for (at, new) in by_shard.into_iter().rev() {
            let mut ids = self.shard(&run[at])?.unwrap_or_default();
            ids.extend(new);
            ids.sort_unstable();
            let from = run[at].from.min(ids[0]);
            let mut pieces = Vec::new();
            for piece in ids.chunks(SHARD * 2) {
                pieces.push(Shard { from: piece[0], object: self.put(piece)? });
            }
            pieces[0].from = from;
            run.splice(at..=at, pieces);
        }
        Ok(())
    }

    /// The identities of all chunks in sorted runs; nothing where two are the same.
    fn all(&self, table: &Table) -> Result<Option<Vec<Vec<Shard>>>, RunError> {
        let mut runs = Vec::new();
        let rows = usize::try_from(table.rows()).unwrap_or(RUN);
        let mut ids: Vec<u128> = Vec::with_capacity(rows.min(RUN));
        for chunk in &table.chunks {
            if ids.len() + chunk.rows as usize > RUN {
                ids.sort_unstable();
                if has_equal_neighbours(&ids) {
                    return Ok(None);
                }
                runs.push(self.run(&ids)?);
                ids.clear();
            }
            if !self.add(chunk, &mut ids)? {
                return Err(RunError::LostChunk(chunk.digest));
            }
        }
        ids.sort_unstable();
        if has_equal_neighbours(&ids) {
            return Ok(None);
        }
        runs.push(self.run(&ids)?);
        drop(ids);
        Ok(if runs.len() == 1 || self.differ(&runs)? { Some(runs) } else { None })
    }

    /// Whether no identity is in two runs.
    fn differ(&self, runs: &[Vec<Shard>]) -> Result<bool, RunError> {
        let mut readers: Vec<_> = runs.iter().map(|run| (run.iter(), Vec::new().into_iter())).collect();
        let mut next = |at: usize| -> Result<Option<u128>, RunError> {
            let (shards, ids) = &mut readers[at];
            loop {
                if let Some(id) = ids.next() {
                    return Ok(Some(id));
                }
                let Some(shard) = shards.next() else { return Ok(None) };
                let lost = || RunError::LostChunk(Digest(shard.object));
                *ids = self.shard(shard)?.ok_or_else(lost)?.into_iter();
            }
        };
        let mut least = BinaryHeap::new();
        for at in 0..runs.len() {
            least.extend(next(at)?.map(|id| Reverse((id, at))));
        }
        let mut before = None;
        while let Some(Reverse((id, at))) = least.pop() {
            if before == Some(id) {
                return Ok(false);
            }
            before = Some(id);
            least.extend(next(at)?.map(|id| Reverse((id, at))));
        }
        Ok(true)
    }

    fn run(&self, ids: &[u128]) -> Result<Vec<Shard>, RunError> {
        let shard = |ids: &[u128]| Ok(Shard { from: ids[0], object: self.put(ids)? });
        ids.chunks(SHARD).map(shard).collect()
    }

    /// Adds a chunk's identities; false where the store has lost it.
    fn add(&self, chunk: &ChunkRef, ids: &mut Vec<u128>) -> Result<bool, RunError> {
        let Some(found) = self.shelf.identities(chunk)? else { return Ok(false) };
        ids.extend(found.into_iter().map(|id| id.0));
        Ok(true)
    }

    fn shard(&self, shard: &Shard) -> Result<Option<Vec<u128>>, RunError> {
        let Some(bytes) = self.shelf.store().object(&Digest(shard.object))? else { return Ok(None) };
        let (ids, _) = bytes.as_chunks::<16>();
        Ok(Some(ids.iter().map(|id| u128::from_le_bytes(*id)).collect()))
    }

    fn put(&self, ids: &[u128]) -> Result<[u8; 32], RunError> {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        Ok(self.shelf.store().put_object(&bytes)?.0)
    }
}

/// The shard of a run in which an identity would stand.
fn place(run: &[Shard], id: u128) -> usize {
    run.partition_point(|shard| shard.from <= id).saturating_sub(1)
}

fn has_equal_neighbours(sorted: &[u128]) -> bool {
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// What the one has more than the other; both sorted.
fn less<T: Ord + Copy>(one: &[T], other: &[T]) -> Vec<T> {
    let mut left = Vec::new();
    let mut rest = other;
    for item in one {
        let at = rest.partition_point(|known| known < item);
        rest = &rest[at..];
        match rest.split_first() {
            Some((known, after)) if known == item => rest = after,
            _ => left.push(*item),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::data::row::{Row, RowId};
    use crate::store::MemoryStore;

    proptest! {
        /// Whatever tables follow each other, the answer is that of looking at all rows.
        #[test]
        fn what_changed_decides_as_well_as_all(
            tables in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(0_u128..60, 1..4), 0..8), 1..6),
        ) {
            let shelf = Shelf::new(Arc::new(MemoryStore::default()));
            let key = Digest::of(b"key");
            for ids in tables {
                let mut table = Table::default();
                for chunk in &ids {
                    let row = |id: &u128| Row { id: RowId(*id), values: Vec::new(), failure: None };
                    table.chunks.push(shelf.put(chunk.iter().map(row).collect()).unwrap());
                }
                let mut all: Vec<u128> = ids.into_iter().flatten().collect();
                all.sort_unstable();
                prop_assert_eq!(are_distinct(&shelf, &key, &table).unwrap(), !has_equal_neighbours(&all));
            }
        }
    }
}
