//! A gentle start with an endpoint whose limits are not known yet.

use std::time::Duration;

use tokio::time::Instant;

/// How fast the start doubles before the first answer tells how far away the server is.
const BLIND: Duration = Duration::from_millis(200);
/// The most growth before the first answer.
const BLIND_GROWTH: f64 = 4.0;
/// The fastest doubling, for a server that answers at once.
const FASTEST: Duration = Duration::from_millis(20);

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
    /// Whether growth is stopped until a first refusal is understood.
    pub(super) held: bool,
}

impl Ramp {
    pub(super) fn new(concurrency: usize) -> Ramp {
        let burst = (concurrency / 8).max(20) as f64;
        Ramp { burst, anchor: None, doubling: BLIND, answered: false, held: false }
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

    /// Notes the first answer, from which on the server's distance sets the speed.
    pub(super) fn answered(&mut self, latency: Duration, now: Instant) {
        if !self.answered {
            let allowed = self.allowance(now);
            self.answered = true;
            self.anchor = Some((now, allowed));
            self.doubling = (latency / 2).max(FASTEST);
        }
    }

    /// Whether the allowance has outgrown all that could be sent.
    pub(super) fn is_over(&self, sent: u64, concurrency: usize, now: Instant) -> bool {
        self.answered && !self.held && self.allowance(now) >= (sent + concurrency as u64) as f64
    }

    fn allowance(&self, now: Instant) -> f64 {
        let Some((start, allowed)) = self.anchor else { return self.burst };
        let doublings = now.saturating_duration_since(start).as_secs_f64() / self.doubling.as_secs_f64();
        let grown = allowed * doublings.min(60.0).exp2();
        if self.answered { grown } else { grown.min(self.burst * BLIND_GROWTH) }
    }
}
