//! Two yes-or-no outcomes of the same cases: original and varied, model and model.

use serde::{Deserialize, Serialize};

/// How often each combination of two paired outcomes occurred: a partial result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// Cases where both outcomes are yes.
    pub both: u64,
    /// Cases where only the first one is.
    pub only_first: u64,
    /// Cases where only the second one is.
    pub only_second: u64,
    /// Cases where neither is.
    pub neither: u64,
}

impl Pairs {
    /// Adds a case.
    pub fn add(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.only_first,
            (false, true) => &mut self.only_second,
            (false, false) => &mut self.neither,
        } += 1;
    }

    /// Adds all cases of another part.
    pub fn merge(&mut self, other: &Pairs) {
        self.both += other.both;
        self.only_first += other.only_first;
        self.only_second += other.only_second;
        self.neither += other.neither;
    }

    /// How many cases there are.
    pub fn cases(&self) -> u64 {
        self.both + self.only_first + self.only_second + self.neither
    }

    /// The probability of a split between the unequal cases at least as uneven as this one,
    /// were both outcomes equally likely: McNemar's test, two-sided and exact.
    ///
    /// McNemar, "Note on the sampling error of the difference between correlated proportions or
    /// percentages", Psychometrika 12 (1947); exact by the binomial distribution of 1/2. It is
    /// 1 where there are no unequal cases.
    pub fn mcnemar(&self) -> f64 {
        let unequal = self.only_first + self.only_second;
        let fewer = self.only_first.min(self.only_second);
        let ln_ways = ln_factorial(unequal) - ln_factorial(fewer) - ln_factorial(unequal - fewer);
        let mut term = (ln_ways - unequal as f64 * std::f64::consts::LN_2).exp();
        let mut tail = 0.0;
        for k in (0..=fewer).rev() {
            tail += term;
            // Terms fall at least as fast as a geometric series once they vanish in the sum.
            if term <= tail * f64::EPSILON / 64.0 {
                break;
            }
            term *= k as f64 / (unequal - k + 1) as f64;
        }
        (2.0 * tail).min(1.0)
    }
}

/// `ln n!`: the product itself while a number holds it, then Stirling's series (Abramowitz and
/// Stegun, "Handbook of Mathematical Functions", 6.1.41).
fn ln_factorial(n: u64) -> f64 {
    if n < 30 {
        return (2..=n).map(|k| k as f64).product::<f64>().ln();
    }
    let x = n as f64 + 1.0;
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(only_first: u64, only_second: u64) -> f64 {
        Pairs { both: 40, only_first, only_second, neither: 7 }.mcnemar()
    }

    #[test]
    fn small_splits_by_hand() {
        assert_eq!(p(0, 0), 1.0);
        assert!((p(0, 5) - 2.0 / 32.0).abs() < 1e-15);
        assert!((p(1, 5) - 2.0 * 7.0 / 64.0).abs() < 1e-15);
        assert_eq!(p(3, 3), 1.0);
    }

    #[test]
    fn large_splits() {
        for (a, b, expected) in BINOMIAL {
            assert!((p(a, b) / expected - 1.0).abs() < 1e-9, "{a} {b}: {}", p(a, b));
        }
        assert!(p(0, 5000) < 1e-300);
    }

    /// Twice the tails of binomial distributions of 1/2.
    const BINOMIAL: [(u64, u64, f64); 3] = [
        (86, 150, 3.715_936_139_571_39e-5),
        (1000, 1100, 0.030_720_707_864_24),
        (500_500, 499_500, 0.317_794_691_363_3),
    ];

    #[test]
    fn chunks_add_up() {
        let (mut all, mut part) = (Pairs::default(), Pairs::default());
        all.add(true, true);
        all.add(true, false);
        part.add(false, true);
        part.add(false, false);
        all.merge(&part);
        assert_eq!(all, Pairs { both: 1, only_first: 1, only_second: 1, neither: 1 });
        assert_eq!(all.cases(), 4);
    }
}
