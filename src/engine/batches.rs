//! Calls that go out as batches: gathered while the rows are gone through, handed in together,
//! awaited over hours and restarts, and taken in as replies like any other.
//!
//! A batch is noted in the store before it is handed in, and again with the provider's name for
//! it; the note goes when all of the batch's replies are in the ledger. A process that ends in
//! between loses nothing: the next one finds the note and asks after the batch.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::models::batch::{BatchId, BatchState};
use crate::models::endpoint::Endpoint;
use crate::models::reply::{CallFailure, FailureCause};
use crate::models::request::Request;
use crate::store::{CallKey, StoreError};

use super::allowance::{Came, Leave};
use super::caller::Caller;

/// Calls in one batch, at most: what OpenAI takes, and less than Anthropic does.
const MOST_CALLS: usize = 50_000;
/// Bytes of requests in one batch, at most; both providers take more.
const MOST_BYTES: usize = 150 << 20;
/// The first wait before asking again how far a batch is; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between two looks whether the run was stopped.
const LOOK: Duration = Duration::from_millis(100);
/// What a call costs in a batch, as a share of what it costs alone.
pub(super) const SHARE: f64 = 0.5;

/// The batches of a run.
#[derive(Default)]
pub struct Batches {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queued: Vec<Queued>,
    /// Calls that are queued or handed in, in this run or an earlier one.
    out: HashSet<CallKey>,
    /// Calls whose replies a batch of this run brought, until a row has taken note.
    taken_in: HashSet<CallKey>,
    /// Calls that a batch of this run brought no reply to.
    failed: HashMap<CallKey, CallFailure>,
}

/// A call that waits to be handed in.
struct Queued {
    endpoint: Arc<Endpoint>,
    key: CallKey,
    request: Request,
    leave: Leave,
}

/// A note in the store.
#[derive(Serialize, Deserialize)]
struct Handed {
    provider: String,
    model: String,
    base_url: String,
    /// Nothing before the provider has said that it took the batch.
    id: Option<BatchId>,
    calls: Vec<HandedCall>,
}

#[derive(Serialize, Deserialize)]
struct HandedCall {
    key: CallKey,
    /// In its canonical form, for the ledger.
    request: Box<RawValue>,
}

/// What happens with batches, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchNews {
    HandedIn {
        model: String,
        id: String,
        calls: usize,
    },
    NotTaken {
        model: String,
        calls: usize,
        cause: String,
    },
    Working {
        model: String,
        id: String,
        done: u64,
        total: u64,
    },
    TakenIn {
        model: String,
        id: String,
        replies: usize,
        failed: usize,
    },
    /// Whether the provider took a batch is not known.
    Unclear {
        model: String,
        calls: usize,
        note: String,
    },
    /// A batch of a model that this program does not ask.
    Elsewhere {
        model: String,
        id: String,
        calls: usize,
    },
}

impl fmt::Display for BatchNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BatchNews::HandedIn { model, id, calls } => {
                write!(f, "{calls} calls to {model} handed in as batch {id}")
            }
            BatchNews::NotTaken { model, calls, cause } => {
                write!(f, "{model} did not take a batch of {calls} calls: {cause}")
            }
            BatchNews::Working { model, id, done, total } => {
                write!(f, "batch {id} of {model}: {done} of {total} calls are done")
            }
            BatchNews::TakenIn { model, id, replies, failed: 0 } => {
                write!(f, "{replies} replies of {model} taken in from batch {id}")
            }
            BatchNews::TakenIn { model, id, replies, failed } => {
                write!(
                    f,
                    "{replies} replies of {model} taken in from batch {id}; {failed} calls brought none"
                )
            }
            BatchNews::Unclear { model, calls, note } => write!(
                f,
                "whether {model} took a batch of {calls} calls is not known, so they are not asked again: \
                 look at the provider's list of batches, and remove pending/{note}.json.zst from the store \
                 if it is not there"
            ),
            BatchNews::Elsewhere { model, id, calls } => {
                write!(
                    f,
                    "batch {id} with {calls} calls to {model} is out; a run that asks {model} takes it in"
                )
            }
        }
    }
}

