//! The queue before an endpoint.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Limits;
use super::patience::{Patience, Tried};
use super::quota::Quotas;
use super::traffic::{Arrival, Slowdown, Ticket, Traffic, Turn};

/// Lets requests through in the order in which they came, when limits allow; calls that were sent
/// before go ahead of those that were not, so that what is begun ends.
///
/// Whoever gives a place back hands it on to the first in the queue, so a call that waits wakes
/// once. Only the first looks at the clock; the others wait for it to pass. So all heed a pause
/// together, and a thousand of them cost no more than one.
#[derive(Debug)]
pub(in crate::models) struct Limiter {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    traffic: Traffic,
    patience: Patience,
    /// Calls that were sent before.
    again: VecDeque<Arc<Seat>>,
    fresh: VecDeque<Arc<Seat>>,
    is_closed: bool,
}

/// Where a call waits.
#[derive(Debug)]
struct Seat {
    tokens: f64,
    called: Notify,
    /// Changed only by who holds the limiter's state.
    word: Mutex<Word>,
}

/// What a waiting call is told.
#[derive(Clone, Copy, Debug)]
enum Word {
    /// To wait until it is told more.
    Wait,
    /// To see to it that the queue goes on then.
    Watch(Instant),
    Go(Ticket),
    /// That nothing goes out any more.
    Closed,
}

impl Limiter {
    /// Must be called within a tokio runtime.
    pub(in crate::models) fn new(limits: &Limits) -> Limiter {
        Limiter {
            state: Mutex::new(State {
                traffic: Traffic::new(limits, Instant::now()),
                patience: Patience::default(),
                again: VecDeque::new(),
                fresh: VecDeque::new(),
                is_closed: false,
            }),
        }
    }

    /// Waits for leave to send a request of about `tokens` tokens; `again` where the call was
    /// sent before. Nothing once the queue is closed.
    pub(in crate::models) async fn admit(&self, tokens: u64, again: bool) -> Option<Pass<'_>> {
        let seat = {
            let mut state = self.state();
            let seat = Arc::new(Seat::new(tokens as f64));
            let queue = if again { &mut state.again } else { &mut state.fresh };
            queue.push_back(Arc::clone(&seat));
            // Who stands behind others changes nothing for them.
            if state.first().is_some_and(|first| Arc::ptr_eq(first, &seat)) {
                state.go_on(Instant::now());
            }
            seat
        };
        let mut place = Place { limiter: self, seat: &seat, is_left: false };
        loop {
            let word = *seat.word();
            match word {
                Word::Go(ticket) => {
                    place.is_left = true;
                    return Some(Pass { limiter: self, ticket, sent: ticket.at(), open: true });
                }
                Word::Closed => {
                    place.is_left = true;
                    return None;
                }
                Word::Wait => seat.called.notified().await,
                Word::Watch(until) => tokio::select! {
                    () = seat.called.notified() => {}
                    () = tokio::time::sleep_until(until) => {
                        let mut state = self.state();
                        // It may have been told to go in the meantime.
                        if matches!(*seat.word(), Word::Watch(_)) {
                            seat.say(Word::Wait);
                        }
                        state.go_on(Instant::now());
                    }
                },
            }
        }
    }

    /// Lets nothing more out: whoever waits is sent away.
    pub(in crate::models) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.go_on(Instant::now());
    }

    /// Counts an answer as not on disk until what is given is dropped.
    pub(in crate::models) fn unkept(&self) -> Unkept<'_> {
        self.state().traffic.hold_answer();
        Unkept { limiter: self }
    }

    /// How long to wait for the answer to an attempt of a call.
    pub(in crate::models) fn patience(&self, tried: Tried, limits: &Limits) -> Duration {
        self.state().patience.of(tried, limits)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn first(&self) -> Option<&Arc<Seat>> {
        self.again.front().or_else(|| self.fresh.front())
    }

    /// Lets out whoever may go now, and tells the next one when to look again.
    fn go_on(&mut self, now: Instant) {
        while let Some(first) = self.first().cloned() {
            let word = if self.is_closed {
                Word::Closed
            } else {
                match self.traffic.turn(first.tokens, now) {
                    Turn::Now => Word::Go(self.traffic.depart(first.tokens, now)),
                    // An answer that comes lets it go on.
                    Turn::AfterAnswer => return first.say(Word::Wait),
                    Turn::At(at) => return first.watch(at),
                }
            };
            first.tell(word);
            let queue = if self.again.is_empty() { &mut self.fresh } else { &mut self.again };
            queue.pop_front();
        }
    }
}

