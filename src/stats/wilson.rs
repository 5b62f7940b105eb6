//! Intervals for a proportion that stay within 0 and 1.

use super::interval::{Interval, upper_tail_at};
use super::normal::normal_quantile;

/// The score interval of `successes` in `n` independent trials; 0 to 1 where `n` is 0.
///
/// Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
/// the American Statistical Association 22 (1927).
pub fn wilson(successes: f64, n: f64, level: f64) -> Interval {
    let z = normal_quantile(upper_tail_at(level));
    let everything = Interval { low: 0.0, high: 1.0 };
    if n <= 0.0 || !z.is_finite() || !n.is_finite() {
        return everything;
    }
    let p = (successes / n).clamp(0.0, 1.0);
    let square = z * z / n;
    let center = (p + square / 2.0) / (1.0 + square);
    let half = z / (1.0 + square) * (p * (1.0 - p) / n + square / (4.0 * n)).sqrt();
    let interval = Interval::around(center, half).within(0.0, 1.0);
    // Algebra says so at the edges; rounding alone would miss them.
    Interval {
        low: if p == 0.0 { 0.0 } else { interval.low },
        high: if p == 1.0 { 1.0 } else { interval.high },
    }
}

/// The score interval for trials in clusters: as if there were `n / design_effect` independent
/// trials with the same share of successes.
///
/// Kish, "Survey Sampling" (1965), section 8.2; Franco, Little, Louis and Slud, "Comparative
/// study of confidence intervals for proportions in complex sample surveys", Journal of Survey
/// Statistics and Methodology 7 (2019).
pub fn wilson_clustered(successes: f64, n: f64, design_effect: f64, level: f64) -> Interval {
    wilson(successes / design_effect, n / design_effect, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
    }

    /// Table I of Newcombe, "Two-sided confidence intervals for the single proportion",
    /// Statistics in Medicine 17 (1998), method 3.
    #[test]
    fn published_intervals() {
        close(wilson(81.0, 263.0, 0.95), 0.2553, 0.3662);
        close(wilson(15.0, 148.0, 0.95), 0.0624, 0.1605);
        close(wilson(0.0, 20.0, 0.95), 0.0, 0.1611);
        close(wilson(1.0, 29.0, 0.95), 0.0061, 0.1718);
    }

    #[test]
    fn edges_are_closed() {
        assert_eq!(wilson(0.0, 7.0, 0.95).low, 0.0);
        assert_eq!(wilson(7.0, 7.0, 0.95).high, 1.0);
        assert_eq!(wilson(0.0, 0.0, 0.95), Interval { low: 0.0, high: 1.0 });
        assert_eq!(wilson(1.0, 2.0, 1.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn repeating_each_trial_in_its_cluster_tells_nothing_new() {
        assert_eq!(wilson_clustered(40.0, 100.0, 4.0, 0.95), wilson(10.0, 25.0, 0.95));
    }
}
