//! Count, mean, standard deviation and range of a column.

use serde::{Deserialize, Serialize};

use super::sum::ExactSum;

/// What a column's mean and deviation are made of, exactly: a partial result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    sum: ExactSum,
    squares: ExactSum,
    range: Option<(f64, f64)>,
}

impl Moments {
    /// Of no values.
    pub fn new() -> Moments {
        Moments::default()
    }

    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum.add(value);
        self.squares.add_product(value, value);
        self.widen(value, value);
    }

    /// Adds the values of another column.
    pub fn merge(&mut self, other: &Moments) {
        self.count += other.count;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        if let Some((low, high)) = other.range {
            self.widen(low, high);
        }
    }

    fn widen(&mut self, low: f64, high: f64) {
        let (least, most) = self.range.unwrap_or((low, high));
        // Unlike `f64::min`, a total order tells -0.0 from 0.0, whatever comes first.
        let least = if low.total_cmp(&least).is_lt() { low } else { least };
        let most = if high.total_cmp(&most).is_gt() { high } else { most };
        self.range = Some((least, most));
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, rounded once.
    pub fn sum(&self) -> f64 {
        self.sum.value()
    }

    /// Their mean; of no values there is none.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum() / self.count as f64)
    }

    /// The least value.
    pub fn min(&self) -> Option<f64> {
        self.range.map(|(low, _)| low)
    }

    /// The largest value.
    pub fn max(&self) -> Option<f64> {
        self.range.map(|(_, high)| high)
    }

    /// The sample variance, `Σ(x - mean)² / (n - 1)`; it takes two values.
    ///
    /// Computed as `(n·Σx² - (Σx)²) / (n·(n - 1))`, whose difference is taken with some hundred
    /// bits, so that values far from zero lose nothing.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        if self.min() == self.max() {
            return Some(0.0);
        }
        let n = self.count as f64;
        let (high, low) = self.sum.pair();
        let (squares, squares_rest) = self.squares.pair();
        let mut difference = ExactSum::new();
        difference.add_product(n, squares);
        difference.add_product(n, squares_rest);
        difference.add_product(-high, high);
        difference.add_product(-2.0 * high, low);
        difference.add_product(-low, low);
        let difference = difference.value();
        let difference = if difference < 0.0 { 0.0 } else { difference };
        Some(difference / n / (n - 1.0))
    }

    /// The sample standard deviation, the root of [`Moments::variance`].
    pub fn std(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Moments {
        let mut moments = Moments::new();
        for value in values {
            moments.add(value);
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moments(values: &[f64]) -> Moments {
        values.iter().copied().collect()
    }

    #[test]
    fn small_columns() {
        assert_eq!(moments(&[]).mean(), None);
        assert_eq!(moments(&[3.0]).mean(), Some(3.0));
        assert_eq!(moments(&[3.0]).std(), None);
        assert_eq!(moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).variance(), Some(32.0 / 7.0));
        assert_eq!(moments(&[0.1; 7]).std(), Some(0.0));
        assert_eq!((moments(&[2.0, -1.0]).min(), moments(&[2.0, -1.0]).max()), (Some(-1.0), Some(2.0)));
    }

    /// The data set `NumAcc4` of the NIST Statistical Reference Datasets: 10000000.2 once, then
    /// 10000000.1 and 10000000.3 five hundred times each; its certified deviation is 0.1.
    #[test]
    fn values_far_from_zero_lose_nothing() {
        let mut column = moments(&[10_000_000.2]);
        for _ in 0..500 {
            column.add(10_000_000.1);
            column.add(10_000_000.3);
        }
        assert!((column.mean().unwrap() - 10_000_000.2).abs() < 1e-8);
        assert!((column.std().unwrap() - 0.1).abs() < 1e-8);
    }

    proptest! {
        #[test]
        fn neither_order_nor_chunks_can_be_seen(
            values in prop::collection::vec(-1e6_f64..1e6, 2..40),
            cut in 0_usize..40,
        ) {
            let whole = moments(&values);
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged: Moments = right.iter().rev().copied().collect();
            merged.merge(&moments(left));
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(merged.std().unwrap().to_bits(), whole.std().unwrap().to_bits());
        }
    }
}
