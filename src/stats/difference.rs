//! Intervals for a difference: between two groups, or between two outcomes of the same cases.

use std::collections::BTreeMap;

use super::clusters::{Clusters, half_width, variance_of};
use super::interval::Interval;
use super::mcnemar::Pairs;
use super::wilson::wilson;

/// The interval of `p1 - p2` for two independent groups, each `(successes, n)`.
///
/// Newcombe, "Interval estimation for the difference between independent proportions",
/// Statistics in Medicine 17 (1998), method 10: the score intervals of both, combined. None
/// where a group is empty.
pub fn newcombe(first: (f64, f64), second: (f64, f64), level: f64) -> Option<Interval> {
    combined(first, second, 0.0, level)
}

/// The interval of the difference between two outcomes of the same cases: the share where the
/// first is yes, less the share where the second is.
///
/// Newcombe, "Improved confidence intervals for the difference between binomial proportions
/// based on paired data", Statistics in Medicine 17 (1998), method 10: the score intervals,
/// with the outcomes' correlation. None of no cases.
pub fn newcombe_paired(pairs: &Pairs, level: f64) -> Option<Interval> {
    let [both, first, second, neither] =
        [pairs.both, pairs.only_first, pairs.only_second, pairs.neither].map(|count| count as f64);
    let n = both + first + second + neither;
    let margins = (both + first) * (second + neither) * (both + second) * (first + neither);
    let association = both * neither - first * second;
    // Only a positive association narrows the interval, so only it is corrected for continuity.
    let corrected = if association > 0.0 { (association - n / 2.0).max(0.0) } else { association };
    let correlation = if margins > 0.0 { corrected / margins.sqrt() } else { 0.0 };
    combined((both + first, n), (both + second, n), correlation, level)
}

fn combined(first: (f64, f64), second: (f64, f64), correlation: f64, level: f64) -> Option<Interval> {
    if first.1 <= 0.0 || second.1 <= 0.0 {
        return None;
    }
    let (p1, p2) = (first.0 / first.1, second.0 / second.1);
    let (one, two) = (wilson(first.0, first.1, level), wilson(second.0, second.1, level));
    let distance = |a: f64, b: f64| (a * a - 2.0 * correlation * a * b + b * b).max(0.0).sqrt();
    Some(Interval {
        low: p1 - p2 - distance(p1 - one.low, two.high - p2),
        high: p1 - p2 + distance(one.high - p1, p2 - two.low),
    })
}

/// The interval of the difference of two ratios over the same clusters, such as a metric of
/// varied rows and of their originals.
///
/// The linearised variance with the covariance of both within clusters, as
/// [`Clusters::variance`] has it for one ratio. A cluster in only one of the two counts with
/// nothing in the other. None where a ratio is, and for fewer than two clusters.
pub fn paired_difference(first: &Clusters, second: &Clusters, level: f64) -> Option<Interval> {
    let difference = first.ratio()? - second.ratio()?;
    let mut influences: BTreeMap<u128, f64> = first.influences()?.collect();
    for (cluster, influence) in second.influences()? {
        *influences.entry(cluster).or_default() -= influence;
    }
    let variance = variance_of(influences.values().copied())?;
    Some(Interval::around(difference, half_width(variance, influences.len(), level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(interval: Option<Interval>, low: f64, high: f64) {
        let found = interval.unwrap();
        assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{found:?}");
    }

    /// Table II of Newcombe (1998), method 10.
    #[test]
    fn published_intervals_of_independent_groups() {
        close(newcombe((56.0, 70.0), (48.0, 80.0), 0.95), 0.0524, 0.3339);
        close(newcombe((9.0, 10.0), (3.0, 10.0), 0.95), 0.1705, 0.8090);
        close(newcombe((10.0, 10.0), (0.0, 10.0), 0.95), 0.6075, 1.0);
        assert_eq!(newcombe((0.0, 0.0), (1.0, 2.0), 0.95), None);
    }

    /// The formulas of Newcombe (1998) followed by hand.
    #[test]
    fn intervals_of_paired_outcomes() {
        let pairs = |both, only_first, only_second, neither| Pairs { both, only_first, only_second, neither };
        close(newcombe_paired(&pairs(20, 12, 2, 16), 0.95), 0.0562, 0.3292);
        close(newcombe_paired(&pairs(53, 0, 1, 0), 0.95), -0.0977, 0.0496);
        assert_eq!(newcombe_paired(&Pairs::default(), 0.95), None);
    }

    #[test]
    fn pairing_narrows_the_interval() {
        let (mut first, mut second) = (Clusters::new(), Clusters::new());
        for cluster in 0..50_u32 {
            let hard = f64::from(cluster % 5);
            first.add(u128::from(cluster), hard, 1.0).unwrap();
            second.add(u128::from(cluster), hard - 0.5 - f64::from(cluster % 2) / 10.0, 1.0).unwrap();
        }
        let paired = paired_difference(&first, &second, 0.95).unwrap();
        assert!(paired.contains(0.55));
        // Differences of 0.5 and 0.6 in equal number: deviation 0.05·√(50/49), by √50.
        let half = 2.009_575 * 0.05 / 49.0_f64.sqrt();
        assert!((paired.high - 0.55 - half).abs() < 1e-6, "{paired:?}");
        let alone = first.interval(0.95).unwrap();
        assert!(paired.high - paired.low < (alone.high - alone.low) / 10.0);
    }
}