/// Is told of each piece of news.
pub type Teller<'a> = &'a (dyn Fn(&BatchNews) + Send + Sync);

/// What a batch may do with a call.
pub(super) enum Queueing {
    /// It is out already.
    Out,
    Failed(CallFailure),
    /// It may yet go, and nothing was done.
    Free,
}

impl Batches {
    /// How a call stands.
    pub(super) fn standing(&self, key: &CallKey) -> Queueing {
        let state = self.state();
        match state.failed.get(key) {
            Some(failure) => Queueing::Failed(failure.clone()),
            None if state.out.contains(key) => Queueing::Out,
            None => Queueing::Free,
        }
    }

    /// Has a call handed in with the next batch.
    pub(super) fn queue(&self, endpoint: &Arc<Endpoint>, key: CallKey, request: &Request, leave: Leave) {
        let mut state = self.state();
        state.out.insert(key);
        state.queued.push(Queued { endpoint: endpoint.clone(), key, request: request.clone(), leave });
    }

    /// Whether a batch of this run brought the reply; asking again says no.
    pub(super) fn is_fresh(&self, key: &CallKey) -> bool {
        let mut state = self.state();
        !state.taken_in.is_empty() && state.taken_in.remove(key)
    }

    /// Reads which calls are out from earlier runs.
    pub(super) fn recall(&self, caller: &Caller) -> Result<(), StoreError> {
        let handed = noted(caller)?;
        let mut state = self.state();
        state.out.extend(handed.iter().flat_map(|(_, handed)| &handed.calls).map(|call| call.key));
        Ok(())
    }

    /// Hands in all that is queued. Says whether there was anything.
    pub(super) async fn hand_in(&self, caller: &Caller, tell: Teller<'_>) -> Result<bool, StoreError> {
        let queued = std::mem::take(&mut self.state().queued);
        let mut by_endpoint: BTreeMap<String, Vec<Queued>> = BTreeMap::new();
        for call in queued {
            let kind = matches!(call.request, Request::Embed(_));
            let line = format!("{} {} {kind}", call.endpoint.name(), call.endpoint.base_url());
            by_endpoint.entry(line).or_default().push(call);
        }
        let any = !by_endpoint.is_empty();
        for calls in by_endpoint.into_values() {
            for batch in cut(calls) {
                self.submit(caller, batch, tell).await?;
            }
        }
        Ok(any)
    }

    async fn submit(&self, caller: &Caller, batch: Vec<Queued>, tell: Teller<'_>) -> Result<(), StoreError> {
        let Some(endpoint) = batch.first().map(|call| call.endpoint.clone()) else { return Ok(()) };
        let mut requests = Vec::with_capacity(batch.len());
        let mut leaves = Vec::with_capacity(batch.len());
        let mut handed = Handed {
            provider: endpoint.provider().name().to_owned(),
            model: endpoint.model().to_owned(),
            base_url: endpoint.base_url().to_owned(),
            id: None,
            calls: Vec::with_capacity(batch.len()),
        };
        for Queued { key, request, leave, .. } in batch {
            handed.calls.push(HandedCall { key, request: endpoint.canonical_json(&request) });
            requests.push((key.hex(), request));
            leaves.push((key, leave));
        }
        let note = name_of(&handed);
        note_down(caller, &note, &handed)?;
        let model = endpoint.name().to_owned();
        match endpoint.submit(&requests).await {
            Ok(id) => {
                tell(&BatchNews::HandedIn { model, id: id.0.clone(), calls: requests.len() });
                handed.id = Some(id);
                note_down(caller, &note, &handed)?;
                // The money stays reserved until the replies have come.
                caller.hold(leaves);
            }
            Err(failure) if is_unclear(&failure.cause) => {
                tell(&BatchNews::Unclear { model, calls: requests.len(), note });
                leaves.into_iter().for_each(|(_, leave)| caller.purse().settle(leave, Came::Unanswered));
            }
            Err(failure) => {
                caller.store().remove_pending(&note)?;
                let cause = failure.cause.to_string();
                tell(&BatchNews::NotTaken { model, calls: requests.len(), cause });
                let mut state = self.state();
                for (key, leave) in leaves {
                    caller.purse().settle(leave, Came::Unsent);
                    state.out.remove(&key);
                    state.failed.insert(key, failure.clone());
                }
            }
        }
        Ok(())
    }

