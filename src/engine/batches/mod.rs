//! Calls that go out as batches: gathered while the rows are gone through, handed in together,
//! awaited over hours and restarts, and taken in as replies like any other.
//!
//! A batch is noted in the store before it is handed in, and again with the provider's name for
//! it; the note goes when all of the batch's replies are in the ledger. A process that ends in
//! between loses nothing: the next one finds the note and asks after the batch, or looks for it in
//! the provider's list where its name was not told.

mod cut;
mod news;
mod note;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::models::batch::{BatchState, Collected, Found, Sought, Unsubmitted};
use crate::models::endpoint::Endpoint;
use crate::models::reply::{CallFailure, FailureCause};
use crate::models::request::Request;
use crate::store::{CallKey, StoreError};

use super::allowance::{Came, Leave};
use super::caller::Caller;
use cut::cut;
pub use news::{BatchNews, Happened};
use note::{Note, NotedCall};

/// The first wait before asking again how far batches are; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Between two looks whether the run was stopped.
const LOOK: Duration = Duration::from_millis(100);
/// How long a batch that was not confirmed may take to come up in the provider's list.
const COMES_UP: Duration = Duration::from_secs(600);
/// Replies on their way to the disk at a time, so that they share its flushes.
const KEPT_AT_A_TIME: usize = 256;
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
    /// Of them, those that a row of this run waits for.
    missed: HashSet<CallKey>,
    /// Calls whose replies a batch of this run brought, until a row has taken note.
    taken_in: HashSet<CallKey>,
    /// Calls that a batch of this run brought no reply to.
    failed: HashMap<CallKey, CallFailure>,
    /// What was last told of a batch, by the name of its note.
    told: BTreeMap<String, Happened>,
    /// Batches that this run asks no more after, by the names of their notes.
    left_alone: BTreeSet<String>,
}

/// A call that waits to be handed in.
struct Queued {
    endpoint: Arc<Endpoint>,
    key: CallKey,
    request: Request,
    leave: Leave,
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

/// What a look after a batch brought.
enum Look {
    /// It is to be asked after again.
    Waiting,
    /// Its calls have come, or can go out again.
    Over,
    /// This run can do nothing about it.
    LeftAlone,
}

impl Batches {
    /// How a call stands.
    pub(super) fn standing(&self, key: &CallKey) -> Queueing {
        let mut state = self.state();
        if let Some(failure) = state.failed.get(key) {
            return Queueing::Failed(failure.clone());
        }
        if !state.out.contains(key) {
            return Queueing::Free;
        }
        state.missed.insert(*key);
        Queueing::Out
    }

    /// Has a call handed in with the next batch.
    pub(super) fn queue(&self, endpoint: &Arc<Endpoint>, key: CallKey, request: &Request, leave: Leave) {
        let mut state = self.state();
        state.out.insert(key);
        state.missed.insert(key);
        state.queued.push(Queued { endpoint: endpoint.clone(), key, request: request.clone(), leave });
    }

    /// Whether a batch of this run brought the reply; asking again says no.
    pub(super) fn is_fresh(&self, key: &CallKey) -> bool {
        let mut state = self.state();
        !state.taken_in.is_empty() && state.taken_in.remove(key)
    }

    /// Calls in batches that have not come, and that rows of this run wait for.
    pub fn awaited(&self) -> usize {
        let state = self.state();
        state.missed.intersection(&state.out).count()
    }

    /// Reads which calls are out from earlier runs.
    pub(super) fn recall(&self, caller: &Caller) -> Result<(), StoreError> {
        let notes = Note::all(caller.store())?;
        self.state().out.extend(notes.iter().flat_map(|note| &note.calls).map(|call| call.key));
        Ok(())
    }

    /// Lets go of what is queued, in a run that hands in nothing more.
    pub(super) fn forget_queued(&self, caller: &Caller) {
        let mut state = self.state();
        for call in std::mem::take(&mut state.queued) {
            state.out.remove(&call.key);
            caller.purse().settle(call.leave, Came::Unsent);
        }
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
        let mut calls = Vec::with_capacity(batch.len());
        for Queued { key, request, leave, .. } in batch {
            calls.push(NotedCall { key, request: endpoint.canonical_json(&request) });
            requests.push((key.hex(), request));
            leaves.push((key, leave));
        }
        let mut note = Note::new(&endpoint, caller.now(), calls);
        note.save(caller.store())?;
        let news = |what| BatchNews { model: endpoint.name().to_owned(), calls: requests.len(), what };
        match endpoint.submit(&requests, &note.name).await {
            Ok(id) => {
                tell(&news(Happened::HandedIn { id: id.0.clone() }));
                note.id = Some(id);
                note.save(caller.store())?;
                // The money stays reserved until the replies have come.
                caller.hold(leaves);
            }
            Err(Unsubmitted::Unclear(failure)) => {
                tell(&news(Happened::Unconfirmed { cause: told(&failure) }));
                leaves.into_iter().for_each(|(_, leave)| caller.purse().settle(leave, Came::Unclear));
            }
            Err(Unsubmitted::Refused(failure)) => {
                caller.store().remove_pending(&note.name)?;
                tell(&news(Happened::Refused { cause: told(&failure) }));
                for (key, leave) in leaves {
                    caller.purse().settle(leave, Came::Unsent);
                    caller.note(&endpoint, key, &failure);
                    self.fail(key, failure.clone());
                }
            }
        }
        Ok(())
    }

