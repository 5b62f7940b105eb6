//! The third door: a call that was paid for is never made again.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use serde_json::value::RawValue;

use crate::eval::effects::{Answer, Answered, Call};
use crate::models::endpoint::Endpoint;
use crate::models::reply::{CallFailure, Content, FailureCause, Reply};
use crate::models::request::Request;
use crate::store::{CallKey, Event, Record, Store};
use crate::world::World;

use super::endpoints::Endpoints;
use super::gauges::Meters;
use super::witness::Witness;

/// What may be spent and asked.
#[derive(Clone, Debug, Default)]
pub struct Allowance {
    /// Calls that go out, at most.
    pub calls: Option<u64>,
    /// Microdollars, at most.
    pub budget: Option<u64>,
    /// Nothing goes out; what is not on record fails.
    pub offline: bool,
}

/// Makes calls, or finds their replies on record.
pub struct Caller {
    store: Arc<dyn Store>,
    world: Arc<dyn World>,
    endpoints: Endpoints,
    edition: Option<String>,
    allowance: Allowance,
    calls: AtomicU64,
    spent: AtomicU64,
    stopped: AtomicBool,
    witness: Option<Arc<Witness>>,
    /// Why no call can go out to some endpoint, such as a key that is not set.
    unusable: OnceLock<String>,
    /// Calls that a run which asks nobody would have made.
    absent: Mutex<HashSet<CallKey>>,
    /// Calls on their way, so that two rows that ask the same thing at the same time ask once.
    flights: Mutex<HashMap<CallKey, Flight>>,
}

type Flight = Shared<BoxFuture<'static, Made>>;

/// What a flight brought.
#[derive(Clone)]
struct Made {
    answer: Answer,
    /// Went out now, rather than being found.
    paid: Option<Paid>,
    /// Not on record, in a run that asks nobody, and wanted for the first time.
    absent: bool,
}

#[derive(Clone, Copy)]
struct Paid {
    cost: u64,
    tokens: u64,
}

