//! Numbers on a fixed grid, whose sums are exact and small.

use serde::{Deserialize, Serialize};

/// Steps of the grid in one: a resolution of 2^-40, about 10^-12.
const STEPS: f64 = (1_u64 << 40) as f64;
/// Values are below 2^48 in size, so that 2^36 of them, weighted by up to 8, stay in 127 bits.
const LIMIT: f64 = (1_u64 << 48) as f64;

/// A multiple of 2^-40.
///
/// Where thousands of sums are kept at once, as in resampling, each is one of these: whole
/// numbers are exact, all others are rounded once, when they come in, by at most 2^-41. What
/// follows is integer addition, so the order of rows cannot be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "(i64, u64)", from = "(i64, u64)")]
pub struct Fixed(i128);

/// A number that the grid does not hold.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{value} is not a finite number below 2^48 in size")]
pub struct OutOfRange {
    /// The number.
    pub value: f64,
}

impl Fixed {
    /// The nearest multiple of 2^-40.
    pub fn new(value: f64) -> Result<Fixed, OutOfRange> {
        if value.abs() < LIMIT {
            Ok(Fixed((value * STEPS).round_ties_even() as i128))
        } else {
            Err(OutOfRange { value })
        }
    }

    /// The nearest floating-point number.
    pub fn value(self) -> f64 {
        self.0 as f64 / STEPS
    }

    /// The number in steps of 2^-40.
    pub(crate) fn steps(self) -> i128 {
        self.0
    }

    /// The number of so many steps of 2^-40.
    pub(crate) fn from_steps(steps: i128) -> Fixed {
        Fixed(steps)
    }
}

impl std::ops::AddAssign for Fixed {
    fn add_assign(&mut self, other: Fixed) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

/// Halves, since few formats have integers of 128 bits.
impl From<Fixed> for (i64, u64) {
    fn from(fixed: Fixed) -> (i64, u64) {
        ((fixed.0 >> 64) as i64, fixed.0 as u64)
    }
}

impl From<(i64, u64)> for Fixed {
    fn from((high, low): (i64, u64)) -> Fixed {
        Fixed((i128::from(high) << 64) | i128::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_the_grid_does_not_hold_is_an_error() {
        for value in [f64::NAN, f64::INFINITY, 1e15, -1e300] {
            assert!(Fixed::new(value).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn values_are_kept_within_half_a_step(value in -1e14_f64..1e14) {
            let fixed = Fixed::new(value).unwrap();
            prop_assert!((fixed.value() - value).abs() <= 0.5 / STEPS);
            let text = serde_json::to_string(&fixed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Fixed>(&text).unwrap(), fixed);
        }
    }
}
