//! Lines that are on disk in the journal and not yet in a segment.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::CallKey;

/// A line of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) text: Vec<u8>,
    pub(super) is_reply: bool,
    /// The key by which it is found; none for what is never served.
    pub(super) served_as: Option<CallKey>,
}

/// What gathers for the next frame. The writer adds and empties; all may look.
#[derive(Debug, Default)]
pub(super) struct Gathering(RwLock<Lines>);

#[derive(Debug, Default)]
struct Lines {
    entries: Vec<Entry>,
    latest: HashMap<CallKey, usize>,
    bytes: usize,
}

impl Gathering {
    /// The latest line of a key.
    pub(super) fn find(&self, key: &CallKey) -> Option<Vec<u8>> {
        let lines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lines.latest.get(key).map(|at| lines.entries[*at].text.clone())
    }

    pub(super) fn add(&self, entries: Vec<Entry>) {
        let mut lines = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            lines.bytes += entry.text.len();
            if let Some(key) = entry.served_as {
                let at = lines.entries.len();
                lines.latest.insert(key, at);
            }
            lines.entries.push(entry);
        }
    }

    /// Bytes of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Gives all lines, in order, to `action`.
    pub(super) fn with<T>(&self, action: impl FnOnce(&[Entry]) -> T) -> T {
        action(&self.0.read().unwrap_or_else(PoisonError::into_inner).entries)
    }

    pub(super) fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Lines::default();
    }
}
