//! A gentle start with an endpoint whose limits are not known yet.

use std::time::Duration;

use tokio::time::Instant;

/// How fast the start doubles before the first answer tells how far away the server is.
const BLIND: Duration = Duration::from_millis(200);
/// The most growth before the first answer.
const BLIND_GROWTH: f64 = 4.0;
/// The fastest doubling, for a server that answers at once.
const FASTEST: Duration = Duration::from_millis(2);
/// A server nearer than this is given a whole round trip for each doubling, which is soon over; one
/// farther away half of one.
const NEAR: Duration = Duration::from_millis(20);

/// Requests sent so far may not exceed an allowance that grows exponentially with time.
///
/// A limit of some requests a second is then overshot by a few requests rather than by a whole
/// window of them, and a server without one is at full use within a few round trips.
#[derive(Debug)]
pub(super) struct Ramp {
    burst: f64,
    anchor: Option<(Instant, f64)>,
    doubling: Duration,
    answered: bool,
    hold: Hold,
}

/// Whether growth is stopped until a first refusal is understood.
#[derive(Debug, PartialEq, Eq)]
enum Hold {
    NotYet,
    /// A single request may go at this time, in case none that is out ever comes back.
    Until(Instant),
    /// The first refusal meant nothing; those after it stop nothing.
    Released,
}

impl Ramp {
    pub(super) fn new(concurrency: usize) -> Ramp {
        let burst = (concurrency / 12).max(20) as f64;
        Ramp { burst, anchor: None, doubling: BLIND, answered: false, hold: Hold::NotYet }
    }

    /// When the request after `sent` others may go.
    pub(super) fn ready_at(&mut self, sent: u64, now: Instant) -> Instant {
        let (start, allowed) = *self.anchor.get_or_insert((now, self.burst));
        let needed = (sent + 1) as f64;
        if needed <= allowed {
            return now;
        }
        if !self.answered && needed > self.burst * BLIND_GROWTH {
            return now + BLIND;
        }
        start + self.doubling.mul_f64((needed / allowed).log2())
    }

    /// Notes that a request came back, good or not. From the first on, the server's distance sets the
    /// speed; where a later answer tells that it is nearer, as the first had a connection to make, that
    /// does. A refusal tells nothing of that: what refuses may stand before what answers.
    pub(super) fn came_back(&mut self, latency: Duration, is_answer: bool, now: Instant) {
        let doubling = (latency / 2).max(latency.clamp(FASTEST, NEAR));
        if !self.answered || (is_answer && doubling < self.doubling) {
            let allowed = self.allowance(now);
            self.answered = true;
            self.anchor = Some((now, allowed));
            self.doubling = doubling;
        }
    }

    /// Stops growth at the first refusal.
    pub(super) fn hold(&mut self, now: Instant) {
        if self.hold == Hold::NotYet {
            self.hold = Hold::Until(now + self.trickle());
        }
    }

    /// Lets growth go on for good.
    pub(super) fn release(&mut self) {
        self.hold = Hold::Released;
    }

    /// Notes that a request goes now.
    pub(super) fn depart(&mut self, now: Instant) {
        if self.is_held() {
            self.hold = Hold::Until(now + self.trickle());
        }
    }

    /// When a request may go although others are out.
    pub(super) fn held_until(&self) -> Option<Instant> {
        match self.hold {
            Hold::Until(at) => Some(at),
            Hold::NotYet | Hold::Released => None,
        }
    }

    fn is_held(&self) -> bool {
        self.held_until().is_some()
    }

    fn trickle(&self) -> Duration {
        self.doubling * 3
    }

    /// Whether the allowance has outgrown all that could be sent.
    pub(super) fn is_over(&self, sent: u64, concurrency: usize, now: Instant) -> bool {
        self.answered && !self.is_held() && self.allowance(now) >= (sent + concurrency as u64) as f64
    }

    fn allowance(&self, now: Instant) -> f64 {
        let Some((start, allowed)) = self.anchor else { return self.burst };
        let doublings = now.saturating_duration_since(start).as_secs_f64() / self.doubling.as_secs_f64();
        let grown = allowed * doublings.min(60.0).exp2();
        if self.answered { grown } else { grown.min(self.burst * BLIND_GROWTH) }
    }
}
