//! The third door: a call that was paid for is never made again.

mod batched;
mod unasked;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::value::RawValue;

use crate::eval::effects::{Answer, Answered, Call};
use crate::models::endpoint::{Brought, Endpoint};
use crate::models::reply::{CallFailure, Content, FailureCause, RawReply, Reply, Usage};
use crate::models::request::Request;
use crate::store::{CallKey, Event, Record, Store, StoreError};
use crate::world::World;

use super::allowance::{Allowance, Asking, Bound, Came, Leave, Purse};
use super::batches::{Batches, Queueing};
use super::endpoints::Endpoints;
use super::flights::{Boarding, Flights};
use super::gauges::Meters;
use super::last_words;
use super::tally::Tallies;
use super::witness::Witness;
use unasked::Expected;

/// Makes calls, or finds their replies on record.
pub struct Caller {
    store: Arc<dyn Store>,
    world: Arc<dyn World>,
    endpoints: Endpoints,
    edition: Option<String>,
    purse: Purse,
    batches: Batches,
    tallies: Tallies,
    stopped: AtomicBool,
    witness: Option<Arc<Witness>>,
    /// Why no call can go out to some endpoint, such as a key that is not set.
    unusable: OnceLock<String>,
    /// Calls that a run which asks nobody would have made.
    absent: Mutex<HashSet<CallKey>>,
    /// What calls in batches may cost, until they are taken in.
    held: Mutex<HashMap<CallKey, Leave>>,
    flights: Flights<Made>,
}

/// What a flight brought.
#[derive(Clone)]
struct Made {
    answer: Answer,
    /// Went out now, rather than being found.
    paid: Option<Paid>,
    /// Not on record, in a run that asks nobody, and wanted for the first time: what it would take.
    absent: Option<Expected>,
    /// Nobody gave this answer.
    stands_in: bool,
}

#[derive(Clone, Copy)]
struct Paid {
    cost: u64,
    usage: Usage,
}

/// An answer to a row.
pub struct Given {
    pub answer: Answer,
    /// What is made of it holds for good. Not so of an answer that did not come, nor of one that
    /// only stands in.
    pub is_settled: bool,
}

impl Made {
    fn failed(failure: CallFailure) -> Made {
        Made { answer: Err(failure), paid: None, absent: None, stands_in: false }
    }
}

impl Caller {
    pub fn new(
        store: Arc<dyn Store>,
        world: Arc<dyn World>,
        endpoints: Endpoints,
        edition: Option<String>,
        allowance: Allowance,
        witness: Option<Arc<Witness>>,
    ) -> Result<Arc<Caller>, StoreError> {
        let caller = Caller {
            store,
            world,
            endpoints,
            edition,
            purse: Purse::new(allowance),
            batches: Batches::default(),
            tallies: Tallies::default(),
            stopped: AtomicBool::new(false),
            witness,
            unusable: OnceLock::new(),
            absent: Mutex::default(),
            held: Mutex::default(),
            flights: Flights::default(),
        };
        caller.batches.recall(&caller)?;
        Ok(Arc::new(caller))
    }

    /// Lets no further call go out; those that are out are waited for and kept.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.endpoints.stop();
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Why the caller stopped by itself, where an endpoint could not be used at all.
    pub fn unusable(&self) -> Option<&str> {
        self.unusable.get().map(String::as_str)
    }

    pub fn asking(&self) -> Asking {
        self.purse.allowance().asking
    }

    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What was asked of each model.
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// What may be spent, and how much is.
    pub fn purse(&self) -> &Purse {
        &self.purse
    }

