//! Quantiles of a column.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The quantile at `p` in 0 to 1 of ascending values, between neighbours on a straight line;
/// none of no values, and none for another `p`.
///
/// Type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", The American
/// Statistician 50 (1996).
pub fn quantile_of_sorted(values: &[f64], p: f64) -> Option<f64> {
    quantile_by(values.len() as u64, p, |rank| values.get(rank as usize).copied())
}

fn quantile_by(count: u64, p: f64, at: impl Fn(u64) -> Option<f64>) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) || count == 0 {
        return None;
    }
    let place = (count - 1) as f64 * p;
    let low = at(place as u64)?;
    let part = place.fract();
    if part == 0.0 {
        return Some(low);
    }
    let high = at(place as u64 + 1)?;
    Some(low + part * (high - low))
}

/// How often each value of a column occurs: a partial result, as large as there are different
/// values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Frequencies {
    counts: BTreeMap<u64, u64>,
}

impl Frequencies {
    /// Of no values.
    pub fn new() -> Frequencies {
        Frequencies::default()
    }

    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        *self.counts.entry(ordered(value)).or_default() += 1;
    }

    /// Adds the values of another column.
    pub fn merge(&mut self, other: &Frequencies) {
        for (&value, &count) in &other.counts {
            *self.counts.entry(value).or_default() += count;
        }
    }

    /// The quantile at `p`, as [`quantile_of_sorted`] has it.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        quantile_by(self.counts.values().sum(), p, |rank| {
            let mut passed = 0;
            self.counts
                .iter()
                .find(|&(_, &count)| {
                    passed += count;
                    passed > rank
                })
                .map(|(&value, _)| unordered(value))
        })
    }
}

impl FromIterator<f64> for Frequencies {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Frequencies {
        let mut frequencies = Frequencies::new();
        for value in values {
            frequencies.add(value);
        }
        frequencies
    }
}

impl From<Frequencies> for Vec<(u64, u64)> {
    fn from(frequencies: Frequencies) -> Vec<(u64, u64)> {
        frequencies.counts.into_iter().collect()
    }
}

impl From<Vec<(u64, u64)>> for Frequencies {
    fn from(counts: Vec<(u64, u64)>) -> Frequencies {
        Frequencies { counts: counts.into_iter().collect() }
    }
}

const SIGN: u64 = 1 << 63;

/// Bits that sort as the numbers do under [`f64::total_cmp`].
pub(crate) fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The number that [`ordered`] was given.
pub(crate) fn unordered(bits: u64) -> f64 {
    f64::from_bits(if bits & SIGN == 0 { !bits } else { bits & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn between_neighbours() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile_of_sorted(&values, 0.0), Some(1.0));
        assert_eq!(quantile_of_sorted(&values, 0.5), Some(3.0));
        assert_eq!(quantile_of_sorted(&values, 0.25), Some(1.75));
        assert_eq!(quantile_of_sorted(&values, 1.0), Some(8.0));
        assert_eq!(quantile_of_sorted(&[], 0.5), None);
        assert_eq!(quantile_of_sorted(&values, 1.5), None);
        assert_eq!(quantile_of_sorted(&values, f64::NAN), None);
    }

    proptest! {
        #[test]
        fn counted_values_have_the_quantiles_of_listed_ones(
            mut values in prop::collection::vec(-5_i8..5, 1..40),
            cut in 0_usize..40,
            p in 0.0_f64..=1.0,
        ) {
            let numbers = |values: &[i8]| values.iter().map(|&v| f64::from(v) / 3.0).collect::<Vec<_>>();
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut counted: Frequencies = numbers(right).into_iter().collect();
            counted.merge(&numbers(left).into_iter().collect());
            values.sort_unstable();
            prop_assert_eq!(counted.quantile(p), quantile_of_sorted(&numbers(&values), p));
            let text = serde_json::to_string(&counted).unwrap();
            prop_assert_eq!(serde_json::from_str::<Frequencies>(&text).unwrap(), counted);
        }

        #[test]
        fn ordered_bits_sort_as_numbers(a in any::<f64>(), b in any::<f64>()) {
            prop_assert_eq!(ordered(a).cmp(&ordered(b)), a.total_cmp(&b));
            prop_assert_eq!(unordered(ordered(a)).to_bits(), a.to_bits());
        }
    }
}
