//! The bootstrap over clusters, one row at a time.
//!
//! In replicate `b` the cluster `c` counts as often as a Poisson(1) number drawn from a hash of
//! seed, `c` and `b`. So rows can come in any order and in any chunks, and a new row changes
//! only what it adds: Hanley and MacGibbon, "Creating non-parametric bootstrap samples using
//! Poisson frequencies", Computer Methods and Programs in Biomedicine 83 (2006); Chamandy et
//! al., "Estimating uncertainty for massive data streams", Google (2012).

use serde::{Deserialize, Serialize};

use super::clusters::Clusters;
use super::fixed::{Fixed, OutOfRange};
use super::interval::{Interval, upper_tail_at};
use super::quantile::quantile_of_sorted;
use crate::random::{GOLDEN, mixed};

/// Replicates for an interval, unless the file says otherwise.
pub const DEFAULT_REPLICATES: usize = 1000;

/// A draw of 16 bits is the number of these that it reaches.
///
/// They are 2^16 times the cumulative Poisson(1) probabilities, rounded to nearest, and in sum
/// leave a mean of exactly 1.
const REACHED: [u16; 8] = [24_109, 48_219, 60_273, 64_292, 65_296, 65_497, 65_531, 65_535];
/// The largest weight.
const MOST: u64 = REACHED.len() as u64;

/// How often a cluster counts in each replicate: one Poisson(1) draw for each place of `out`.
///
/// The draws are the 16-bit parts, lowest first, of SplitMix64's output (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014), started from a hash of seed
/// and cluster by its own finaliser. Results depend on this: it may never change.
pub fn weights(seed: u64, cluster: u128, out: &mut [u8]) {
    let high = mixed(mixed(seed) ^ (cluster >> 64) as u64);
    let mut state = mixed(high.wrapping_add(GOLDEN) ^ cluster as u64);
    // In steps that a processor does for several draws at once.
    for some in out.chunks_mut(LANES) {
        let mut draws = [0_u16; LANES];
        for four in draws.chunks_exact_mut(4) {
            state = state.wrapping_add(GOLDEN);
            let word = mixed(state);
            for (draw, shift) in four.iter_mut().zip([0, 16, 32, 48]) {
                *draw = (word >> shift) as u16;
            }
        }
        let mut counts = [0_u16; LANES];
        for least in REACHED {
            for (count, &draw) in counts.iter_mut().zip(&draws) {
                *count += u16::from(draw >= least);
            }
        }
        for (weight, count) in some.iter_mut().zip(counts) {
            *weight = count as u8;
        }
    }
}

const LANES: usize = 64;
/// The interval between the quantiles of the replicates' values at both tails; NaN are left
/// out, and of no values there is none. The values are sorted by it.
///
/// Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
pub fn percentile_interval(values: &mut [f64], level: f64) -> Option<Interval> {
    values.sort_unstable_by(f64::total_cmp);
    let numbers: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let high = upper_tail_at(level);
    Some(Interval {
        low: quantile_of_sorted(&numbers, 1.0 - high)?,
        high: quantile_of_sorted(&numbers, high)?,
    })
}

/// Weighted sums of `N` columns in each replicate: a partial result.
///
/// Any statistic that is a function of sums has its replicates from here: a mean from sums of
/// values and of ones, a macro mean from the replicates of several groups with one seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Replicates<const N: usize> {
    seed: u64,
    columns: [Column; N],
    draws: Vec<u8>,
}

/// Replicates that don't go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Replicates of different seeds or numbers can't be merged.
    #[error("replicates of different seeds or numbers can't be merged")]
    Draws,
    /// What was stored has other columns.
    #[error("stored replicates have {stored} columns instead of {wanted}")]
    Columns {
        /// Columns that were stored.
        stored: usize,
        /// Columns that were asked for.
        wanted: usize,
    },
}

impl<const N: usize> Replicates<N> {
    /// So many replicates without rows.
    pub fn new(seed: u64, replicates: usize) -> Replicates<N> {
        let columns = std::array::from_fn(|_| Column::of(vec![0; replicates]));
        Replicates { seed, columns, draws: vec![0; replicates] }
    }

    /// How many replicates there are.
    pub fn len(&self) -> usize {
        self.draws.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.draws.is_empty()
    }

    /// Adds a row's values, or the sums of several rows of one cluster.
    pub fn add(&mut self, cluster: u128, values: [f64; N]) -> Result<(), OutOfRange> {
        let mut row = [Fixed::default(); N];
        for (fixed, value) in row.iter_mut().zip(values) {
            *fixed = Fixed::new(value)?;
        }
        self.add_fixed(cluster, row);
        Ok(())
    }

