//! Sending evenly at a rate that was learned from refusals, probing for more.

use std::time::Duration;

use tokio::time::Instant;

/// How much below the learned rate to go: a server that counts over a sliding second would
/// otherwise refuse whenever two requests come a moment closer together.
const MARGIN: f64 = 0.98;
/// Growth a second right after a refusal; it doubles every [`GROWTH_DOUBLING`].
const GROWTH: f64 = 0.001;
const GROWTH_DOUBLING: f64 = 5.0;
/// Growth a second far below the last known ceiling, and the most growth there is.
const RECOVERY: f64 = 0.05;
const GROWTH_MOST: f64 = 0.25;
/// What a single refusal takes off, at most once in [`CUT_EVERY`].
const CUT: f64 = 0.985;
const CUT_EVERY: Duration = Duration::from_secs(1);
/// Cut down to this part of what was learned without an end of refusals: the rate is not what
/// they are about.
const FUTILE: f64 = 0.85;

/// An even schedule at a slowly changing rate.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: f64,
    next: Instant,
    grown: Instant,
    /// The rate at which the last refusal came.
    ceiling: f64,
    refused: Instant,
    /// The rate that was learned, or held for long without a refusal.
    reference: f64,
}

impl Pace {
    /// A schedule that starts at `from`, at a margin below `per_second`.
    pub(super) fn new(per_second: f64, from: Instant) -> Pace {
        let rate = per_second * MARGIN;
        Pace {
            per_second: rate,
            next: from,
            grown: from,
            ceiling: per_second,
            refused: from,
            reference: rate,
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
        let interval = self.interval();
        // A timer that wakes late must not cost throughput, nor may a pause save up a burst.
        let earliest = now.checked_sub(interval / 2).unwrap_or(now);
        self.next = self.next.max(earliest) + interval;
    }

    /// Slows down a little for a single refusal. False where slowing down has not helped.
    pub(super) fn cut(&mut self, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.refused);
        if since < CUT_EVERY {
            return true;
        }
        if since > 10 * CUT_EVERY {
            self.reference = self.per_second;
        }
        self.ceiling = self.per_second;
        self.refused = now;
        self.per_second *= CUT;
        self.per_second >= self.reference * FUTILE
    }

    fn grow(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.grown).as_secs_f64();
        let calm = now.saturating_duration_since(self.refused).as_secs_f64();
        let speed = if self.per_second < 0.9 * self.ceiling {
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