    /// Waits until some of the batches that are out have ended, and takes in what they brought;
    /// ends before that where the run is stopped. Says whether there was anything.
    pub(super) async fn take_in(&self, caller: &Caller, tell: Teller<'_>) -> Result<bool, StoreError> {
        let mut notes = Note::all(caller.store())?;
        let mut pause = FIRST_WAIT;
        loop {
            notes.retain(|note| !self.state().left_alone.contains(&note.name));
            let mut waiting = Vec::with_capacity(notes.len());
            let mut any = false;
            for mut note in notes {
                if caller.is_stopped() {
                    return Ok(any);
                }
                match self.look_after(caller, &mut note, tell).await? {
                    Look::Waiting => waiting.push(note),
                    Look::Over => any = true,
                    Look::LeftAlone => self.leave_alone(caller, note),
                }
            }
            notes = waiting;
            if any || notes.is_empty() {
                return Ok(any);
            }
            let mut waited = Duration::ZERO;
            while waited < pause {
                if caller.is_stopped() {
                    return Ok(false);
                }
                tokio::time::sleep(LOOK).await;
                waited += LOOK;
            }
            pause = (pause * 2).min(LONGEST_WAIT);
        }
    }

    async fn look_after(
        &self,
        caller: &Caller,
        note: &mut Note,
        tell: Teller<'_>,
    ) -> Result<Look, StoreError> {
        let (model, calls) = (note.model(), note.calls.len());
        let news = |what| BatchNews { model: model.clone(), calls, what };
        let Some(endpoint) = caller.endpoint_at(&note.provider, &note.model, &note.base_url) else {
            tell(&news(Happened::Elsewhere { id: note.id.clone().map(|id| id.0) }));
            return Ok(Look::LeftAlone);
        };
        let Some(id) = note.id.clone() else {
            return self.look_for(caller, &endpoint, note, tell).await;
        };
        let problem = match endpoint.poll(&id).await {
            Ok(BatchState::Ended) => match endpoint.collect(&id).await {
                Ok(collected) => {
                    let (replies, failed) = self.keep(caller, &endpoint, note, collected).await?;
                    tell(&news(Happened::TakenIn { id: id.0, replies, failed }));
                    return Ok(Look::Over);
                }
                Err(failure) => failure,
            },
            Ok(BatchState::Working { done, total }) => {
                self.once(note, news(Happened::Working { id: id.0, done, total }), tell);
                return Ok(Look::Waiting);
            }
            Ok(BatchState::Rejected(reason)) => {
                tell(&news(Happened::Refused { cause: reason.clone() }));
                let cause = FailureCause::NotAnswered(reason);
                let failure = CallFailure { cause, attempts: 1, excerpt: String::new() };
                for call in &note.calls {
                    caller.release(&call.key, Came::Unsent);
                    caller.note(&endpoint, call.key, &failure);
                    self.fail(call.key, failure.clone());
                }
                caller.store().remove_pending(&note.name)?;
                return Ok(Look::Over);
            }
            Err(failure) => failure,
        };
        let cause = told(&problem);
        match problem.cause {
            FailureCause::Cancelled => Ok(Look::Waiting),
            FailureCause::Refused(_) | FailureCause::NotReady(_) => {
                tell(&news(Happened::Denied { id: id.0, cause, note: note.name.clone() }));
                Ok(Look::LeftAlone)
            }
            // A day is long; a server that can't be reached now may be there later.
            _ => {
                self.once(note, news(Happened::Waiting { id: Some(id.0), cause }), tell);
                Ok(Look::Waiting)
            }
        }
    }