    fn add_fixed(&mut self, cluster: u128, row: [Fixed; N]) {
        weights(self.seed, cluster, &mut self.draws);
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.add(&self.draws, value.steps());
        }
    }

    /// Adds all rows of another part, which must have the same seed and number of replicates.
    pub fn merge(&mut self, other: &Replicates<N>) -> Result<(), Mismatch> {
        if self.seed != other.seed || self.len() != other.len() {
            return Err(Mismatch::Draws);
        }
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            column.merge(more);
        }
        Ok(())
    }

    /// The columns' sums in each replicate.
    pub fn iter(&self) -> impl Iterator<Item = [f64; N]> + '_ {
        (0..self.len()).map(|replicate| {
            std::array::from_fn(|column| Fixed::from_steps(self.columns[column].sum(replicate)).value())
        })
    }

    /// The percentile interval of a statistic; replicates where it does not exist are left out.
    pub fn interval(&self, level: f64, statistic: impl Fn([f64; N]) -> Option<f64>) -> Option<Interval> {
        let mut values: Vec<f64> = self.iter().filter_map(statistic).collect();
        percentile_interval(&mut values, level)
    }
}

impl Replicates<2> {
    /// Adds all rows of some clusters: their sums of numerator and denominator.
    pub fn add_clusters(&mut self, clusters: &Clusters) {
        for (cluster, sums) in clusters.iter() {
            self.add_fixed(cluster, [sums.above, sums.below]);
        }
    }

    /// The percentile interval of the ratio of the two columns.
    pub fn ratio_interval(&self, level: f64) -> Option<Interval> {
        self.interval(level, |[above, below]| (below != 0.0).then(|| above / below))
    }
}

impl<const N: usize> PartialEq for Replicates<N> {
    fn eq(&self, other: &Replicates<N>) -> bool {
        self.seed == other.seed && self.len() == other.len() && self.columns == other.columns
    }
}

/// One column's weighted sum in each replicate.
#[derive(Clone, Debug)]
struct Column {
    settled: Vec<i128>,
    /// Sums not yet in `settled`, in words that the processor adds several at a time.
    recent: Vec<i64>,
    /// The most that any of `recent` can be in size.
    bound: u64,
}

impl Column {
    fn of(settled: Vec<i128>) -> Column {
        Column { recent: vec![0; settled.len()], settled, bound: 0 }
    }

    fn add(&mut self, weights: &[u8], steps: i128) {
        let step = match i64::try_from(steps) {
            Ok(0) => return,
            Ok(step) if step.unsigned_abs() <= i64::MAX as u64 / MOST => step,
            _ => {
                for (sum, &weight) in self.settled.iter_mut().zip(weights) {
                    *sum = sum.wrapping_add(i128::from(weight) * steps);
                }
                return;
            }
        };
        let most = step.unsigned_abs() * MOST;
        if self.bound + most > i64::MAX as u64 {
            self.settle();
        }
        self.bound += most;
        for (sum, &weight) in self.recent.iter_mut().zip(weights) {
            *sum += i64::from(weight) * step;
        }
    }

    fn settle(&mut self) {
        for (sum, recent) in self.settled.iter_mut().zip(&mut self.recent) {
            *sum = sum.wrapping_add(i128::from(std::mem::take(recent)));
        }
        self.bound = 0;
    }

    fn merge(&mut self, other: &Column) {
        for (replicate, sum) in self.settled.iter_mut().enumerate() {
            *sum = sum.wrapping_add(other.sum(replicate));
        }
    }

    fn sum(&self, replicate: usize) -> i128 {
        self.settled[replicate].wrapping_add(i128::from(self.recent[replicate]))
    }

    fn sums(&self) -> impl Iterator<Item = i128> + '_ {
        (0..self.settled.len()).map(|replicate| self.sum(replicate))
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Column) -> bool {
        self.sums().eq(other.sums())
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    seed: u64,
    replicates: usize,
    columns: Vec<Vec<Fixed>>,
}

impl<const N: usize> From<Replicates<N>> for Stored {
    fn from(replicates: Replicates<N>) -> Stored {
        let fixed = |column: &Column| column.sums().map(Fixed::from_steps).collect();
        Stored {
            seed: replicates.seed,
            replicates: replicates.len(),
            columns: replicates.columns.iter().map(fixed).collect(),
        }
    }
}

impl<const N: usize> TryFrom<Stored> for Replicates<N> {
    type Error = Mismatch;

