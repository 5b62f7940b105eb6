//! An interval with a level of confidence.

use serde::{Deserialize, Serialize};

/// The two ends of a confidence interval, in the units of the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// `half` to either side of `middle`.
    pub fn around(middle: f64, half: f64) -> Interval {
        Interval { low: middle - half, high: middle + half }
    }

    /// Whether the value lies in the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The part of the interval within `low` and `high`.
    pub fn within(self, low: f64, high: f64) -> Interval {
        Interval { low: self.low.max(low), high: self.high.min(high) }
    }
}

/// The share of probability below an interval's upper end: 0.975 for a level of 0.95.
pub(crate) fn upper_tail_at(level: f64) -> f64 {
    0.5 + level / 2.0
}
