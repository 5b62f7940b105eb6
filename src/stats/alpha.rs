//! Krippendorff's alpha: agreement of any number of judges, on any scale, with gaps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::quantile::{ordered, unordered};

/// What it means for two values to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Labels without order: they are equal or they are not.
    Nominal,
    /// Ranks: by how many values lie between.
    Ordinal,
    /// Numbers: by their difference.
    Interval,
}

/// How often two judges' values of one case met: a partial result.
///
/// Labels come in as the number of their place in their closed set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<(u64, u64, u64, u64)>", from = "Vec<(u64, u64, u64, u64)>")]
pub struct Coincidences {
    /// Ordered pairs, by the number of values that their case has: counts stay whole numbers
    /// where the definition divides by that number less one.
    pairs: BTreeMap<(u64, u64, u64), u64>,
}

impl Coincidences {
    /// Of no cases.
    pub fn new() -> Coincidences {
        Coincidences::default()
    }

    /// Adds a case: the values that judges gave it, in any order. Gaps are just left out, and
    /// NaN is a gap; a case with fewer than two values says nothing.
    pub fn add(&mut self, values: &[f64]) {
        let values: Vec<u64> =
            values.iter().filter(|value| !value.is_nan()).map(|&value| ordered(value + 0.0)).collect();
        for (i, &a) in values.iter().enumerate() {
            for (j, &b) in values.iter().enumerate() {
                if i != j {
                    *self.pairs.entry((values.len() as u64, a, b)).or_default() += 1;
                }
            }
        }
    }

    /// Adds all cases of another part.
    pub fn merge(&mut self, other: &Coincidences) {
        for (&pair, &count) in &other.pairs {
            *self.pairs.entry(pair).or_default() += count;
        }
    }

    /// `1 - observed / expected disagreement`; none where no two values ever differ.
    ///
    /// Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), from the coincidence
    /// matrix, with the differences of its section D.
    pub fn alpha(&self, scale: Scale) -> Option<f64> {
        let mut matrix: BTreeMap<(u64, u64), f64> = BTreeMap::new();
        let mut totals: BTreeMap<u64, f64> = BTreeMap::new();
        for (&(values, a, b), &count) in &self.pairs {
            let part = count as f64 / (values - 1) as f64;
            *matrix.entry((a, b)).or_default() += part;
            *totals.entry(a).or_default() += part;
        }
        let n: f64 = totals.values().sum();
        let places = Places::new(&totals);
        let observed: f64 = matrix.iter().map(|(&(a, b), part)| part * places.difference(scale, a, b)).sum();
        let mut expected = 0.0;
        for (&a, of_a) in &totals {
            for (&b, of_b) in &totals {
                expected += of_a * of_b * places.difference(scale, a, b);
            }
        }
        (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
    }
}

/// For each value, how many lie below it, its own half counted.
struct Places(BTreeMap<u64, f64>);

impl Places {
    fn new(totals: &BTreeMap<u64, f64>) -> Places {
        let mut below = 0.0;
        let place = |(&value, &total): (&u64, &f64)| {
            let middle = below + total / 2.0;
            below += total;
            (value, middle)
        };
        Places(totals.iter().map(place).collect())
    }

    fn difference(&self, scale: Scale, a: u64, b: u64) -> f64 {
        if a == b {
            return 0.0;
        }
        let place = |value: u64| self.0.get(&value).copied().unwrap_or_default();
        match scale {
            Scale::Nominal => 1.0,
            Scale::Ordinal => (place(a) - place(b)).powi(2),
            Scale::Interval => (unordered(a) - unordered(b)).powi(2),
        }
    }
}

impl From<Coincidences> for Vec<(u64, u64, u64, u64)> {
    fn from(coincidences: Coincidences) -> Vec<(u64, u64, u64, u64)> {
        coincidences.pairs.into_iter().map(|((values, a, b), count)| (values, a, b, count)).collect()
    }
}

impl From<Vec<(u64, u64, u64, u64)>> for Coincidences {
    fn from(pairs: Vec<(u64, u64, u64, u64)>) -> Coincidences {
        // A pair needs two values: anything else was never written.
        let pairs = pairs.into_iter().filter(|&(values, ..)| values >= 2);
        Coincidences { pairs: pairs.map(|(values, a, b, count)| ((values, a, b), count)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: f64 = f64::NAN;

    /// Section C of Krippendorff (2011): four observers, twelve units, with gaps.
    const UNITS: [[f64; 4]; 12] = [
        [1.0, 1.0, GAP, 1.0],
        [2.0, 2.0, 3.0, 2.0],
        [3.0, 3.0, 3.0, 3.0],
        [3.0, 3.0, 3.0, 3.0],
        [2.0, 2.0, 2.0, 2.0],
        [1.0, 2.0, 3.0, 4.0],
        [4.0, 4.0, 4.0, 4.0],
        [1.0, 1.0, 2.0, 1.0],
        [2.0, 2.0, 2.0, 2.0],
        [GAP, 5.0, 5.0, 5.0],
        [GAP, GAP, 1.0, 1.0],
        [GAP, GAP, 3.0, GAP],
    ];

    #[test]
    fn krippendorffs_own_example() {
        let mut all = Coincidences::new();
        UNITS.iter().for_each(|unit| all.add(unit));
        for (scale, alpha) in [(Scale::Nominal, 0.743), (Scale::Ordinal, 0.815), (Scale::Interval, 0.849)] {
            assert!((all.alpha(scale).unwrap() - alpha).abs() < 5e-4, "{scale:?} {:?}", all.alpha(scale));
        }
    }

    #[test]
    fn neither_order_nor_chunks_can_be_seen() {
        let (mut all, mut left, mut right) = (Coincidences::new(), Coincidences::new(), Coincidences::new());
        for (index, unit) in UNITS.iter().enumerate() {
            all.add(unit);
            let mut turned = *unit;
            turned.rotate_left(index % 4);
            if index % 3 == 0 { &mut left } else { &mut right }.add(&turned);
        }
        right.merge(&left);
        let text = serde_json::to_string(&right).unwrap();
        assert_eq!(text, serde_json::to_string(&all).unwrap());
        assert_eq!(serde_json::from_str::<Coincidences>(&text).unwrap(), all);
    }

    #[test]
    fn nothing_to_agree_on() {
        let mut cases = Coincidences::new();
        assert_eq!(cases.alpha(Scale::Nominal), None);
        cases.add(&[1.0, 1.0]);
        cases.add(&[2.0]);
        assert_eq!(cases.alpha(Scale::Nominal), None);
        cases.add(&[0.0, -0.0]);
        assert_eq!(cases.alpha(Scale::Nominal), Some(1.0));
    }
}
