//! Strengths of contestants from comparisons of two at a time.

use serde::{Deserialize, Serialize};

/// Who won against whom: a partial result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contests {
    contestants: usize,
    /// Twice the wins of the row against the column, so that a tie is one point for both.
    points: Vec<u64>,
}

/// How a comparison came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Winner {
    /// The first of the two.
    First,
    /// The second.
    Second,
    /// Neither.
    Tie,
}

/// Why there are no strengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStrengths {
    /// A contestant's number is not below the number of contestants, or it met itself.
    #[error("there are {contestants} contestants, and none meets itself")]
    Outside {
        /// How many contestants there are.
        contestants: usize,
    },
    /// Some contestants never lost to, or never met, the others: no finite strengths fit.
    #[error(
        "contestants {stronger} and {weaker} can't be compared: no chain of wins leads from the second to the first"
    )]
    Unbeaten {
        /// The contestant that no chain of wins reaches.
        stronger: usize,
        /// The contestant from which none leads there.
        weaker: usize,
    },
    /// The search for them did not settle.
    #[error("the strengths did not settle in {rounds} rounds")]
    Unsettled {
        /// Rounds of the search.
        rounds: usize,
    },
}

const ROUNDS: usize = 10_000;
const SETTLED: f64 = 1e-12;

impl Contests {
    /// None yet, among so many contestants.
    pub fn new(contestants: usize) -> Contests {
        Contests { contestants, points: vec![0; contestants * contestants] }
    }

    /// Adds a comparison of two different contestants; a tie is half a win for each.
    pub fn add(&mut self, first: usize, second: usize, winner: Winner) -> Result<(), NoStrengths> {
        let contestants = self.contestants;
        if first >= contestants || second >= contestants || first == second {
            return Err(NoStrengths::Outside { contestants });
        }
        let (forth, back) = match winner {
            Winner::First => (2, 0),
            Winner::Second => (0, 2),
            Winner::Tie => (1, 1),
        };
        self.points[first * contestants + second] += forth;
        self.points[second * contestants + first] += back;
        Ok(())
    }

    /// Adds all comparisons of another part among the same contestants.
    pub fn merge(&mut self, other: &Contests) -> Result<(), NoStrengths> {
        if self.contestants != other.contestants {
            return Err(NoStrengths::Outside { contestants: self.contestants });
        }
        for (points, more) in self.points.iter_mut().zip(&other.points) {
            *points += more;
        }
        Ok(())
    }

    /// The logarithms of the contestants' strengths, with mean 0: `a` beats `b` with odds of
    /// `exp(strength(a) - strength(b))`.
    ///
    /// The model: Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39
    /// (1952); its most likely strengths, by the iteration of Newman, "Efficient computation of
    /// rankings from pairwise comparisons", Journal of Machine Learning Research 24 (2023).
    pub fn strengths(&self) -> Result<Vec<f64>, NoStrengths> {
        self.connected()?;
        let mut logs = vec![0.0; self.contestants];
        for _ in 0..ROUNDS {
            let before = logs.clone();
            for contestant in 0..self.contestants {
                logs[contestant] += self.step(contestant, &logs);
            }
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            logs.iter_mut().for_each(|log| *log -= mean);
            if logs.iter().zip(&before).all(|(now, then)| (now - then).abs() < SETTLED) {
                return Ok(logs);
            }
        }
        Err(NoStrengths::Unsettled { rounds: ROUNDS })
    }

    /// By how much a contestant's log strength moves: `ln(Σ w·p_j/(p_i+p_j) / Σ l·p_i/(p_i+p_j))`.
    fn step(&self, contestant: usize, logs: &[f64]) -> f64 {
        let (mut won, mut lost) = (0.0, 0.0);
        for (other, log) in logs.iter().enumerate() {
            let likely = 1.0 / (1.0 + (log - logs[contestant]).exp());
            won += self.points(contestant, other) as f64 * (1.0 - likely);
            lost += self.points(other, contestant) as f64 * likely;
        }
        if won > 0.0 && lost > 0.0 { (won / lost).ln() } else { 0.0 }
    }

    fn points(&self, winner: usize, loser: usize) -> u64 {
        self.points[winner * self.contestants + loser]
    }

    /// Finite strengths exist where each contestant is linked to each other one by wins: Ford,
    /// "Solution of a ranking problem from binary comparisons", American Mathematical Monthly 64
    /// (1957).
    fn connected(&self) -> Result<(), NoStrengths> {
        let reached = |wins: &dyn Fn(usize, usize) -> bool| {
            let mut seen = vec![false; self.contestants];
            let mut open: Vec<usize> = (0..self.contestants.min(1)).collect();
            while let Some(contestant) = open.pop() {
                if !std::mem::replace(&mut seen[contestant], true) {
                    open.extend((0..self.contestants).filter(|&other| wins(contestant, other)));
                }
            }
            seen.iter().position(|seen| !seen)
        };
        if let Some(stronger) = reached(&|winner, loser| self.points(winner, loser) > 0) {
            return Err(NoStrengths::Unbeaten { stronger, weaker: 0 });
        }
        match reached(&|loser, winner| self.points(winner, loser) > 0) {
            Some(weaker) => Err(NoStrengths::Unbeaten { stronger: 0, weaker }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contests(contestants: usize, wins: &[(usize, usize, usize)]) -> Contests {
        let mut contests = Contests::new(contestants);
        for &(winner, loser, times) in wins {
            for _ in 0..times {
                contests.add(winner, loser, Winner::First).unwrap();
            }
        }
        contests
    }

    #[test]
    fn two_contestants_have_the_odds_of_their_wins() {
        let strengths = contests(2, &[(0, 1, 3), (1, 0, 1)]).strengths().unwrap();
        assert!((strengths[0] - strengths[1] - 3.0_f64.ln()).abs() < 1e-9);
    }

    /// What makes strengths the most likely ones: expected wins equal the observed ones.
    #[test]
    fn expected_wins_are_the_observed_ones() {
        let table =
            contests(4, &[(0, 1, 2), (0, 2, 7), (1, 0, 3), (1, 3, 5), (2, 0, 1), (2, 3, 9), (3, 2, 3)]);
        let strengths = table.strengths().unwrap();
        for a in 0..4 {
            let won: u64 = (0..4).map(|b| table.points(a, b)).sum();
            let expected: f64 = (0..4)
                .map(|b| {
                    let met = (table.points(a, b) + table.points(b, a)) as f64;
                    met / (1.0 + (strengths[b] - strengths[a]).exp())
                })
                .sum();
            assert!((won as f64 - expected).abs() < 1e-8, "{a}: {won} {expected}");
        }
    }

    #[test]
    fn a_tie_is_half_a_win_each_way() {
        let mut ties = Contests::new(2);
        ties.add(0, 1, Winner::Tie).unwrap();
        ties.add(1, 0, Winner::Second).unwrap();
        let strengths = ties.strengths().unwrap();
        assert!((strengths[0] - strengths[1] - 3.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn what_was_never_compared_has_no_strength() {
        assert_eq!(
            contests(3, &[(0, 1, 1), (1, 0, 1), (2, 0, 5)]).strengths(),
            Err(NoStrengths::Unbeaten { stronger: 2, weaker: 0 })
        );
        assert_eq!(
            contests(2, &[(0, 1, 4)]).strengths(),
            Err(NoStrengths::Unbeaten { stronger: 0, weaker: 1 })
        );
        assert_eq!(Contests::new(2).add(0, 0, Winner::Tie), Err(NoStrengths::Outside { contestants: 2 }));
        assert_eq!(Contests::new(0).strengths(), Ok(vec![]));
    }
}
