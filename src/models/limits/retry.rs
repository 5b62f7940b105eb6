//! How long to wait before asking again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Each call earns so many thousandths of a retry; each retry spends a thousand.
const EARNED: i64 = 500;
const SPENT: i64 = 1_000;
const MOST: i64 = 1_000_000;
/// By how many attempts a retry beyond the budget counts as later than it is.
const LATER: u32 = 4;

/// A delay between nothing and the exponential bound of the given attempt ("full jitter": <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
pub(in crate::models) fn delay(attempt: u32, random: u64) -> Duration {
    let bound = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
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
