//! Sending evenly at a rate that was learned from refusals, probing for more.

use std::time::Duration;

use tokio::time::Instant;

/// How much below the learned rate to go: a server that counts over a sliding second would
/// otherwise refuse whenever two requests come a moment closer together.
const MARGIN: f64 = 0.98;
/// Growth a second right after a refusal; it doubles every [`GROWTH_DOUBLING`] seconds.
const GROWTH: f64 = 0.001;
const GROWTH_DOUBLING: f64 = 5.0;
const GROWTH_MOST: f64 = 0.25;
/// Growth a second while below [`NEAR`] the rate at which the last refusal came.
const RECOVERY: f64 = 0.02;
const NEAR: f64 = 0.97;
/// What refusals take off, each soon after the one before: a server that limits the rate stops
/// refusing well before the end.
const CUTS: [f64; 4] = [0.985, 0.96, 0.93, 0.93];
/// Sends without a refusal after which the next one is the first again.
const CALM: u32 = 60;

/// An even schedule at a slowly changing rate.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: f64,
    next: Instant,
    grown: Instant,
    /// The rate at which the last refusal came.
    ceiling: f64,
    refused: Instant,
    /// Cuts made, each within [`CALM`] sends of the one before.
    cuts: usize,
    sent_since: u32,
}

impl Pace {
    /// A schedule that starts at `from`, at a margin below `per_second`.
    pub(super) fn new(per_second: f64, from: Instant) -> Pace {
        Pace {
            per_second: per_second * MARGIN,
            next: from,
            grown: from,
            ceiling: per_second,
            refused: from,
            cuts: 0,
            sent_since: 0,
        }
    }

    pub(super) fn per_second(&self) -> f64 {
        self.per_second
    }

    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        self.next.max(now)
    }

    /// Notes that a request goes now, and grows where demand is what the pace holds back.
    pub(super) fn depart(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.next);
        if late < self.interval() + Duration::from_millis(50) {
            self.grow(now);
        }
        self.grown = now;
        self.sent_since = self.sent_since.saturating_add(1);
        let interval = self.interval();
        // A timer that wakes late must not cost throughput, nor may a pause save up a burst.
        let earliest = now.checked_sub(interval / 2).unwrap_or(now);
        self.next = self.next.max(earliest) + interval;
    }

    /// Slows down a little for a single refusal. False where slowing down has not helped: then
    /// the rate is not what the refusals are about.
    pub(super) fn cut(&mut self, now: Instant) -> bool {
        // Refusals come in groups; one cut answers all of a group.
        let pause = self.interval().saturating_mul(20);
        let pause = pause.clamp(Duration::from_millis(100), Duration::from_secs(1));
        if now.saturating_duration_since(self.refused) < pause {
            return true;
        }
        if self.sent_since > CALM {
            self.cuts = 0;
        }
        let Some(cut) = CUTS.get(self.cuts) else { return false };
        if self.cuts == 0 {
            self.ceiling = self.per_second;
        }
        self.per_second *= cut;
        self.cuts += 1;
        self.sent_since = 0;
        self.refused = now;
        true
    }

    fn grow(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.grown).as_secs_f64();
        let calm = now.saturating_duration_since(self.refused).as_secs_f64();
        let speed = if self.sent_since > CALM && self.per_second < NEAR * self.ceiling {
            RECOVERY
        } else {
            (GROWTH * (calm / GROWTH_DOUBLING).min(30.0).exp2()).min(GROWTH_MOST)
        };
        self.per_second *= (speed * elapsed).exp().min(2.0);
    }

    fn interval(&self) -> Duration {
        Duration::try_from_secs_f64(1.0 / self.per_second).unwrap_or(Duration::from_secs(60))
    }
}