    /// Waits until all batches that are out have ended, and takes in what they brought; ends
    /// before that where the run is stopped.
    pub(super) async fn take_in(&self, caller: &Caller, tell: Teller<'_>) -> Result<(), StoreError> {
        for (note, handed) in noted(caller)? {
            let calls = handed.calls.len();
            let model = format!("{}/{}", handed.provider, handed.model);
            let Some(id) = handed.id.clone() else {
                tell(&BatchNews::Unclear { model, calls, note });
                continue;
            };
            let Some(endpoint) = caller.endpoint_at(&handed.provider, &handed.model, &handed.base_url) else {
                tell(&BatchNews::Elsewhere { model, id: id.0, calls });
                continue;
            };
            match wait(caller, &endpoint, &id, tell).await {
                Some(Ok(())) => self.collect(caller, &endpoint, note, handed, &id, tell).await?,
                Some(Err(failure)) => {
                    // The batch as a whole was refused, or nobody can be asked after it.
                    tell(&BatchNews::NotTaken { model, calls, cause: failure.cause.to_string() });
                    let is_refused = matches!(failure.cause, FailureCause::NotReady(_));
                    self.give_up(caller, &handed, &failure, is_refused);
                    if is_refused {
                        caller.store().remove_pending(&note)?;
                    }
                }
                None => return Ok(()),
            }
        }
        Ok(())
    }

    async fn collect(
        &self,
        caller: &Caller,
        endpoint: &Endpoint,
        note: String,
        handed: Handed,
        id: &BatchId,
        tell: Teller<'_>,
    ) -> Result<(), StoreError> {
        let model = endpoint.name().to_owned();
        let collected = match endpoint.collect(id).await {
            Ok(collected) => collected,
            Err(failure) => {
                let cause = failure.cause.to_string();
                tell(&BatchNews::NotTaken { model, calls: handed.calls.len(), cause });
                self.give_up(caller, &handed, &failure, false);
                return Ok(());
            }
        };
        let mut awaited: BTreeMap<String, HandedCall> =
            handed.calls.into_iter().map(|call| (call.key.hex(), call)).collect();
        let (mut replies, mut failed) = (0, 0);
        for (name, reply) in collected {
            let Some(call) = awaited.remove(&name) else { continue };
            match caller.keep_batched(endpoint, call.key, call.request, reply).await {
                Ok(()) => {
                    replies += 1;
                    let mut state = self.state();
                    state.out.remove(&call.key);
                    state.taken_in.insert(call.key);
                }
                Err(failure) => {
                    failed += 1;
                    self.fail(call.key, failure);
                }
            }
        }
        // Calls that the batch says nothing of.
        failed += awaited.len();
        for call in awaited.into_values() {
            let cause = FailureCause::Torn("the batch holds no answer to it".to_owned());
            caller.release(&call.key, Came::Unanswered);
            self.fail(call.key, CallFailure { cause, attempts: 1, excerpt: String::new() });
        }
        caller.store().flush()?;
        caller.store().remove_pending(&note)?;
        tell(&BatchNews::TakenIn { model, id: id.0.clone(), replies, failed });
        Ok(())
    }

    fn fail(&self, key: CallKey, failure: CallFailure) {
        let mut state = self.state();
        state.out.remove(&key);
        state.failed.insert(key, failure);
    }

