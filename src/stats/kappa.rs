//! Agreement of judges beyond chance, for closed sets of labels.

use serde::{Deserialize, Serialize};

/// How often one judge's label met the other's: a square table of counts, a partial result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    labels: usize,
    counts: Vec<u64>,
}

/// How far apart two labels are, for a set of labels in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weights {
    /// Any two different labels are one apart.
    Equal,
    /// By the number of steps between them.
    Linear,
    /// By its square.
    Quadratic,
}

impl Weights {
    fn between(self, a: usize, b: usize) -> f64 {
        let steps = a.abs_diff(b);
        match self {
            Weights::Equal => f64::from(u8::from(steps != 0)),
            Weights::Linear => steps as f64,
            Weights::Quadratic => (steps * steps) as f64,
        }
    }
}

/// Tables of different sets of labels, or a label outside the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a label outside the set of {labels}")]
pub struct OutsideLabels {
    /// How many labels the set has.
    pub labels: usize,
}

impl Confusion {
    /// An empty table for a set of so many labels.
    pub fn new(labels: usize) -> Confusion {
        Confusion { labels, counts: vec![0; labels * labels] }
    }

    /// Adds a case that the first judge labelled `first` and the second one `second`.
    pub fn add(&mut self, first: usize, second: usize) -> Result<(), OutsideLabels> {
        if first >= self.labels || second >= self.labels {
            return Err(OutsideLabels { labels: self.labels });
        }
        self.counts[first * self.labels + second] += 1;
        Ok(())
    }

    /// Adds all cases of another table of the same labels.
    pub fn merge(&mut self, other: &Confusion) -> Result<(), OutsideLabels> {
        if self.labels != other.labels {
            return Err(OutsideLabels { labels: self.labels });
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        Ok(())
    }

    /// How many cases there are.
    pub fn cases(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The share of cases with equal labels; none of no cases.
    pub fn agreement(&self) -> Option<f64> {
        let equal: u64 = self.counts.iter().step_by(self.labels + 1).sum();
        (self.cases() > 0).then(|| equal as f64 / self.cases() as f64)
    }

    /// Cohen's kappa: `1 - Σ w·observed / Σ w·expected`.
    ///
    /// Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    /// Measurement 20 (1960); weighted: "Weighted kappa", Psychological Bulletin 70 (1968). None
    /// where both judges gave one and the same label throughout: chance explains everything.
    pub fn kappa(&self, weights: Weights) -> Option<f64> {
        let count = |a: usize, b: usize| self.counts[a * self.labels + b] as f64;
        let labels = 0..self.labels;
        let firsts: Vec<f64> = labels.clone().map(|a| labels.clone().map(|b| count(a, b)).sum()).collect();
        let seconds: Vec<f64> = labels.clone().map(|b| labels.clone().map(|a| count(a, b)).sum()).collect();
        let (mut observed, mut expected) = (0.0, 0.0);
        for a in labels.clone() {
            for b in labels.clone() {
                observed += weights.between(a, b) * count(a, b);
                expected += weights.between(a, b) * firsts[a] * seconds[b];
            }
        }
        (expected > 0.0).then(|| 1.0 - observed * self.cases() as f64 / expected)
    }
}

/// Labels that a fixed number of judges gave to each case: a partial result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    judges: u64,
    cases: u64,
    totals: Vec<u64>,
    squares: u64,
}

/// A case that doesn't belong to a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case with {given} labels of a set of {labels}, for a panel of {judges} judges")]
pub struct OutsidePanel {
    /// Labels given to the case.
    pub given: u64,
    /// Size of the set of labels in which they were counted.
    pub labels: usize,
    /// Judges of the panel.
    pub judges: u64,
}

impl Panel {
    /// No cases yet, for so many judges and a set of so many labels.
    pub fn new(judges: u64, labels: usize) -> Panel {
        Panel { judges, cases: 0, totals: vec![0; labels], squares: 0 }
    }

