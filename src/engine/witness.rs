//! Which replies a run rested on, for whoever must answer for them later.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::{CallKey, Record};

/// What is known of a reply that was used.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub provider: String,
    /// As it was asked for.
    pub model: String,
    /// The server's address, where it is one of the user's own and so part of what was asked.
    pub server: Option<String>,
    /// As the provider reported it.
    pub served_by: Option<String>,
    /// When it arrived, since the epoch.
    pub at: Duration,
    pub microdollars: u64,
}

/// Sees every reply that a run reads from the record.
#[derive(Debug, Default)]
pub struct Witness(Mutex<BTreeMap<CallKey, Seen>>);

impl Witness {
    pub(super) fn see(&self, record: &Record, served_by: Option<&str>, microdollars: u64) {
        #[derive(serde::Deserialize)]
        struct Place {
            at: Option<String>,
        }
        let place = serde_json::from_str::<Place>(record.request.get());
        let seen = Seen {
            server: place.ok().and_then(|place| place.at),
            provider: record.provider.to_string(),
            model: record.model.to_string(),
            served_by: served_by.map(str::to_owned),
            at: record.reply.at,
            microdollars,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(record.key, seen);
    }

    /// All that was seen, by key.
    pub fn seen(&self) -> BTreeMap<CallKey, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
