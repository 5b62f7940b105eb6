//! What a call that brought no answer came to, for those who look at its row later and ask nobody.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Hasher};
use crate::models::reply::{CallFailure, FailureCause};
use crate::store::{CallKey, Event, Space, Store};

#[derive(Serialize, Deserialize)]
struct LastWords {
    what: String,
    attempts: u32,
    excerpt: String,
}

/// Keeps at hand what the event says; what can't be kept loses nothing that was paid for.
pub(super) fn keep(store: &Arc<dyn Store>, event: &Event) {
    let Event { key, what, attempt, excerpt, .. } = event;
    let words = LastWords { what: what.clone(), attempts: *attempt, excerpt: excerpt.clone() };
    // Texts and a number; writing them to memory cannot fail.
    let bytes = serde_json::to_vec(&words).unwrap_or_default();
    let _ = store.put_fact(Space::Chunk, &fact_key(*key).0, &bytes);
}

/// Why a call has no reply on record: what its last attempt came to, where there was one.
pub(super) fn of(store: &Arc<dyn Store>, key: CallKey) -> CallFailure {
    let known = store.fact(Space::Chunk, &fact_key(key).0).ok().flatten();
    match known.and_then(|bytes| serde_json::from_slice::<LastWords>(&bytes).ok()) {
        Some(LastWords { what, attempts, excerpt }) => {
            CallFailure { cause: FailureCause::LastTime(what), attempts, excerpt }
        }
        None => CallFailure { cause: FailureCause::NotOnRecord, attempts: 0, excerpt: String::new() },
    }
}

fn fact_key(key: CallKey) -> Digest {
    Hasher::new("tgp.failure.v1").bytes(&key.to_bytes()).finish()
}
