//! The queue before an endpoint.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Limits;
use super::patience::Patience;
use super::quota::Quotas;
use super::traffic::{Arrival, Slowdown, Ticket, Traffic, Turn};

/// Lets requests through one at a time, in the order in which they came, when limits allow;
/// calls that were sent before go ahead of those that were not, so that what is begun ends.
///
/// Only the first of those waiting looks at the clock; the others wait for it to pass. So all
/// heed a pause together, and a thousand of them cost no more than one.
#[derive(Debug)]
pub(in crate::models) struct Limiter {
    /// Where calls not sent before wait, all but one.
    outside: tokio::sync::Mutex<()>,
    turnstile: tokio::sync::Mutex<()>,
    freed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    traffic: Traffic,
    patience: Patience,
}

impl Limiter {
    /// Must be called within a tokio runtime.
    pub(in crate::models) fn new(limits: &Limits) -> Limiter {
        let traffic = Traffic::new(limits, Instant::now());
        Limiter {
            outside: tokio::sync::Mutex::new(()),
            turnstile: tokio::sync::Mutex::new(()),
            freed: Notify::new(),
            state: Mutex::new(State { traffic, patience: Patience::default() }),
        }
    }

    /// Waits for leave to send a request of about `tokens` tokens; `again` where the call was
    /// sent before.
    pub(in crate::models) async fn admit(&self, tokens: u64, again: bool) -> Pass<'_> {
        let tokens = tokens as f64;
        let _outside = if again { None } else { Some(self.outside.lock().await) };
        let _first = self.turnstile.lock().await;
        loop {
            let freed = self.freed.notified();
            let turn = {
                let now = Instant::now();
                let mut state = self.state();
                match state.traffic.turn(tokens, now) {
                    Turn::Now => {
                        let ticket = state.traffic.depart(tokens, now);
                        return Pass { limiter: self, ticket, sent: now, open: true };
                    }
                    turn => turn,
                }
            };
            match turn {
                Turn::At(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = freed => {}
                    }
                }
                Turn::Now | Turn::AfterAnswer => freed.await,
            }
        }
    }

    /// Counts an answer as not on disk until what is given is dropped.
    pub(in crate::models) fn unkept(&self) -> Unkept<'_> {
        self.state().traffic.hold_answer();
        Unkept { limiter: self }
    }

    /// How long to wait for the answer to the given attempt.
    pub(in crate::models) fn patience(&self, attempt: u32, limits: &Limits) -> Duration {
        self.state().patience.of(attempt, limits)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is not on disk yet. It takes the place of a request, so that a process that is
/// killed has no more to ask for again than may be out at a time. Drop it when the answer is kept.
#[derive(Debug)]
#[must_use = "dropped at once, it holds nothing"]
pub struct Unkept<'a> {
    limiter: &'a Limiter,
}

impl Drop for Unkept<'_> {
    fn drop(&mut self) {
        self.limiter.state().traffic.release_answer();
        self.limiter.freed.notify_one();
    }
}

/// Leave to send one request. Dropped without an arrival, it gives its place back.
#[derive(Debug)]
pub(in crate::models) struct Pass<'a> {
    limiter: &'a Limiter,
    ticket: Ticket,
    sent: Instant,
    open: bool,
}

impl Pass<'_> {
    /// Since leave was given.
    pub(in crate::models) fn elapsed(&self) -> Duration {
        self.sent.elapsed()
    }

    /// Takes in what the provider says is left, for requests of about `tokens` tokens.
    pub(in crate::models) fn told(&self, quotas: &Quotas, tokens: u64) {
        if !quotas.is_empty() {
            self.limiter.state().traffic.told(quotas, tokens as f64, Instant::now());
        }
    }

    /// Gives the place back with what became of the request.
    pub(in crate::models) fn arrive(mut self, arrival: Arrival) -> Option<Slowdown> {
        self.settle(arrival)
    }

    fn settle(&mut self, arrival: Arrival) -> Option<Slowdown> {
        self.open = false;
        let now = Instant::now();
        let slowdown = {
            let mut state = self.limiter.state();
            if matches!(arrival, Arrival::Answered { .. }) {
                state.patience.answered(now.saturating_duration_since(self.sent));
            }
            state.traffic.arrive(self.ticket, arrival, now)
        };
        self.limiter.freed.notify_one();
        slowdown
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.open {
            self.settle(Arrival::Abandoned);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_on_disk_takes_a_place() {
        let limits = Limits { concurrency: 2, ..Limits::default() };
        let limiter = Limiter::new(&limits);
        let soon = Duration::from_secs(5);
        let (first, second) = (limiter.admit(1, false).await, limiter.admit(1, false).await);
        let unkept = limiter.unkept();
        first.arrive(Arrival::Answered { tokens: None });
        assert!(tokio::time::timeout(soon, limiter.admit(1, false)).await.is_err());
        drop(unkept);
        let third = tokio::time::timeout(soon, limiter.admit(1, false)).await;
        assert!(third.is_ok());
        drop((second, third));
    }
}
