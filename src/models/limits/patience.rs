//! How long an answer is waited for, learned from how long answers take.

use std::time::Duration;

use super::Limits;

/// Answers to see before anything is concluded from them.
const ENOUGH: u32 = 50;
/// How many times the slowest recent answer is still no stall.
const FACTOR: u32 = 4;
const LEAST: Duration = Duration::from_secs(1);
/// How fast a slow answer is forgotten, an answer.
const FORGETTING: f64 = 0.999;

/// The slowest answer of late, fading.
#[derive(Debug, Default)]
pub(super) struct Patience {
    slowest: Duration,
    answers: u32,
}

impl Patience {
    pub(super) fn answered(&mut self, latency: Duration) {
        self.slowest = latency.max(self.slowest.mul_f64(FORGETTING));
        self.answers = self.answers.saturating_add(1);
    }

    /// How long to wait for the answer to the given attempt, 1 being the first.
    pub(super) fn of(&self, attempt: u32, limits: &Limits) -> Duration {
        if !limits.learn_timeout || self.answers < ENOUGH || attempt >= limits.attempts {
            return limits.total_timeout;
        }
        let first = (self.slowest * FACTOR).max(LEAST);
        first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(limits.total_timeout)
    }
}