impl Caller {
    pub fn new(
        store: Arc<dyn Store>,
        world: Arc<dyn World>,
        endpoints: Endpoints,
        edition: Option<String>,
        allowance: Allowance,
        witness: Option<Arc<Witness>>,
    ) -> Arc<Caller> {
        Arc::new(Caller {
            store,
            world,
            endpoints,
            edition,
            allowance,
            calls: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            witness,
            unusable: OnceLock::new(),
            absent: Mutex::default(),
            flights: Mutex::default(),
        })
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

    /// Whether a limit of the allowance kept a call from going out.
    pub fn is_spent(&self) -> bool {
        let beyond = |count: u64, limit: Option<u64>| limit.is_some_and(|limit| count >= limit);
        beyond(self.calls.load(Ordering::Relaxed), self.allowance.calls)
            || beyond(self.spent.load(Ordering::Relaxed), self.allowance.budget)
    }

    /// What may still be spent and asked.
    pub fn left(&self) -> Allowance {
        let left = |limit: Option<u64>, used: &AtomicU64| {
            limit.map(|limit| limit.saturating_sub(used.load(Ordering::Relaxed)))
        };
        Allowance {
            calls: left(self.allowance.calls, &self.calls),
            budget: left(self.allowance.budget, &self.spent),
            offline: self.allowance.offline,
        }
    }

    /// The key of a call; nothing for a model without an endpoint.
    pub fn key(&self, call: &Call) -> Option<CallKey> {
        let endpoint = self.endpoints.get(call.asked)?;
        Some(CallKey(endpoint.call_key(&call.request, call.sample, self.edition.as_deref())))
    }

    /// The answer to a call: from the record, or from the endpoint and then on record.
    /// `departs` is told when it is not on record, so that others must wait for it.
    pub async fn answer(self: &Arc<Self>, call: Call, gauge: Meters<'_>, departs: impl Fn()) -> Answer {
        let Some(endpoint) = self.endpoints.get(call.asked).cloned() else {
            return Err(refused(FailureCause::Unreachable("no endpoint is bound".to_owned())));
        };
        let key = CallKey(endpoint.call_key(&call.request, call.sample, self.edition.as_deref()));
        if let Some((answer, cost)) = self.recorded(&endpoint, key, &call.request) {
            gauge.add(|gauge| &gauge.recorded, 1);
            gauge.add(|gauge| &gauge.saved, cost);
            return answer;
        }
        departs();
        let (flight, first) = self.flight(key, endpoint, call);
        let made = flight.await;
        if first && made.absent {
            gauge.add(|gauge| &gauge.absent, 1);
        }
        match made.paid {
            Some(paid) if first => {
                gauge.add(|gauge| &gauge.calls, 1);
                gauge.add(|gauge| &gauge.spent, paid.cost);
                gauge.add(|gauge| &gauge.tokens, paid.tokens);
            }
            _ if made.answer.is_ok() => gauge.add(|gauge| &gauge.recorded, 1),
            _ => {}
        }
        made.answer
    }

    /// The reply on record, where there is one that still reads as an answer, and what it cost in
    /// microdollars.
    fn recorded(&self, endpoint: &Endpoint, key: CallKey, request: &Request) -> Option<(Answer, u64)> {
        let record = self.store.reply(key).ok().flatten()?;
        let latency = record.reply.latency;
        let cost = record.cost.map_or(0, microdollars);
        let reply = endpoint.read(request, &record.reply).ok()?;
        if let Some(witness) = &self.witness {
            witness.see(&record, reply.served_by.as_deref(), cost);
        }
        Some((Ok(Arc::new(Answered { reply, latency })), cost))
    }

    fn flight(self: &Arc<Self>, key: CallKey, endpoint: Arc<Endpoint>, call: Call) -> (Flight, bool) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            return (flight.clone(), false);
        }
        let caller = self.clone();
        let flight = async move {
            // The one before may have landed between the look at the record and this one.
            let made = match caller.recorded(&endpoint, key, &call.request) {
                Some((answer, _)) => Made { answer, paid: None, absent: false },
                None => caller.make(&endpoint, key, &call.request).await,
            };
            caller.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            made
        };
        let flight = flight.boxed().shared();
        flights.insert(key, flight.clone());
        (flight, true)
    }

    async fn make(&self, endpoint: &Endpoint, key: CallKey, request: &Request) -> Made {
        if self.allowance.offline {
            let new = self.absent.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
            return Made { answer: Err(refused(FailureCause::NotOnRecord)), paid: None, absent: new };
        }
        if self.is_stopped() {
            return Made { answer: Err(refused(FailureCause::Cancelled)), paid: None, absent: false };
        }
        if let Err(error) = endpoint.set_up() {
            // Every further call would say the same, and a row each is no way to tell it.
            let _ = self.unusable.set(error.to_string());
            self.stop();
            return Made { answer: Err(refused(FailureCause::Cancelled)), paid: None, absent: false };
        }
        if !self.reserve() {
            return Made { answer: Err(refused(FailureCause::BudgetReached)), paid: None, absent: false };
        }
        let (raw, unkept) = match endpoint.ask(request).await {
            Ok(answered) => answered,
            Err(failure) => {
                self.calls.fetch_sub(1, Ordering::Relaxed);
                self.note(endpoint, key, &failure);
                return Made { answer: Err(failure), paid: None, absent: false };
            }
        };
        let reply = match endpoint.read(request, &raw) {
            Ok(reply) => reply,
            Err(error) => {
                let failure = CallFailure {
                    cause: FailureCause::Torn(error.to_string()),
                    attempts: raw.attempts,
                    excerpt: String::new(),
                };
                return Made { answer: Err(failure), paid: None, absent: false };
            }
        };
        let cost = endpoint.cost(&reply.usage, pictures(&reply));
        let latency = raw.latency;
        let paid =
            Paid { cost: cost.map_or(0, microdollars), tokens: reply.usage.input + reply.usage.output };
        self.spent.fetch_add(paid.cost, Ordering::Relaxed);
        let request = RawValue::from_string(endpoint.canonical_json(request));
        let record = Record {
            key,
            provider: endpoint.provider().name().to_owned(),
            model: endpoint.model().to_owned(),
            usage: reply.usage,
            cost,
            request: request.unwrap_or_else(|_| RawValue::NULL.to_owned()),
            reply: raw,
        };
        // The row goes on only when its reply is on disk.
        let appended = self.store.append(record).await;
        drop(unkept);
        match appended {
            Ok(()) => {
                Made { answer: Ok(Arc::new(Answered { reply, latency })), paid: Some(paid), absent: false }
            }
            Err(error) => {
                self.stop();
                let cause = FailureCause::NotKept(error.to_string());
                Made { answer: Err(refused(cause)), paid: Some(paid), absent: false }
            }
        }
    }

    /// Counts a call in before it goes out; not where that would pass the allowance.
    fn reserve(&self) -> bool {
        let within_budget =
            self.allowance.budget.is_none_or(|budget| self.spent.load(Ordering::Relaxed) < budget);
        let limit = self.allowance.calls.unwrap_or(u64::MAX);
        within_budget
            && self
                .calls
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |calls| {
                    (calls < limit).then_some(calls + 1)
                })
                .is_ok()
    }

    fn note(&self, endpoint: &Endpoint, key: CallKey, failure: &CallFailure) {
        let event = Event {
            key,
            provider: endpoint.provider().name().to_owned(),
            model: endpoint.model().to_owned(),
            at: self.world.now(),
            attempt: failure.attempts,
            what: failure.cause.to_string(),
            excerpt: failure.excerpt.clone(),
        };
        // An event that can't be kept loses nothing that was paid for.
        let _ = self.store.event(event);
    }
}

fn microdollars(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}

fn refused(cause: FailureCause) -> CallFailure {
    CallFailure { cause, attempts: 0, excerpt: String::new() }
}

fn pictures(reply: &Reply) -> u32 {
    match &reply.content {
        Content::Pictures(pictures) => pictures.len() as u32,
        _ => 0,
    }
}