    /// Looks for a batch whose name the provider did not tell.
    async fn look_for(
        &self,
        caller: &Caller,
        endpoint: &Endpoint,
        note: &mut Note,
        tell: Teller<'_>,
    ) -> Result<Look, StoreError> {
        let (model, calls) = (note.model(), note.calls.len());
        let news = |what| BatchNews { model: model.clone(), calls, what };
        let names: HashSet<String> = note.calls.iter().map(|call| call.key.hex()).collect();
        let sought = Sought { mark: &note.name, at: note.at, names: &names };
        let what = match endpoint.find(&sought).await {
            Ok(Found::Yes(id)) => {
                tell(&news(Happened::Found { id: id.0.clone() }));
                note.id = Some(id);
                note.save(caller.store())?;
                return Ok(Look::Waiting);
            }
            Ok(Found::Perhaps(id)) => Happened::Waiting {
                id: Some(id.0),
                cause: "whether it is the one that was not confirmed shows when it has ended".to_owned(),
            },
            Ok(Found::No) if caller.now() < Duration::from_secs(note.at) + COMES_UP => Happened::NotThereYet,
            Ok(Found::No) => {
                caller.store().remove_pending(&note.name)?;
                let mut state = self.state();
                note.calls.iter().for_each(|call| {
                    state.out.remove(&call.key);
                });
                drop(state);
                tell(&news(Happened::NotThere));
                return Ok(Look::Over);
            }
            Err(failure) => match failure.cause {
                FailureCause::Cancelled => return Ok(Look::Waiting),
                FailureCause::Refused(_) | FailureCause::NotReady(_) => {
                    let (cause, note) = (told(&failure), note.name.clone());
                    tell(&news(Happened::Unclear { cause, note }));
                    return Ok(Look::LeftAlone);
                }
                _ => Happened::Waiting { id: None, cause: told(&failure) },
            },
        };
        self.once(note, news(what), tell);
        Ok(Look::Waiting)
    }

    /// Keeps what a batch brought, and forgets the batch. How many replies there were, and how many
    /// calls brought none.
    async fn keep(
        &self,
        caller: &Caller,
        endpoint: &Endpoint,
        note: &mut Note,
        collected: Vec<Collected>,
    ) -> Result<(usize, usize), StoreError> {
        let calls = std::mem::take(&mut note.calls);
        let mut awaited: BTreeMap<String, NotedCall> =
            calls.into_iter().map(|call| (call.key.hex(), call)).collect();
        let mut keeping = FuturesUnordered::new();
        let mut collected = collected.into_iter();
        let (mut replies, mut failed, mut lost) = (0, 0, false);
        loop {
            while keeping.len() < KEPT_AT_A_TIME
                && let Some((name, reply)) = collected.next()
            {
                let Some(call) = awaited.remove(&name) else { continue };
                keeping.push(async move {
                    (call.key, caller.keep_batched(endpoint, call.key, call.request, reply).await)
                });
            }
            match keeping.next().await {
                Some((key, Ok(is_new))) => {
                    replies += 1;
                    let mut state = self.state();
                    state.out.remove(&key);
                    if is_new {
                        state.taken_in.insert(key);
                    }
                }
                Some((key, Err(failure))) => {
                    failed += 1;
                    lost |= matches!(failure.cause, FailureCause::NotKept(_));
                    self.fail(key, failure);
                }
                None => break,
            }
        }
        // Calls that the batch says nothing of.
        failed += awaited.len();
        for call in awaited.into_values() {
            let cause = FailureCause::NotAnswered("it holds nothing of it".to_owned());
            let failure = CallFailure { cause, attempts: 1, excerpt: String::new() };
            caller.release(&call.key, Came::Unanswered);
            caller.note(endpoint, call.key, &failure);
            self.fail(call.key, failure);
        }
        caller.store().flush()?;
        // What could not be written down is taken in when there is room again.
        if !lost {
            caller.store().remove_pending(&note.name)?;
        }
        Ok((replies, failed))
    }

    /// Tells what is not what was last told of the batch.
    fn once(&self, note: &Note, news: BatchNews, tell: Teller<'_>) {
        let last = self.state().told.insert(note.name.clone(), news.what.clone());
        if last.as_ref() != Some(&news.what) {
            tell(&news);
        }
    }

    fn fail(&self, key: CallKey, failure: CallFailure) {
        let mut state = self.state();
        state.out.remove(&key);
        state.failed.insert(key, failure);
    }

    /// Asks no more after a batch in this run. What it may cost counts as spent.
    fn leave_alone(&self, caller: &Caller, note: Note) {
        note.calls.iter().for_each(|call| caller.release(&call.key, Came::Unclear));
        self.state().left_alone.insert(note.name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why something failed, with what the provider says about it.
fn told(failure: &CallFailure) -> String {
    match failure.excerpt.trim() {
        "" => failure.cause.to_string(),
        excerpt => {
            let line: Vec<&str> = excerpt.split_whitespace().collect();
            format!("{}: {}", failure.cause, line.join(" "))
        }
    }
}