    fn give_up(&self, caller: &Caller, handed: &Handed, failure: &CallFailure, is_refused: bool) {
        for call in &handed.calls {
            if is_refused {
                caller.release(&call.key, Came::Unsent);
                self.fail(call.key, failure.clone());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a batch's end; nothing where the run was stopped before.
async fn wait(
    caller: &Caller,
    endpoint: &Endpoint,
    id: &BatchId,
    tell: Teller<'_>,
) -> Option<Result<(), CallFailure>> {
    let mut pause = FIRST_WAIT;
    let mut told = None;
    loop {
        match endpoint.poll(id).await {
            Ok(BatchState::Ended) => return Some(Ok(())),
            Ok(BatchState::Rejected(reason)) => {
                let cause = FailureCause::NotReady(reason);
                return Some(Err(CallFailure { cause, attempts: 1, excerpt: String::new() }));
            }
            Ok(BatchState::Working { done, total }) => {
                if told != Some(done) {
                    told = Some(done);
                    let (model, id) = (endpoint.name().to_owned(), id.0.clone());
                    tell(&BatchNews::Working { model, id, done, total });
                }
            }
            Err(failure) if matches!(failure.cause, FailureCause::Refused(_) | FailureCause::NotReady(_)) => {
                let cause = FailureCause::Unreachable(failure.cause.to_string());
                return Some(Err(CallFailure { cause, ..failure }));
            }
            // A day is long; a server that can't be reached now may be there later.
            Err(_) => {}
        }
        let mut waited = Duration::ZERO;
        while waited < pause {
            if caller.is_stopped() {
                return None;
            }
            tokio::time::sleep(LOOK).await;
            waited += LOOK;
        }
        pause = (pause * 2).min(LONGEST_WAIT);
    }
}

/// Whether a batch that was not confirmed may have been taken all the same.
fn is_unclear(cause: &FailureCause) -> bool {
    matches!(cause, FailureCause::Torn(_) | FailureCause::TimedOut | FailureCause::Server(_))
}

/// Calls of one model, in batches that a provider takes.
fn cut(calls: Vec<Queued>) -> Vec<Vec<Queued>> {
    let mut batches: Vec<Vec<Queued>> = Vec::new();
    let mut bytes = 0;
    for call in calls {
        let size = size(&call.request);
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_CALLS && bytes + size <= MOST_BYTES => {
                bytes += size;
                batch.push(call);
            }
            _ => {
                bytes = size;
                batches.push(vec![call]);
            }
        }
    }
    batches
}

/// About how many bytes a request is on the wire.
fn size(request: &Request) -> usize {
    const AROUND: usize = 1_000;
    AROUND
        + match request {
            Request::Chat(chat) => {
                let turns = chat.turns.iter().map(|turn| {
                    let pictures = turn.images.iter().map(|picture| picture.bytes.len() * 4 / 3);
                    turn.text.len() + pictures.sum::<usize>()
                });
                chat.system.as_deref().map_or(0, str::len) + turns.sum::<usize>()
            }
            Request::Embed(texts) => texts.iter().map(|text| text.len()).sum(),
            _ => 0,
        }
}

/// The name of a batch's note: the same for the same calls to the same model.
fn name_of(handed: &Handed) -> String {
    let mut text = format!("{} {} {}", handed.provider, handed.model, handed.base_url);
    handed.calls.iter().for_each(|call| text.push_str(&call.key.hex()));
    Digest::of(text.as_bytes()).hex().chars().take(20).collect()
}

fn note_down(caller: &Caller, name: &str, handed: &Handed) -> Result<(), StoreError> {
    // Texts and numbers; writing them to memory cannot fail.
    caller.store().put_pending(name, &serde_json::to_vec(handed).unwrap_or_default())
}

/// The batches that are out, by the names of their notes.
fn noted(caller: &Caller) -> Result<Vec<(String, Handed)>, StoreError> {
    let all = caller.store().pending()?;
    let read = |(name, bytes): (String, Vec<u8>)| Some((name, serde_json::from_slice(&bytes).ok()?));
    Ok(all.into_iter().filter_map(read).collect())
}