    /// Adds a case: how many judges gave it each label.
    pub fn add(&mut self, counts: &[u64]) -> Result<(), OutsidePanel> {
        let given = counts.iter().sum();
        if given != self.judges || counts.len() != self.totals.len() {
            return Err(OutsidePanel { given, labels: counts.len(), judges: self.judges });
        }
        self.cases += 1;
        for (total, &count) in self.totals.iter_mut().zip(counts) {
            *total += count;
            self.squares += count * count;
        }
        Ok(())
    }

    /// Adds all cases of another part of the same panel.
    pub fn merge(&mut self, other: &Panel) -> Result<(), OutsidePanel> {
        if self.judges != other.judges || self.totals.len() != other.totals.len() {
            return Err(OutsidePanel {
                given: other.judges,
                labels: other.totals.len(),
                judges: self.judges,
            });
        }
        self.cases += other.cases;
        self.squares += other.squares;
        for (total, more) in self.totals.iter_mut().zip(&other.totals) {
            *total += more;
        }
        Ok(())
    }

    /// Fleiss' kappa; none for fewer than two judges, no cases, or one label throughout.
    ///
    /// Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76
    /// (1971).
    pub fn kappa(&self) -> Option<f64> {
        let labels = (self.cases * self.judges) as f64;
        if self.judges < 2 || self.cases == 0 {
            return None;
        }
        let observed = (self.squares as f64 - labels) / (labels * (self.judges - 1) as f64);
        let expected: f64 = self.totals.iter().map(|&total| (total as f64 / labels).powi(2)).sum();
        (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(labels: usize, counts: &[u64]) -> Confusion {
        Confusion { labels, counts: counts.to_vec() }
    }

    /// The proportions of table 1 of Cohen (1960), of 200 cases; kappa is .492.
    #[test]
    fn cohens_own_example() {
        let table = table(3, &[88, 14, 18, 10, 40, 10, 2, 6, 12]);
        assert!((table.agreement().unwrap() - 0.7).abs() < 1e-12);
        assert!((table.kappa(Weights::Equal).unwrap() - 0.492).abs() < 5e-4);
    }

    #[test]
    fn distance_matters_when_weighted() {
        let near = table(3, &[10, 5, 0, 5, 10, 5, 0, 5, 10]);
        let far = table(3, &[10, 0, 5, 5, 10, 5, 5, 0, 10]);
        assert!(near.kappa(Weights::Quadratic) > far.kappa(Weights::Quadratic));
        let by_hand = 1.0 - (20.0 * 50.0) / (2.0 * (15.0 * 20.0 * 2.0) + 4.0 * (15.0 * 15.0) * 2.0);
        assert!((near.kappa(Weights::Quadratic).unwrap() - by_hand).abs() < 1e-12);
    }

    /// Table 1 of Fleiss (1971) is of 30 patients; this is the smaller example of fourteen
    /// judges, ten cases and five labels found in many textbooks, with kappa .210.
    #[test]
    fn fleiss_for_fourteen_judges() {
        let cases = [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ];
        let (mut panel, mut rest) = (Panel::new(14, 5), Panel::new(14, 5));
        for (index, case) in cases.iter().enumerate() {
            if index % 3 == 0 { &mut rest } else { &mut panel }.add(case).unwrap();
        }
        panel.merge(&rest).unwrap();
        assert!((panel.kappa().unwrap() - 0.210).abs() < 5e-4);
    }

    #[test]
    fn nothing_to_agree_on() {
        assert_eq!(Confusion::new(2).kappa(Weights::Equal), None);
        assert_eq!(Confusion::new(0).agreement(), None);
        assert_eq!(table(2, &[9, 0, 0, 0]).kappa(Weights::Equal), None);
        assert!(Confusion::new(2).add(0, 2).is_err());
        assert!(Confusion::new(2).merge(&Confusion::new(3)).is_err());
        assert_eq!(Panel::new(3, 2).kappa(), None);
        assert!(Panel::new(3, 2).add(&[1, 1]).is_err());
    }
}
