//! Calls that are made in batches.

use std::sync::{Arc, PoisonError};

use serde_json::value::RawValue;

use crate::engine::allowance::{Came, Leave};
use crate::engine::batches;
use crate::models::batch::kind_of;
use crate::models::endpoint::Endpoint;
use crate::models::reply::{CallFailure, FailureCause, RawReply};
use crate::models::request::Request;
use crate::store::CallKey;

use super::{Caller, cause_of};

impl Caller {
    /// Has a call handed in with the next batch; says why it has no answer now.
    pub(super) async fn queue(
        &self,
        endpoint: &Arc<Endpoint>,
        key: CallKey,
        request: &Request,
    ) -> FailureCause {
        let most = (self.most(endpoint, request) as f64 * batches::SHARE).ceil() as u64;
        match self.purse.reserve_in_batch(most).await {
            Ok(leave) => {
                self.batches.queue(endpoint, key, request, leave);
                FailureCause::Batched
            }
            Err(bound) => cause_of(bound),
        }
    }

    /// Takes in what a batch brought for one call. Says whether it is new.
    pub(in crate::engine) async fn keep_batched(
        &self,
        endpoint: &Endpoint,
        key: CallKey,
        canonical: Box<RawValue>,
        reply: Result<RawReply, CallFailure>,
    ) -> Result<bool, CallFailure> {
        let request = kind_of(canonical.get());
        // A process that ended here before may have kept it, and not come to forget the batch.
        if self.recorded(endpoint, key, &request).is_some() {
            self.release(&key, Came::Unsent);
            return Ok(false);
        }
        let read = reply.and_then(|raw| match endpoint.read(&request, &raw) {
            Ok(reply) => Ok((raw, reply)),
            Err(error) => {
                let cause = FailureCause::Torn(error.to_string());
                Err(CallFailure { cause, attempts: raw.attempts, excerpt: String::new() })
            }
        });
        let kept = match read {
            Ok((raw, reply)) => self.keep(endpoint, key, canonical, raw, reply, batches::SHARE).await,
            Err(failure) => {
                self.note(endpoint, key, &failure);
                Err(failure)
            }
        };
        match kept {
            Ok((_, paid)) => {
                self.release(&key, Came::Answered(paid.cost));
                Ok(true)
            }
            Err(failure) => {
                self.release(&key, Came::Unanswered);
                Err(failure)
            }
        }
    }

    /// Keeps what calls in a batch may cost reserved.
    pub(in crate::engine) fn hold(&self, leaves: Vec<(CallKey, Leave)>) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).extend(leaves);
    }

    /// Says what a call in a batch came to. One of an earlier run was that run's to pay.
    pub(in crate::engine) fn release(&self, key: &CallKey, came: Came) {
        let leave = self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        if let Some(leave) = leave {
            self.purse.settle(leave, came);
        }
    }

    /// The endpoint of this program that a batch was handed in to.
    pub(in crate::engine) fn endpoint_at(
        &self,
        provider: &str,
        model: &str,
        base_url: &str,
    ) -> Option<Arc<Endpoint>> {
        let found = self.endpoints.iter().map(|(_, endpoint)| endpoint).find(|endpoint| {
            endpoint.provider().name() == provider
                && **endpoint.model() == *model
                && endpoint.base_url() == base_url
        });
        found.cloned()
    }
}
