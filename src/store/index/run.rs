//! A run: many call keys in order, packed into blocks of a few kilobytes, never changed.
//!
//! sled spends 120 bytes and 12 microseconds on an entry of 20 bytes; a block of 200 costs
//! about as much as one entry.

use serde::{Deserialize, Serialize};

use crate::store::CallKey;
use crate::store::position::Position;

use super::checked;
use super::guard::Broken;

/// The beginning of a call key: among ten million keys the chance that two share one is 4·10⁻¹¹,
/// and the record that is found is compared with the whole key.
pub(super) type Prefix = [u8; PREFIX];
const PREFIX: usize = 10;
const ENTRY: usize = PREFIX + Position::BYTES;
const MOST_ENTRIES: usize = (checked::MOST - 4) / ENTRY;

pub(super) fn prefix(key: &CallKey) -> Prefix {
    let mut prefix = [0; PREFIX];
    prefix.copy_from_slice(&key.0.0[..PREFIX]);
    prefix
}

/// What the index remembers of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) number: u32,
    pub(super) blocks: u32,
    pub(super) entries: u64,
}

/// A block's key on sled: `b`, the run's number, the block's first prefix.
fn block_key(run: u32, first: &Prefix) -> [u8; 5 + PREFIX] {
    let mut key = [0; 5 + PREFIX];
    key[0] = b'b';
    key[1..5].copy_from_slice(&run.to_be_bytes());
    key[5..].copy_from_slice(first);
    key
}

/// The number of the run that a key on sled belongs to; none where it is no block's key.
pub(super) fn run_of(key: &[u8]) -> Option<u32> {
    let (b'b', rest) = key.split_first()? else { return None };
    rest.first_chunk().map(|number| u32::from_be_bytes(*number))
}

/// Writes sorted entries as a run.
pub(super) fn write(tree: &sled::Tree, number: u32, entries: &[(Prefix, Position)]) -> Result<Run, Broken> {
    let mut run = Run { number, blocks: 0, entries: entries.len() as u64 };
    for block in entries.chunks(MOST_ENTRIES) {
        let mut value = Vec::with_capacity(block.len() * ENTRY);
        for (prefix, position) in block {
            value.extend_from_slice(prefix);
            value.extend_from_slice(&position.to_bytes());
        }
        let Some((first, _)) = block.first() else { continue };
        let key = block_key(number, first);
        tree.insert(key, checked::seal(&key, &value))?;
        run.blocks += 1;
    }
    Ok(run)
}

/// The entry of a prefix in a run.
pub(super) fn find(tree: &sled::Tree, run: Run, prefix: &Prefix) -> Result<Option<Position>, Broken> {
    let lowest = block_key(run.number, &[0; PREFIX]);
    let highest = block_key(run.number, prefix);
    let Some((key, value)) = tree.range(lowest..=highest).next_back().transpose()? else {
        return Ok(None);
    };
    let entries = entries(&key, &value)?;
    let found = entries.binary_search_by_key(prefix, |(held, _)| *held).ok();
    Ok(found.map(|at| entries[at].1))
}

/// All entries of a run, in order.
pub(super) fn read(tree: &sled::Tree, run: Run) -> Result<Vec<(Prefix, Position)>, Broken> {
    let mut all = Vec::new();
    for block in tree.scan_prefix(&block_key(run.number, &[0; PREFIX])[..5]) {
        let (key, value) = block?;
        all.extend(entries(&key, &value)?);
    }
    Ok(all)
}

/// Removes a run.
pub(super) fn remove(tree: &sled::Tree, number: u32) -> Result<(), Broken> {
    for key in tree.scan_prefix(&block_key(number, &[0; PREFIX])[..5]).keys() {
        tree.remove(key?)?;
    }
    Ok(())
}

/// The entries of a block as stored.
pub(super) fn entries(key: &[u8], sealed: &[u8]) -> Result<Vec<(Prefix, Position)>, Broken> {
    let damaged = || Broken::new("an entry fails its checksum");
    let block = checked::open(key, sealed).ok_or_else(damaged)?;
    let (entries, []) = block.as_chunks::<ENTRY>() else { return Err(damaged()) };
    Ok(entries
        .iter()
        .map(|entry| {
            let mut prefix = [0; PREFIX];
            let mut position = [0; Position::BYTES];
            prefix.copy_from_slice(&entry[..PREFIX]);
            position.copy_from_slice(&entry[PREFIX..]);
            (prefix, Position::from_bytes(position))
        })
        .collect())
}