    fn try_from(stored: Stored) -> Result<Replicates<N>, Mismatch> {
        if stored.columns.iter().any(|column| column.len() != stored.replicates) {
            return Err(Mismatch::Draws);
        }
        let columns: Vec<Column> = stored
            .columns
            .into_iter()
            .map(|column| Column::of(column.into_iter().map(Fixed::steps).collect()))
            .collect();
        let columns = <[Column; N]>::try_from(columns)
            .map_err(|columns| Mismatch::Columns { stored: columns.len(), wanted: N })?;
        Ok(Replicates { seed: stored.seed, columns, draws: vec![0; stored.replicates] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weights_are_those_of_all_published_results() {
        let mut few = [0; 12];
        weights(1, 2, &mut few);
        assert_eq!(few, [1, 3, 0, 2, 3, 1, 0, 0, 0, 0, 1, 2]);
        weights(u64::MAX, u128::MAX, &mut few);
        assert_eq!(few, [0, 2, 0, 1, 1, 0, 0, 1, 2, 1, 0, 0]);
    }

    #[test]
    fn weights_are_poisson_with_mean_one() {
        let mut counts = [0_u32; 9];
        let mut draws = [0; 1000];
        for cluster in 0..200 {
            weights(7, cluster, &mut draws);
            for &draw in &draws {
                counts[usize::from(draw)] += 1;
            }
        }
        let mut probability = (-1.0_f64).exp();
        for (k, &count) in counts.iter().take(6).enumerate() {
            let expected = 200_000.0 * probability;
            assert!((f64::from(count) - expected).abs() < 4.0 * expected.sqrt(), "{k}: {count}");
            probability /= (k + 1) as f64;
        }
        let mean: u64 = REACHED.iter().map(|&least| (1 << 16) - u64::from(least)).sum();
        assert_eq!(mean, 1 << 16);
    }

    #[test]
    fn clusters_are_resampled_as_a_whole() {
        let mut rows = Replicates::<2>::new(3, 400);
        for row in 0..40_u32 {
            rows.add(u128::from(row / 10), [f64::from(row / 10 % 2), 1.0]).unwrap();
        }
        let mut clusters = Replicates::<2>::new(3, 400);
        for cluster in 0..4_u32 {
            clusters.add(u128::from(cluster), [f64::from(cluster % 2), 1.0]).unwrap();
        }
        assert_eq!(rows.ratio_interval(0.95), clusters.ratio_interval(0.95));
    }

    #[test]
    fn large_values_and_many_are_exact() {
        let mut large = Replicates::<1>::new(1, 5);
        for _ in 0..3 {
            large.add(9, [2.0_f64.powi(47)]).unwrap();
            large.add(9, [-1e6]).unwrap();
            large.add(9, [900_000.25]).unwrap();
        }
        let mut draws = [0; 5];
        weights(1, 9, &mut draws);
        let total = 3.0 * (2.0_f64.powi(47) - 1e6 + 900_000.25);
        for ([sum], draw) in large.iter().zip(draws) {
            assert_eq!(sum, f64::from(draw) * total);
        }
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        let mut one = Replicates::<1>::new(1, 5);
        assert_eq!(one.merge(&Replicates::new(2, 5)), Err(Mismatch::Draws));
        assert_eq!(one.merge(&Replicates::new(1, 6)), Err(Mismatch::Draws));
        let text = serde_json::to_string(&one).unwrap();
        assert!(serde_json::from_str::<Replicates<2>>(&text).is_err());
        assert_eq!(percentile_interval(&mut [f64::NAN], 0.95), None);
        assert!(one.add(1, [f64::NAN]).is_err());
    }

    proptest! {
        #[test]
        fn neither_order_nor_chunks_can_be_seen(
            rows in prop::collection::vec((0_u128..9, -1e9_f64..1e9), 1..40),
            cut in 0_usize..40,
        ) {
            let of = |rows: &mut dyn Iterator<Item = &(u128, f64)>| {
                let mut replicates = Replicates::<2>::new(5, 21);
                for &(cluster, value) in rows {
                    replicates.add(cluster, [value, 1.0]).unwrap();
                }
                replicates
            };
            let whole = of(&mut rows.iter());
            let (left, right) = rows.split_at(cut.min(rows.len()));
            let mut merged = of(&mut right.iter().rev());
            merged.merge(&of(&mut left.iter())).unwrap();
            prop_assert_eq!(serde_json::to_string(&merged).unwrap(), serde_json::to_string(&whole).unwrap());
            prop_assert_eq!(merged.ratio_interval(0.9), whole.ratio_interval(0.9));
            let mut clusters = Clusters::new();
            for &(cluster, value) in &rows {
                clusters.add(cluster, value, 1.0).unwrap();
            }
            let mut resampled = Replicates::new(5, 21);
            resampled.add_clusters(&clusters);
            prop_assert_eq!(resampled, whole);
        }
    }
}
