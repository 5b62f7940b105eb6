//! How long to wait before asking again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The bounds of the first delays, in milliseconds. They grow slowly: most faults pass at once, and a server
/// that stays down is the circuit's business. From the last one on they double.
const FIRST: [u64; 5] = [250, 350, 550, 850, 1_250];
const LONGEST: Duration = Duration::from_secs(30);

/// Each call earns so many thousandths of a retry; each retry spends a thousand.
const EARNED: i64 = 500;
const SPENT: i64 = 1_000;
const MOST: i64 = 1_000_000;
/// By how many attempts a retry beyond the budget counts as later than it is.
const LATER: u32 = 4;

/// A delay between nothing and the bound of the given attempt, 1 being the first ("full
/// jitter": <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
pub(in crate::models) fn delay(attempt: u32, random: u64) -> Duration {
    let place = attempt.saturating_sub(1);
    let last = FIRST.len() as u32 - 1;
    let bound = FIRST[place.min(last) as usize] << place.saturating_sub(last).min(16);
    let bound = Duration::from_millis(bound).min(LONGEST);
    bound.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64)
}

/// Keeps retries from multiplying the load on a server that fails most calls: retries beyond
/// half the number of calls wait many times longer. No call is given up for want of budget.
#[derive(Debug)]
pub(in crate::models) struct RetryBudget(AtomicI64);

impl RetryBudget {
    pub(in crate::models) fn new() -> RetryBudget {
        RetryBudget(AtomicI64::new(MOST))
    }

    /// A call was made.
    pub(in crate::models) fn earn(&self) {
        if self.0.load(Ordering::Relaxed) < MOST {
            self.0.fetch_add(EARNED, Ordering::Relaxed);
        }
    }

    /// The delay before the retry after the given attempt.
    pub(in crate::models) fn delay(&self, attempt: u32, random: u64) -> Duration {
        if self.0.load(Ordering::Relaxed) >= SPENT {
            self.0.fetch_sub(SPENT, Ordering::Relaxed);
            delay(attempt, random)
        } else {
            delay(attempt + LATER, random)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_lie_between_nothing_and_a_bound_that_grows_to_a_limit() {
        let bound = |attempt| delay(attempt, u64::MAX);
        for attempt in 1..40 {
            assert_eq!(delay(attempt, 0), Duration::ZERO);
            assert!(bound(attempt) <= bound(attempt + 1), "attempt {attempt}");
        }
        assert!(bound(1) > Duration::from_millis(249) && bound(1) <= Duration::from_millis(250));
        assert!(bound(40) > LONGEST - Duration::from_millis(1) && bound(40) <= LONGEST);
    }

    #[test]
    fn without_budget_retries_wait_as_if_they_were_later_ones() {
        let budget = RetryBudget::new();
        for _ in 0..MOST / SPENT {
            assert_eq!(budget.delay(1, u64::MAX), delay(1, u64::MAX));
        }
        assert_eq!(budget.delay(1, u64::MAX), delay(1 + LATER, u64::MAX));
        budget.earn();
        budget.earn();
        assert_eq!(budget.delay(1, u64::MAX), delay(1, u64::MAX));
    }
}
