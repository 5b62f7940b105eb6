//! What a run made, for whoever shows it.

use std::sync::Arc;

use crate::check::program::NodeId;
use crate::data::row::{Reason, Row};
use crate::engine::error::RunError;
use crate::engine::gauges::Counts;
use crate::engine::run::{Door, Finished, Run};
use crate::engine::table::Table;
use crate::engine::tally::Tally;
use crate::report::summary::ModelSummary;

/// One node of a finished run.
#[derive(Clone, Debug)]
pub struct NodeResult {
    pub node: NodeId,
    /// All of the node's units were known.
    pub known: bool,
    pub table: Table,
    pub counts: Counts,
}

/// The nodes of a finished run, in the order of the plan.
pub fn nodes(run: &Run, finished: &Finished) -> Vec<NodeResult> {
    let mut results: Vec<NodeResult> = Vec::new();
    for id in run.plan.order() {
        let Some(table) = finished.tables.get(id) else { continue };
        let unit = run.plan.unit(*id);
        let counts = run.gauges[id.0 as usize].counts();
        let known = finished.doors.get(id) == Some(&Door::Known);
        match results.iter_mut().find(|result| result.node == unit.node) {
            Some(result) => {
                result.known &= known;
                // Rows are those of the node's last unit; calls are those of all.
                let rows = Counts { rows: 0, failed: 0, reused: 0, ..result.counts };
                result.counts = counts;
                result.counts += rows;
                result.table = table.clone();
            }
            None => results.push(NodeResult { node: unit.node, known, table: table.clone(), counts }),
        }
    }
    results
}

/// What each model was asked in a run so far.
pub fn models(run: &Run) -> Vec<ModelSummary> {
    let tallies = run.caller.tallies().all().into_iter();
    let summary = |(name, tally): (String, Tally)| ModelSummary {
        name,
        calls: tally.calls,
        failed: tally.failed,
        input: tally.input,
        output: tally.output,
        spent_microdollars: tally.microdollars,
        unpriced: tally.unpriced,
    };
    tallies.map(summary).collect()
}

/// A node's rows, in the order of its table.
pub fn rows(run: &Run, table: &Table) -> Result<Vec<Row>, RunError> {
    let mut all = Vec::with_capacity(table.rows() as usize);
    for rows in run.shelf.rows(table) {
        let rows: Arc<[Row]> = rows?;
        all.extend(rows.iter().cloned());
    }
    Ok(all)
}

/// Rows that a node could not finish for want of an answer or of a readable one. A verdict that is
/// missing is a result, told with the numbers it is missing from.
pub fn lost(rows: &[Row]) -> usize {
    rows.iter().filter(|row| is_lost(row)).count()
}

/// Whether a row could not be finished; see [`lost`].
pub fn is_lost(row: &Row) -> bool {
    row.failure.as_ref().is_some_and(|failure| failure.reason != Reason::Missing)
}
