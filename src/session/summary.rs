//! What a run has done, put together for its closing lines and for whoever watches it.

use std::path::Path;
use std::time::Duration;

use crate::check::program::{Node, NodeId};
use crate::engine::gauges::Counts;
use crate::engine::run::Run;
use crate::plan::draw::kind;
use crate::report::summary::{NodeSummary, RunSummary};

use super::planned::{Planned, node_counts, told};
use super::results::{self, NodeResult};

/// The nodes of a finished run with what made them run, and the models that it asked.
pub fn summary(
    run: &Run,
    nodes: &[NodeResult],
    reasons: &[Planned],
    file: &Path,
    elapsed: Duration,
) -> RunSummary {
    let program = &run.ground.program;
    let nodes = nodes.iter().map(|result| {
        let node = &program.nodes[result.node.0 as usize];
        let counts = Counts { rows: result.table.rows(), failed: result.table.failed(), ..result.counts };
        of_node(node, &counts, result.known, told(reasons, &node.name))
    });
    whole(run, nodes.collect(), file, elapsed)
}

/// The same of a run that is under way; why its nodes run is told when it is over.
pub fn so_far(run: &Run, file: &Path, elapsed: Duration) -> RunSummary {
    let nodes = run.ground.program.nodes.iter().zip(0..).map(|(node, at)| {
        let counts = node_counts(run, NodeId(at));
        let units = run.plan.units.iter().zip(run.gauges.iter());
        let done = units.filter(|(unit, _)| unit.node == NodeId(at)).all(|(_, gauge)| gauge.is_done());
        let known = done && counts.rows > 0 && counts.reused == counts.rows;
        of_node(node, &counts, known, Vec::new())
    });
    whole(run, nodes.collect(), file, elapsed)
}

fn of_node(node: &Node, counts: &Counts, known: bool, why: Vec<String>) -> NodeSummary {
    NodeSummary {
        name: node.name.to_string(),
        kind: kind(node.kind).to_owned(),
        rows: counts.rows,
        failed: counts.failed,
        known,
        reused: counts.reused,
        calls: counts.calls,
        recorded: counts.recorded,
        repaired: counts.repaired,
        tokens: counts.tokens,
        spared: counts.spared,
        saved_microdollars: counts.saved,
        why,
        spent_microdollars: counts.spent,
    }
}

fn whole(run: &Run, nodes: Vec<NodeSummary>, file: &Path, elapsed: Duration) -> RunSummary {
    RunSummary {
        file: file.display().to_string(),
        within: None,
        nodes,
        models: results::models(run),
        elapsed,
    }
}
