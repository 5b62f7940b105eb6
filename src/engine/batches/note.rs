//! What the store keeps of a batch for as long as it is out.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::models::batch::BatchId;
use crate::models::endpoint::Endpoint;
use crate::store::{CallKey, Store, StoreError};

/// A batch that was handed in, or was about to be.
#[derive(Serialize, Deserialize)]
pub(super) struct Note {
    /// What it is kept under, and what marks the batch at a provider that takes a mark.
    #[serde(skip)]
    pub(super) name: String,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) base_url: String,
    /// Nothing before the provider has said that it took the batch.
    pub(super) id: Option<BatchId>,
    /// Seconds since the epoch at which it was to be handed in.
    #[serde(default)]
    pub(super) at: u64,
    pub(super) calls: Vec<NotedCall>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NotedCall {
    pub(super) key: CallKey,
    /// In its canonical form, for the ledger.
    pub(super) request: Box<RawValue>,
}

impl Note {
    pub(super) fn new(endpoint: &Endpoint, at: Duration, calls: Vec<NotedCall>) -> Note {
        let (provider, model) = (endpoint.provider().name(), endpoint.model());
        let base_url = endpoint.base_url();
        // The same calls may go out in two batches, one after the other.
        let mut text = format!("{provider} {model} {base_url} {}", at.as_nanos());
        calls.iter().for_each(|call| text.push_str(&call.key.hex()));
        Note {
            name: Digest::of(text.as_bytes()).hex().chars().take(20).collect(),
            provider: provider.to_owned(),
            model: model.to_string(),
            base_url: base_url.to_owned(),
            id: None,
            at: at.as_secs(),
            calls,
        }
    }

    /// What people call the model.
    pub(super) fn model(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }

    pub(super) fn save(&self, store: &Arc<dyn Store>) -> Result<(), StoreError> {
        // Texts and numbers; writing them to memory cannot fail.
        store.put_pending(&self.name, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// All that are kept.
    pub(super) fn all(store: &Arc<dyn Store>) -> Result<Vec<Note>, StoreError> {
        let read = |(name, bytes): (String, Vec<u8>)| match serde_json::from_slice::<Note>(&bytes) {
            Ok(note) => Ok(Note { name, ..note }),
            // What can't be read is paid for, and asking again would pay for it twice.
            Err(error) => Err(StoreError::UnreadableNote { name, reason: error.to_string() }),
        };
        store.pending()?.into_iter().map(read).collect()
    }
}