impl Seat {
    fn new(tokens: f64) -> Seat {
        Seat { tokens, called: Notify::new(), word: Mutex::new(Word::Wait) }
    }

    fn word(&self) -> MutexGuard<'_, Word> {
        self.word.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something that the call need not be woken for.
    fn say(&self, word: Word) {
        *self.word() = word;
    }

    fn tell(&self, word: Word) {
        self.say(word);
        self.called.notify_one();
    }

    /// Has the call look again at a time; one that looks earlier finds out by itself.
    fn watch(&self, at: Instant) {
        let word = *self.word();
        if !matches!(word, Word::Watch(until) if until <= at) {
            self.tell(Word::Watch(at));
        }
    }
}

/// A call's place in the queue. A call that goes away leaves it to those behind.
struct Place<'a> {
    limiter: &'a Limiter,
    seat: &'a Arc<Seat>,
    is_left: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        let now = Instant::now();
        let mut state = self.limiter.state();
        let word = *self.seat.word();
        match word {
            Word::Go(ticket) => {
                state.traffic.arrive(ticket, Arrival::Abandoned, now);
            }
            Word::Wait | Word::Watch(_) | Word::Closed => {
                state.again.retain(|seat| !Arc::ptr_eq(seat, self.seat));
                state.fresh.retain(|seat| !Arc::ptr_eq(seat, self.seat));
            }
        }
        state.go_on(now);
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
        let mut state = self.limiter.state();
        state.traffic.release_answer();
        state.go_on(Instant::now());
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
        let mut state = self.limiter.state();
        if matches!(arrival, Arrival::Answered { .. }) {
            state.patience.answered(now.saturating_duration_since(self.sent));
        }
        let slowdown = state.traffic.arrive(self.ticket, arrival, now);
        state.go_on(now);
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
        let first = limiter.admit(1, false).await.unwrap();
        let second = limiter.admit(1, false).await.unwrap();
        let unkept = limiter.unkept();
        first.arrive(Arrival::Answered { tokens: None });
        assert!(tokio::time::timeout(soon, limiter.admit(1, false)).await.is_err());
        drop(unkept);
        let third = tokio::time::timeout(soon, limiter.admit(1, false)).await;
        assert!(third.is_ok());
        drop((second, third));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_goes_away_leaves_its_turn_to_the_next() {
        let limiter = Limiter::new(&Limits { concurrency: 1, ..Limits::default() });
        let soon = Duration::from_secs(5);
        let first = limiter.admit(1, false).await;
        let mut gone = Box::pin(limiter.admit(1, false));
        let mut next = Box::pin(limiter.admit(1, false));
        // Both stand in the queue.
        assert!(tokio::time::timeout(soon, &mut gone).await.is_err());
        assert!(tokio::time::timeout(soon, &mut next).await.is_err());
        // The place is free and given to the one that goes away before it hears of that.
        drop(first);
        drop(gone);
        assert!(tokio::time::timeout(soon, next).await.is_ok_and(|pass| pass.is_some()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_sends_all_away() {
        let limiter = Limiter::new(&Limits { concurrency: 1, ..Limits::default() });
        let first = limiter.admit(1, false).await;
        let mut waiting = Box::pin(limiter.admit(1, false));
        let soon = Duration::from_secs(5);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
        limiter.close();
        assert!(waiting.await.is_none());
        drop(first);
        assert!(limiter.admit(1, true).await.is_none());
    }

    #[tokio::test]
    async fn no_turn_is_lost_between_a_clock_and_an_answer() {
        let limits = Limits { concurrency: 8, requests_per_second: Some(4_000.0), ..Limits::default() };
        let limiter = Limiter::new(&limits);
        let call = || async {
            for _ in 0..100 {
                let pass = limiter.admit(1, false).await.unwrap();
                tokio::task::yield_now().await;
                pass.arrive(Arrival::Answered { tokens: None });
            }
        };
        futures_util::future::join_all((0..20).map(|_| call())).await;
        assert_eq!(limiter.state().traffic.in_flight(), 0);
    }
}
