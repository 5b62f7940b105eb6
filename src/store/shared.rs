//! The parts of an open store that its threads share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::gathering::Gathering;
use super::index::calls::Calls;
use super::index::facts::Facts;
use super::ledger::{Found, Ledger};
use super::objects::Objects;
use super::record::Line;
use super::warning::Warnings;
use super::{CallKey, Record, StoreError, StoreWarning};

/// The parts of an open store.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) ledger: Ledger,
    pub(super) found: Found,
    pub(super) gathering: Gathering,
    pub(super) facts: Facts,
    pub(super) objects: Arc<Objects>,
    pub(super) warnings: Warnings,
    pub(super) calls: OnceLock<Result<Calls, StoreError>>,
    pub(super) was_rebuilt: AtomicBool,
}

impl Shared {
    /// The index of calls. It is opened at its first use: a run in which nothing has changed
    /// needs no reply, and so need not wait for it.
    pub(super) fn calls(&self) -> Result<&Calls, StoreError> {
        let folder = || self.folder.join("index").join("calls");
        self.calls
            .get_or_init(|| Calls::open(&folder(), &self.ledger, self.found, &self.warnings))
            .as_ref()
            .map_err(StoreError::clone)
    }

    /// The reply of a key. Whatever doesn't fit together is first blamed on the index, which is
    /// then made again, once; what is missing after that is damaged in the ledger.
    pub(super) fn reply(&self, key: CallKey) -> Result<Option<Record>, StoreError> {
        match self.look_up(key)? {
            Looked::Found(record) => Ok(Some(*record)),
            Looked::Unknown => Ok(None),
            Looked::Astray if self.rebuild_calls() => match self.look_up(key)? {
                Looked::Found(record) => Ok(Some(*record)),
                Looked::Unknown | Looked::Astray => Ok(None),
            },
            Looked::Astray => Ok(None),
        }
    }

    fn look_up(&self, key: CallKey) -> Result<Looked, StoreError> {
        if let Some(text) = self.gathering.find(&key) {
            return Ok(read(&text, key));
        }
        let position = match self.calls()?.find(&key) {
            Ok(Some(position)) => position,
            Ok(None) => return Ok(Looked::Unknown),
            Err(_) => return Ok(Looked::Astray),
        };
        let Some(text) = self.ledger.line(position)? else { return Ok(Looked::Astray) };
        Ok(read(&text, key))
    }

    /// Makes the index of calls again, at most once; says whether it did.
    pub(super) fn rebuild_calls(&self) -> bool {
        if self.was_rebuilt.swap(true, Ordering::SeqCst) {
            return false;
        }
        let Ok(calls) = self.calls() else { return false };
        let rebuilt = calls.rebuild(&self.ledger).is_ok();
        let reason = "it did not agree with the ledger".to_owned();
        self.warnings.add(StoreWarning::CallsRebuilt { reason, moved: None });
        rebuilt
    }
}

enum Looked {
    Found(Box<Record>),
    Unknown,
    /// The index is wrong, or the ledger is damaged there.
    Astray,
}

fn read(text: &[u8], key: CallKey) -> Looked {
    match serde_json::from_slice(text) {
        Ok(Line::Reply(record)) if record.key == key => Looked::Found(Box::new(record.into_owned())),
        _ => Looked::Astray,
    }
}
