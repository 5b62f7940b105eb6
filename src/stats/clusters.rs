//! Means and ratios over rows that depend on each other within clusters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fixed::{Fixed, OutOfRange};
use super::interval::{Interval, upper_tail_at};
use super::student::student_quantile;

/// What a cluster adds to a ratio of sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// The sum of the numerator's values.
    pub above: Fixed,
    /// The sum of the denominator's values: the count of rows, for a mean.
    pub below: Fixed,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        self.above += other.above;
        self.below += other.below;
    }
}

/// The sums of each cluster: a partial result, as large as there are clusters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<(u64, u64, Sums)>", from = "Vec<(u64, u64, Sums)>")]
pub struct Clusters {
    sums: BTreeMap<u128, Sums>,
}

impl Clusters {
    /// No clusters.
    pub fn new() -> Clusters {
        Clusters::default()
    }

    /// Adds a row: its part of the numerator and of the denominator (1, for a mean).
    pub fn add(&mut self, cluster: u128, above: f64, below: f64) -> Result<(), OutOfRange> {
        let row = Sums { above: Fixed::new(above)?, below: Fixed::new(below)? };
        *self.sums.entry(cluster).or_default() += row;
        Ok(())
    }

    /// Adds all rows of another part.
    pub fn merge(&mut self, other: &Clusters) {
        for (&cluster, &sums) in &other.sums {
            *self.sums.entry(cluster).or_default() += sums;
        }
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// Each cluster with its sums, in the order of the clusters' identities.
    pub fn iter(&self) -> impl Iterator<Item = (u128, Sums)> + '_ {
        self.sums.iter().map(|(&cluster, &sums)| (cluster, sums))
    }

    /// The sums over all clusters.
    pub fn total(&self) -> Sums {
        let mut total = Sums::default();
        for &sums in self.sums.values() {
            total += sums;
        }
        total
    }

    /// The ratio of the sums; none where the denominator is 0.
    pub fn ratio(&self) -> Option<f64> {
        let total = self.total();
        let below = total.below.value();
        (below != 0.0).then(|| total.above.value() / below)
    }

    /// Each cluster's influence on the ratio: `(Σy - r·Σn) / N`. They sum to 0.
    pub(crate) fn influences(&self) -> Option<impl Iterator<Item = (u128, f64)> + '_> {
        let ratio = self.ratio()?;
        let whole = self.total().below.value();
        let influence = move |sums: Sums| (sums.above.value() - ratio * sums.below.value()) / whole;
        Some(self.iter().map(move |(cluster, sums)| (cluster, influence(sums))))
    }

    /// The ratio's variance, robust to any dependence within clusters; it takes two of them.
    ///
    /// The linearised (delta method) variance of a ratio of sums over clusters,
    /// `G/(G-1) · Σ(y - r·n)² / N²`: Cochran, "Sampling Techniques" (1977), chapter 9A
    /// (the ratio-to-size estimate); for the factor, Cameron and Miller, "A practitioner's guide
    /// to cluster-robust inference", Journal of Human Resources 50 (2015).
    pub fn variance(&self) -> Option<f64> {
        variance_of(self.influences()?.map(|(_, influence)| influence))
    }

    /// The interval of the ratio from its variance.
    ///
    /// With Student's t of G - 1 degrees of freedom in place of the normal quantile (Cameron
    /// and Miller, section VI.D): the two are the same for many clusters, and the normal one is
    /// too narrow for few.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let half = half_width(self.variance()?, self.len(), level);
        Some(Interval::around(self.ratio()?, half))
    }

    /// How many times larger the variance of a proportion is than without clusters: for
    /// [`wilson_clustered`](super::wilson::wilson_clustered).
    ///
    /// At least 1. Where all outcomes are equal the rows say nothing of their dependence; then
    /// each cluster counts as one trial.
    pub fn design_effect(&self) -> Option<f64> {
        let p = self.ratio()?;
        let n = self.total().below.value();
        let independent = p * (1.0 - p) / n;
        let effect = if independent > 0.0 { self.variance()? / independent } else { n / self.len() as f64 };
        Some(effect.max(1.0))
    }
}

/// `G/(G-1) · Σd²` of the clusters' influences, whose sum is 0.
pub(crate) fn variance_of(influences: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, squares) = influences.fold((0_u64, 0.0), |(count, squares), d| (count + 1, squares + d * d));
    (count >= 2).then(|| count as f64 / (count - 1) as f64 * squares)
}

pub(crate) fn half_width(variance: f64, clusters: usize, level: f64) -> f64 {
    student_quantile(upper_tail_at(level), clusters.saturating_sub(1) as u64) * variance.sqrt()
}

impl From<Clusters> for Vec<(u64, u64, Sums)> {
    fn from(clusters: Clusters) -> Vec<(u64, u64, Sums)> {
        clusters.sums.into_iter().map(|(id, sums)| ((id >> 64) as u64, id as u64, sums)).collect()
    }
}

impl From<Vec<(u64, u64, Sums)>> for Clusters {
    fn from(entries: Vec<(u64, u64, Sums)>) -> Clusters {
        let id = |high, low| (u128::from(high) << 64) | u128::from(low);
        Clusters { sums: entries.into_iter().map(|(high, low, sums)| (id(high, low), sums)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(rows: &[(u128, f64)]) -> Clusters {
        let mut clusters = Clusters::new();
        for &(cluster, value) in rows {
            clusters.add(cluster, value, 1.0).unwrap();
        }
        clusters
    }

    #[test]
    fn one_row_a_cluster_is_the_textbook_error_of_a_mean() {
        let clusters = clusters(&[(1, 2.0), (2, 4.0), (3, 9.0), (4, 1.0)]);
        let (mean, variance) = (4.0, (4.0 + 0.0 + 25.0 + 9.0) / 3.0 / 4.0);
        assert_eq!(clusters.ratio(), Some(mean));
        assert!((clusters.variance().unwrap() - variance).abs() < 1e-12);
        let interval = clusters.interval(0.95).unwrap();
        assert!((interval.high - (mean + 3.182_446 * f64::sqrt(variance))).abs() < 1e-3);
    }

    #[test]
    fn copies_within_clusters_do_not_narrow_the_interval() {
        let once = clusters(&[(1, 1.0), (2, 0.0), (3, 1.0), (4, 1.0)]);
        let mut tenfold = Clusters::new();
        for _ in 0..10 {
            tenfold.merge(&once);
        }
        assert!((tenfold.variance().unwrap() - once.variance().unwrap()).abs() < 1e-15);
        assert!((tenfold.design_effect().unwrap() - 10.0 * once.design_effect().unwrap()).abs() < 1e-9);
    }

    #[test]
    fn equal_outcomes_count_once_a_cluster() {
        let clusters = clusters(&[(1, 0.0), (1, 0.0), (1, 0.0), (2, 0.0)]);
        assert_eq!(clusters.design_effect(), Some(2.0));
    }

    #[test]
    fn too_little_is_no_interval() {
        assert_eq!(Clusters::new().ratio(), None);
        assert_eq!(clusters(&[(1, 1.0), (1, 0.0)]).interval(0.95), None);
        assert!(Clusters::new().add(1, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn stored_and_read_again() {
        let clusters = clusters(&[(u128::MAX, 0.1), (7, -3.0)]);
        let text = serde_json::to_string(&clusters).unwrap();
        assert_eq!(serde_json::from_str::<Clusters>(&text).unwrap(), clusters);
    }
}
