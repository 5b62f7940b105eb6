//! What was found wrong and mended or left aside; the store goes on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;

use super::Space;

/// What was found wrong. Nothing of it leads to a wrong answer: what is damaged counts as missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreWarning {
    /// The last segment ended in a record that was never finished.
    #[error("the ledger ended in an unfinished write; its {bytes} bytes are kept in {}", kept.display())]
    TornTail { segment: PathBuf, kept: PathBuf, bytes: u64 },
    /// A part of a segment cannot be read; what stands before and after it is used.
    #[error("{} is damaged at byte {offset} ({bytes} bytes): replies recorded there count as never paid for", segment.display())]
    DamagedLedger { segment: PathBuf, offset: u64, bytes: u64 },
    /// A segment is gone or shorter than it was.
    #[error("{} has {found} bytes where it had {expected}: replies recorded there count as never paid for", segment.display())]
    ShortLedger { segment: PathBuf, expected: u64, found: u64 },
    /// The index of calls was lost, damaged or out of step, and was made again from the ledger.
    #[error("the index of calls was made again from the ledger: {reason}")]
    CallsRebuilt { reason: String, moved: Option<PathBuf> },
    /// Memos were lost; what they stood for is computed again, without paying again.
    #[error("the memos of earlier runs are lost and will be computed again: {reason}")]
    FactsLost { reason: String, moved: Option<PathBuf> },
    /// One fact failed its checksum.
    #[error("a memo ({}) is damaged and will be computed again", space.name())]
    DamagedFact { space: Space },
    /// Objects did not have the content that their names state, and were forgotten.
    #[error("{}", damaged(digest, *count))]
    DamagedObjects { digest: Digest, count: usize },
    /// Something could not be saved on closing; the next opening mends it.
    #[error("closing the store: {reason}")]
    Unsaved { reason: String },
}

fn damaged(digest: &Digest, count: usize) -> String {
    let name = digest.short();
    match count {
        1 => format!("the object {name} is damaged and will be computed again"),
        _ => format!("{count} objects, {name} among them, are damaged and will be computed again"),
    }
}

/// Where warnings gather until somebody takes them; clones share the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Warnings(Arc<Mutex<Vec<StoreWarning>>>);

impl Warnings {
    /// More than a person reads; further ones are dropped.
    const MOST: usize = 1000;

    pub(super) fn add(&self, warning: StoreWarning) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < Self::MOST && !list.contains(&warning) {
            list.push(warning);
        }
    }

    pub(super) fn take(&self) -> Vec<StoreWarning> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
