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

/// What became of a call so far.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::models) struct Tried {
    /// Attempts that a refusal did not end, with the one that is out.
    pub(in crate::models) attempt: u32,
    /// Those that were waited for in vain.
    pub(in crate::models) timeouts: u32,
}

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

    /// How long to wait for the answer to an attempt of a call.
    pub(super) fn of(&self, tried: Tried, limits: &Limits) -> Duration {
        if !limits.learn_timeout || self.answers < ENOUGH || tried.attempt >= limits.attempts {
            return limits.total_timeout;
        }
        // A call that was waited for in vain may be one that takes long.
        let learned = (self.slowest * FACTOR).saturating_mul(1 << tried.timeouts.min(16));
        learned.max(LEAST).min(limits.total_timeout)
    }
}
