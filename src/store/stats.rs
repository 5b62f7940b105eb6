//! How much a store holds.

use std::collections::BTreeMap;

use super::position::Mark;
use super::replace::folder_bytes;
use super::{DiskStore, Space, Store, StoreError};

/// How much a store holds; all sizes in bytes on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct StoreStats {
    /// Replies in the ledger, repeated ones (`--refresh`) among them.
    pub replies: u64,
    /// Failed attempts in the ledger.
    pub events: u64,
    /// Replies and events before compression.
    pub plain_bytes: u64,
    pub segments: u64,
    pub ledger_bytes: u64,
    pub objects: u64,
    pub object_bytes: u64,
    pub facts: BTreeMap<Space, u64>,
    pub index_bytes: u64,
    /// What was moved aside because it was damaged: torn tails and broken indexes.
    pub aside_bytes: u64,
}

impl DiskStore {
    /// Counts what the store holds; reads the ledger but unpacks nothing.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        self.flush()?;
        let mut stats = StoreStats::default();
        self.shared.ledger.frames(Mark::default(), |_, _, head, _| {
            stats.replies += u64::from(head.replies);
            stats.events += u64::from(head.others);
            stats.plain_bytes += u64::from(head.plain);
            Ok(())
        })?;
        let lengths = self.shared.ledger.lengths()?;
        stats.segments = lengths.len() as u64;
        stats.ledger_bytes = lengths.values().sum();
        stats.objects = self.shared.objects.list().len() as u64;
        stats.object_bytes = folder_bytes(&self.folder().join("objects"));
        stats.facts = Space::ALL.into_iter().map(|space| (space, self.shared.facts.len(space))).collect();
        stats.index_bytes = folder_bytes(&self.folder().join("index"));
        let known = stats.ledger_bytes + stats.object_bytes + stats.index_bytes;
        stats.aside_bytes = folder_bytes(self.folder()).saturating_sub(known);
        Ok(stats)
    }
}
