//! What a run would do, node by node.

use serde::Serialize;

use crate::check::program::{Node, NodeId, Program};
use crate::engine::error::RunError;
use crate::engine::gauges::Counts;
use crate::engine::run::{Finished, Run};
use crate::plan::draw::kind;

use super::explain::{Explained, is_known};
use super::filed::Filed;
use super::remembered::Remembered;
use super::why::Why;

/// One node of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    pub node: String,
    pub kind: &'static str,
    /// Nothing is to be done.
    pub known: bool,
    /// Rows that are known to be in its table; those that wait for answers among them.
    pub rows: u64,
    /// Of them, rows that are taken from earlier runs without a look at them.
    pub reused: u64,
    /// Calls that would go out. What follows from an answer that is not known is counted with a
    /// stand-in for it.
    pub calls: u64,
    /// Tokens of those calls, sent and received, about.
    pub tokens: u64,
    /// What they would cost, about, as far as prices are known.
    pub microdollars: u64,
    /// Of those calls, the ones whose price is not known.
    pub unpriced: u64,
    /// What they cost at most, as far as they can be counted; nothing where no `max_tokens` bounds
    /// some reply that is paid for by its length.
    pub at_most_microdollars: Option<u64>,
    /// Of those calls, the ones whose length is guessed, since no reply at this node is on record.
    pub guessed: u64,
    /// An answer that does not do is asked for again, which is not counted.
    pub asks_again: bool,
    /// Replies on record that are read again.
    pub recorded: u64,
    /// Calls behind what is taken as it is.
    pub spared: u64,
    /// Microdollars that all this cost when it was paid for.
    pub saved_microdollars: u64,
    /// What comes in is not known before other calls are made.
    pub waits: bool,
    pub why: Vec<Why>,
    /// The reasons in words.
    pub told: Vec<String>,
}

/// The nodes of a run that asked nobody, in the order of the file; those that were not wanted are
/// left out.
pub fn planned(
    run: &Run,
    finished: &Finished,
    before: &Remembered,
    now: &Remembered,
) -> Result<Vec<Planned>, RunError> {
    let explained = Explained { run, finished, before, now };
    let wanted = |id: &NodeId| finished.tables.contains_key(&run.plan.table_of(*id));
    let nodes = (0..run.ground.program.nodes.len() as u32).map(NodeId).filter(wanted);
    nodes
        .map(|id| {
            let node = &run.ground.program.nodes[id.0 as usize];
            let known = is_known(run, finished, id);
            let counts = node_counts(run, id);
            let why = if known { Vec::new() } else { explained.why(id)? };
            let waits = node.inputs.iter().any(|input| explained.waits(*input));
            Ok(Planned {
                node: node.name.to_string(),
                kind: kind(node.kind),
                known,
                rows: counts.rows,
                // Rows with a stand-in's answer were laid out by an earlier plan, and are no answers.
                reused: counts.reused.saturating_sub(counts.absent),
                calls: counts.absent,
                tokens: counts.expected_tokens,
                microdollars: counts.expected_cost,
                unpriced: counts.unpriced,
                at_most_microdollars: (counts.unbounded == 0).then_some(counts.most_cost),
                guessed: counts.guessed,
                asks_again: asks_again(&run.ground.program, node),
                recorded: counts.recorded,
                spared: counts.spared,
                saved_microdollars: counts.saved,
                waits,
                told: why.iter().map(|why| why.told(kind(node.kind))).collect(),
                why,
            })
        })
        .collect()
}

fn asks_again(program: &Program, node: &Node) -> bool {
    let mut sent = node.steps.iter().flat_map(|step| program.sent_by(step));
    sent.any(|sent| sent.retries > 0)
}

/// Notes a run that is over for the next one to be compared with, and tells what made its nodes run.
pub fn noted(
    run: &Run,
    filed: &Filed<'_>,
    finished: &Finished,
    before: &Remembered,
    limit: Option<u64>,
) -> Result<Vec<Planned>, RunError> {
    let now = Remembered::of(run, filed, finished, limit);
    let reasons = planned(run, finished, before, &now)?;
    now.with_rest_of(before).save(run, filed, finished)?;
    Ok(reasons)
}

/// Why a node ran, in words.
pub fn told(reasons: &[Planned], node: &str) -> Vec<String> {
    let planned = reasons.iter().find(|planned| planned.node == node);
    planned.map(|planned| planned.told.clone()).unwrap_or_default()
}

/// The counts of a node over all its units; rows are those of its last.
pub fn node_counts(run: &Run, node: NodeId) -> Counts {
    let mut sum = Counts::default();
    for (unit, gauge) in run.plan.units.iter().zip(run.gauges.iter()).filter(|(unit, _)| unit.node == node) {
        let counts = gauge.counts();
        sum += if unit.last { counts } else { Counts { rows: 0, failed: 0, reused: 0, ..counts } };
    }
    sum
}
