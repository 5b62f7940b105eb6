//! A token bucket that can be overdrawn and paid back.

use std::time::Duration;

use tokio::time::Instant;

/// Fills at a steady rate up to its capacity; what is reserved is settled with the true use.
#[derive(Debug)]
pub(super) struct Bucket {
    level: f64,
    capacity: f64,
    per_second: f64,
    updated: Instant,
}

impl Bucket {
    /// A full bucket that holds what comes in during `burst`, and at least one.
    pub(super) fn new(per_second: f64, burst: Duration, now: Instant) -> Bucket {
        let per_second = per_second.max(f64::MIN_POSITIVE);
        let capacity = (per_second * burst.as_secs_f64()).max(1.0);
        Bucket { level: capacity, capacity, per_second, updated: now }
    }

    /// When `amount` can be taken. More than the capacity can be taken from a full bucket,
    /// which then owes the rest.
    pub(super) fn ready_at(&mut self, amount: f64, now: Instant) -> Instant {
        self.fill(now);
        let missing = amount.min(self.capacity) - self.level;
        if missing <= 0.0 {
            return now;
        }
        now + Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(Duration::from_secs(86_400))
    }

    /// Takes `amount`; a negative amount gives back.
    pub(super) fn take(&mut self, amount: f64, now: Instant) {
        self.fill(now);
        self.level = (self.level - amount).min(self.capacity);
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        self.level = (self.level + elapsed * self.per_second).min(self.capacity);
        self.updated = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reserved_and_not_used_comes_back() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10.0, Duration::from_secs(10), now);
        bucket.take(100.0, now);
        assert_eq!(bucket.ready_at(50.0, now), now + Duration::from_secs(5));
        bucket.take(-60.0, now);
        assert_eq!(bucket.ready_at(50.0, now), now);
    }

    #[test]
    fn more_than_fits_is_let_through_once_full_and_owed() {
        let now = Instant::now();
        let mut bucket = Bucket::new(1.0, Duration::from_secs(10), now);
        assert_eq!(bucket.ready_at(30.0, now), now);
        bucket.take(30.0, now);
        assert_eq!(bucket.ready_at(1.0, now), now + Duration::from_secs(21));
    }
}