    pub fn batches(&self) -> &Batches {
        &self.batches
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Since the epoch.
    pub(super) fn now(&self) -> Duration {
        self.world.now()
    }

    /// The key of a call; nothing for a model without an endpoint.
    pub fn key(&self, call: &Call) -> Option<CallKey> {
        let endpoint = self.endpoints.get(call.asked)?;
        Some(CallKey::of(&endpoint.call_key(&call.request, call.sample, self.edition.as_deref())))
    }

    /// The answer to a call: from the record, or from the endpoint and then on record. A call that
    /// `may_wait` can go into a batch. `departs` is told when it is not on record, so that others
    /// must wait for it.
    pub async fn answer(&self, call: &Call, may_wait: bool, gauge: Meters<'_>, departs: impl Fn()) -> Given {
        let Some(endpoint) = self.endpoints.get(call.asked) else {
            let failure = refused(FailureCause::Unreachable("no endpoint is bound".to_owned()));
            return Given { answer: Err(failure), is_settled: false };
        };
        let key = CallKey::of(&endpoint.call_key(&call.request, call.sample, self.edition.as_deref()));
        let landed = self.flights.landed();
        if let Some((answer, paid)) = self.recorded(endpoint, key, &call.request) {
            let is_fresh = self.batches.is_fresh(&key);
            if is_fresh || self.asking().forecasts() {
                gauge.unit.experience.add(endpoint, &call.request, &paid.usage);
            }
            if is_fresh {
                gauge.pay(paid.cost, tokens(&paid.usage));
            } else {
                gauge.add(|gauge| &gauge.recorded, 1);
                gauge.add(|gauge| &gauge.saved, paid.cost);
                self.tallies.count(endpoint.name(), |tally| tally.recorded += 1);
            }
            return Given { answer, is_settled: true };
        }
        departs();
        let (made, first) = self.fly(key, landed, endpoint, &call.request, may_wait, gauge).await;
        if let (true, Some(expected)) = (first, made.absent) {
            expected.count(gauge);
        }
        match made.paid {
            Some(paid) if first => {
                gauge.pay(paid.cost, tokens(&paid.usage));
                gauge.unit.experience.add(endpoint, &call.request, &paid.usage);
            }
            _ if made.answer.is_ok() && !made.stands_in => gauge.add(|gauge| &gauge.recorded, 1),
            _ => {}
        }
        let is_settled = made.answer.is_ok() && !made.stands_in;
        Given { answer: made.answer, is_settled }
    }

    /// The reply on record, where there is one that still reads as an answer, and what was paid.
    fn recorded(&self, endpoint: &Endpoint, key: CallKey, request: &Request) -> Option<(Answer, Paid)> {
        let record = self.store.reply(key).ok().flatten()?;
        let latency = record.reply.latency;
        let reply = endpoint.read(request, &record.reply).ok()?;
        let paid = Paid { cost: microdollars(record.cost), usage: record.usage };
        endpoint.learn_recorded(&record.usage);
        if let Some(witness) = &self.witness {
            witness.see(&record, reply.served_by.as_deref(), paid.cost);
        }
        Some((Ok(Arc::new(Answered { reply, latency })), paid))
    }

    /// The answer to a call that was not on record when so many had landed; and whether it was
    /// made for this row.
    async fn fly(
        &self,
        key: CallKey,
        landed: u64,
        endpoint: &Arc<Endpoint>,
        request: &Request,
        may_wait: bool,
        gauge: Meters<'_>,
    ) -> (Made, bool) {
        if !self.asking().asks() {
            let known = gauge.unit.experience.of(endpoint.name());
            return (self.unasked(endpoint, key, request, may_wait, known), true);
        }
        let flight = match self.flights.board(key) {
            Boarding::First(flight) => flight,
            Boarding::Later(landing) => {
                let lost = || Made::failed(refused(FailureCause::Cancelled));
                return (landing.wait().await.clone().unwrap_or_else(lost), false);
            }
        };
        let recorded = match self.flights.landed() == landed {
            true => None,
            false => self.recorded(endpoint, key, request),
        };
        let made = match recorded {
            Some((answer, _)) => Made { answer, paid: None, absent: None, stands_in: false },
            // A call takes far more room than the row that waits for it, which is moved about.
            None => Box::pin(self.make(endpoint, key, request, may_wait)).await,
        };
        flight.land(made.clone());
        (made, true)
    }

    async fn make(&self, endpoint: &Arc<Endpoint>, key: CallKey, request: &Request, may_wait: bool) -> Made {
        if self.is_stopped() {
            return Made::failed(refused(FailureCause::Cancelled));
        }
        if let Err(error) = endpoint.set_up() {
            // Every further call would say the same, and a row each is no way to tell it.
            let _ = self.unusable.set(error.to_string());
            self.stop();
            return Made::failed(refused(FailureCause::Cancelled));
        }
        match self.batches.standing(&key) {
            Queueing::Out => return Made::failed(refused(FailureCause::Batched)),
            Queueing::Failed(failure) => return Made::failed(failure),
            Queueing::Free if may_wait && self.asking() == Asking::Batches => {
                if endpoint.takes_batches_of(request) {
                    return Made::failed(refused(self.queue(endpoint, key, request).await));
                }
            }
            Queueing::Free => {}
        }
        let leave = match self.purse.reserve(self.most(endpoint, request)).await {
            Ok(leave) => leave,
            Err(bound) => return Made::failed(refused(cause_of(bound))),
        };
        let Brought { raw, reply, unkept } = match endpoint.ask(request).await {
            Ok(brought) => brought,
            Err(failure) => {
                let went_out = failure.attempts > 0;
                self.purse.settle(leave, if went_out { Came::Unanswered } else { Came::Unsent });
                self.note(endpoint, key, &failure);
                return Made::failed(failure);
            }
        };
        let kept = self.keep(endpoint, key, endpoint.canonical_json(request), raw, reply, 1.0).await;
        drop(unkept);
        match kept {
            Ok((answered, paid)) => {
                self.purse.settle(leave, Came::Answered(paid.cost));
                Made { answer: Ok(Arc::new(answered)), paid: Some(paid), absent: None, stands_in: false }
            }
            Err(failure) => {
                self.purse.settle(leave, Came::Unanswered);
                Made::failed(failure)
            }
        }
    }

    /// What a call costs at most, in microdollars.
    fn most(&self, endpoint: &Endpoint, request: &Request) -> u64 {
        match self.purse.allowance().budget {
            Some(_) => microdollars(endpoint.price_of(&endpoint.most(request))),
            None => 0,
        }
    }

    /// Puts a reply on disk; the row goes on only then. `share` is what of the price is paid.
    async fn keep(
        &self,
        endpoint: &Endpoint,
        key: CallKey,
        canonical: Box<RawValue>,
        raw: RawReply,
        reply: Reply,
        share: f64,
    ) -> Result<(Answered, Paid), CallFailure> {
        let cost = endpoint.cost(&reply.usage, pictures(&reply)).map(|dollars| dollars * share);
        let paid = Paid { cost: microdollars(cost), usage: reply.usage };
        self.tallies.count(endpoint.name(), |tally| {
            tally.calls += 1;
            tally.input += reply.usage.input;
            tally.output += reply.usage.output;
            tally.microdollars += paid.cost;
            tally.unpriced += u64::from(cost.is_none() && endpoint.lacks_price());
        });
        let latency = raw.latency;
        let record = Record {
            key,
            provider: endpoint.provider().name().into(),
            model: endpoint.model().clone(),
            usage: reply.usage,
            cost,
            request: canonical,
            reply: raw,
        };
        match self.store.append(record).await {
            Ok(()) => Ok((Answered { reply, latency }, paid)),
            Err(error) => {
                self.stop();
                Err(refused(FailureCause::NotKept(error.to_string())))
            }
        }
    }

    /// Keeps for the record that a call brought no answer.
    pub(super) fn note(&self, endpoint: &Endpoint, key: CallKey, failure: &CallFailure) {
        self.tallies.count(endpoint.name(), |tally| tally.failed += 1);
        let event = Event {
            key,
            provider: endpoint.provider().name().to_owned(),
            model: endpoint.model().to_string(),
            at: self.world.now(),
            attempt: failure.attempts,
            what: failure.cause.to_string(),
            excerpt: failure.excerpt.clone(),
        };
        last_words::keep(&self.store, &event);
        // An event that can't be kept loses nothing that was paid for.
        let _ = self.store.event(event);
    }
}

fn cause_of(bound: Bound) -> FailureCause {
    match bound {
        Bound::Calls(_) => FailureCause::CallsReached,
        Bound::Budget(_) => FailureCause::BudgetReached,
    }
}

fn refused(cause: FailureCause) -> CallFailure {
    CallFailure { cause, attempts: 0, excerpt: String::new() }
}

/// US dollars in millionths; 0 where the price is not known.
fn microdollars(cost: Option<f64>) -> u64 {
    cost.map_or(0, |dollars| (dollars * 1e6).round() as u64)
}

fn tokens(usage: &Usage) -> u64 {
    usage.input + usage.output
}

fn pictures(reply: &Reply) -> u32 {
    match &reply.content {
        Content::Pictures(pictures) => pictures.len() as u32,
        _ => 0,
    }
}
