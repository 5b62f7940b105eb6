//! Pipelines run together, and the scores made of them.

use std::sync::Arc;

use super::{Direction, Expr, NodeId, Program};
use crate::syntax::tree::Total;

/// What a suite combines.
#[derive(Clone, Debug)]
pub struct Suite {
    pub runs: Vec<SuiteRun>,
    pub scores: Vec<SuiteScore>,
    /// Places in `scores`; empty where the suite states no leaderboard.
    pub leaderboard: Vec<u32>,
}

#[derive(Clone, Debug)]
pub struct SuiteRun {
    pub name: Arc<str>,
    /// As written: relative to the suite's folder. Its own paths start at its own folder.
    pub path: Arc<str>,
    pub program: Arc<Program>,
}

#[derive(Clone, Debug)]
pub struct SuiteScore {
    pub name: Arc<str>,
    /// Over locals: Local(n) is the score, 0 to 100 and higher is better, of part n for one model.
    pub value: Expr,
    pub parts: Vec<SuitePart>,
    pub frame: u32,
}

#[derive(Clone, Debug)]
pub enum SuitePart {
    /// The number stands in the measure's group of the model or, where `total` says so, in the
    /// total over all other columns.
    Metric {
        run: u32,
        node: NodeId,
        metric: Arc<str>,
        direction: Direction,
        total: Option<Total>,
    },
    Score(u32),
}
