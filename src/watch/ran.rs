//! What a run after a save gave.

use std::time::Duration;

use crate::report::movement::MeasureMoves;
use crate::report::summary::RunSummary;

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Ran {
    pub summary: RunSummary,
    /// The numbers, beside those before.
    pub moves: Vec<MeasureMoves>,
    /// The run was stopped before its end: by a newer save, a pause or a budget.
    pub stopped: bool,
    /// What a limit kept it from, and what of it waits for batches.
    pub words: Vec<String>,
    /// From the save, or from the start, to the numbers.
    pub took: Duration,
}
