//! A dead endpoint is left alone for a while, then tried by one call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Failures in a row, without any answer between them, that make an endpoint dead.
const FAILURES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long an endpoint that never answered is waited for.
const NEVER_ANSWERED: Duration = Duration::from_secs(3);

/// Opens when an endpoint fails again and again; closes at its first answer.
#[derive(Debug)]
pub(in crate::models) struct Circuit {
    outage: Duration,
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    answered: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed {
        failures: u32,
    },
    Open {
        since: Instant,
        until: Instant,
        pause: Duration,
    },
    /// One call is trying; the others wait for what it finds.
    Trying {
        since: Instant,
        pause: Duration,
    },
}

/// The endpoint is dead and calls no longer wait for it.
#[derive(Debug)]
pub(in crate::models) struct Dead;

/// What a result did to the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::models) enum Change {
    None,
    /// Nothing is asked for so long.
    Opened(Duration),
    Closed,
}

impl Circuit {
    pub(in crate::models) fn new(outage: Duration) -> Circuit {
        let state = State { answered: false, phase: Phase::Closed { failures: 0 } };
        Circuit { outage, changed: Notify::new(), state: Mutex::new(state) }
    }

    /// Leave to ask, where nothing has to be waited for.
    pub(in crate::models) fn enter_at_once(&self) -> Option<Entry<'_>> {
        let is_closed = matches!(self.state().phase, Phase::Closed { .. });
        is_closed.then(|| Entry { circuit: self, trying: false })
    }

    /// Waits until the endpoint may be asked.
    pub(in crate::models) async fn enter(&self) -> Result<Entry<'_>, Dead> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wake = {
                let now = Instant::now();
                let mut state = self.state();
                let outage = if state.answered { self.outage } else { self.outage.min(NEVER_ANSWERED) };
                match state.phase {
                    Phase::Closed { .. } => return Ok(Entry { circuit: self, trying: false }),
                    Phase::Open { since, .. } if now.saturating_duration_since(since) >= outage => {
                        return Err(Dead);
                    }
                    Phase::Open { since, until, pause } if now >= until => {
                        state.phase = Phase::Trying { since, pause };
                        return Ok(Entry { circuit: self, trying: true });
                    }
                    Phase::Open { until, .. } => Some(until),
                    Phase::Trying { .. } => None,
                }
            };
            match wake {
                Some(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = changed => {}
                },
                None => changed.await,
            }
        }
    }

    /// Whether the endpoint is left alone just now.
    pub(in crate::models) fn is_open(&self) -> bool {
        !matches!(self.state().phase, Phase::Closed { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask. Dropped without a result, it lets another call try.
#[derive(Debug)]
pub(in crate::models) struct Entry<'a> {
    circuit: &'a Circuit,
    trying: bool,
}

impl Entry<'_> {
    /// Whether the leave still holds: the circuit may have opened while the call queued.
    pub(in crate::models) fn is_current(&self) -> bool {
        self.trying || matches!(self.circuit.state().phase, Phase::Closed { .. })
    }

    /// Whether this is the one call that finds out whether a dead endpoint has come back.
    pub(in crate::models) fn is_trying(&self) -> bool {
        self.trying
    }

    /// The endpoint answered, be it with a refusal: it is alive.
    pub(in crate::models) fn alive(mut self) -> Change {
        self.trying = false;
        let mut state = self.circuit.state();
        state.answered = true;
        let before = std::mem::replace(&mut state.phase, Phase::Closed { failures: 0 });
        drop(state);
        match before {
            Phase::Closed { .. } => Change::None,
            Phase::Open { .. } | Phase::Trying { .. } => {
                self.circuit.changed.notify_waiters();
                Change::Closed
            }
        }
    }

    /// The endpoint refused in a way that may be about one request or about all: about all where it
    /// never answered any.
    pub(in crate::models) fn doubtful(self) -> Change {
        let answered = self.circuit.state().answered;
        if answered { self.alive() } else { self.failed() }
    }

    /// The endpoint did not answer, or with a fault of its own.
    pub(in crate::models) fn failed(mut self) -> Change {
        let trying = std::mem::take(&mut self.trying);
        let now = Instant::now();
        let mut state = self.circuit.state();
        let (phase, change) = match state.phase {
            Phase::Closed { failures } if failures + 1 < FAILURES => {
                (Phase::Closed { failures: failures + 1 }, Change::None)
            }
            Phase::Closed { .. } => (
                Phase::Open { since: now, until: now + FIRST_PAUSE, pause: FIRST_PAUSE },
                Change::Opened(FIRST_PAUSE),
            ),
            Phase::Trying { since, pause } if trying => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                (Phase::Open { since, until: now + pause, pause }, Change::Opened(pause))
            }
            phase @ (Phase::Open { .. } | Phase::Trying { .. }) => (phase, Change::None),
        };
        state.phase = phase;
        drop(state);
        if change != Change::None {
            self.circuit.changed.notify_waiters();
        }
        change
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if !self.trying {
            return;
        }
        let mut state = self.circuit.state();
        if let Phase::Trying { since, pause } = state.phase {
            state.phase = Phase::Open { since, until: Instant::now(), pause };
        }
        drop(state);
        self.circuit.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fail(circuit: &Circuit) -> Change {
        circuit.enter().await.unwrap().failed()
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_and_closes_at_the_first_answer() {
        let circuit = Circuit::new(Duration::from_secs(60));
        assert_eq!(circuit.enter().await.unwrap().alive(), Change::None);
        for _ in 1..FAILURES {
            assert_eq!(fail(&circuit).await, Change::None);
        }
        assert_eq!(fail(&circuit).await, Change::Opened(FIRST_PAUSE));
        let opened = Instant::now();
        assert_eq!(fail(&circuit).await, Change::Opened(2 * FIRST_PAUSE));
        assert_eq!(circuit.enter().await.unwrap().alive(), Change::Closed);
        assert_eq!(opened.elapsed(), 3 * FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_between_failures_keeps_it_closed() {
        let circuit = Circuit::new(Duration::from_secs(60));
        for round in 0..5 * FAILURES {
            let entry = circuit.enter().await.unwrap();
            let change = if round % 9 == 8 { entry.alive() } else { entry.failed() };
            assert_eq!(change, Change::None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_doubtful_refusal_is_about_all_calls_where_none_was_ever_answered() {
        let circuit = Circuit::new(Duration::from_secs(60));
        for _ in 0..FAILURES {
            circuit.enter().await.unwrap().doubtful();
        }
        assert!(circuit.is_open());
        let circuit = Circuit::new(Duration::from_secs(60));
        circuit.enter().await.unwrap().alive();
        for _ in 0..2 * FAILURES {
            circuit.enter().await.unwrap().doubtful();
        }
        assert!(!circuit.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_tries_while_the_others_wait() {
        let circuit = Circuit::new(Duration::from_secs(60));
        circuit.enter().await.unwrap().alive();
        for _ in 0..FAILURES {
            fail(&circuit).await;
        }
        let trying = circuit.enter().await.unwrap();
        let second = tokio::time::timeout(Duration::from_secs(30), circuit.enter()).await;
        assert!(second.is_err(), "a second call got through beside the one that tries");
        drop(trying);
        assert!(circuit.enter().await.is_ok(), "a call that went away must not leave the circuit stuck");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_stop_waiting_for_what_stays_dead() {
        let circuit = Circuit::new(Duration::from_secs(60));
        circuit.enter().await.unwrap().alive();
        let started = Instant::now();
        while let Ok(entry) = circuit.enter().await {
            entry.failed();
        }
        assert!(started.elapsed() >= Duration::from_secs(60));
        assert!(started.elapsed() < Duration::from_secs(90));
    }
}
