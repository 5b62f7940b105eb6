//! Units of work: a node's steps, cut where the whole table is needed.

use std::ops::Range;

use crate::check::program::{ModelId, Node, NodeId, Step, StepKind};
use crate::digest::Digest;
use crate::syntax::tree::NodeKind;

/// Place of a unit in [`Plan::units`](super::Plan).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub u32);

/// Steps of one node that run together. Its table is the input of the next unit.
#[derive(Clone, Debug)]
pub struct Unit {
    pub node: NodeId,
    pub kind: UnitKind,
    /// Places in the node's steps.
    pub steps: Range<usize>,
    /// The table that the rows come from first; then those that its step names.
    pub inputs: Vec<UnitId>,
    /// Last of its node: its table is the node's.
    pub last: bool,
    /// For each step, how many random steps of the node stand before it: what tells their draws
    /// apart, and steady when a step that draws nothing is put between.
    pub draws: Vec<u32>,
    /// The models it may ask.
    pub models: Vec<ModelId>,
    /// Of a query: the models it asks, each with the identity that its chunks' keys add.
    pub targets: Vec<Target>,
    /// All that decides what the unit does with its inputs, as text; see [`super::canonical`].
    pub manifest: String,
    /// Hash of the manifest.
    pub fingerprint: Digest,
}

/// One model under test of a query.
#[derive(Clone, Debug)]
pub struct Target {
    pub model: ModelId,
    /// Place in the model's bindings.
    pub binding: u32,
    pub fingerprint: Digest,
}

/// How a unit takes in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Reads a file.
    Source,
    /// Rows written in the program.
    Rows,
    /// Row by row, chunk by chunk.
    Stream,
    /// Row by row, once for each model.
    Query,
    /// Needs the whole table (and perhaps another) before its first row.
    Barrier,
    /// Numbers.
    Measure,
}

impl Unit {
    /// Whether rows that failed before it go on through it: within a node, and into a judge or a
    /// measure, where they count as missing. A case that could not be made in the first place stays
    /// with the node that could not make it.
    pub fn carries_failures(&self, node: &Node) -> bool {
        self.steps.start > 0 || matches!(node.kind, NodeKind::Judge | NodeKind::Measure)
    }
}

impl UnitKind {
    /// What kind of unit a step belongs to.
    pub fn of(step: &StepKind) -> UnitKind {
        match step {
            StepKind::Read(_) => UnitKind::Source,
            StepKind::Rows { .. } | StepKind::Listed { .. } => UnitKind::Rows,
            StepKind::Query(_) => UnitKind::Query,
            StepKind::Measure(_) => UnitKind::Measure,
            StepKind::Join { .. }
            | StepKind::Union { .. }
            | StepKind::Group { .. }
            | StepKind::Sample { .. }
            | StepKind::Dedup(_)
            | StepKind::Order { .. }
            | StepKind::Batch { .. }
            | StepKind::Labels { .. } => UnitKind::Barrier,
            StepKind::Key(_)
            | StepKind::Where(_)
            | StepKind::Let(_)
            | StepKind::Explode { .. }
            | StepKind::Cross { .. }
            | StepKind::Repeat { .. }
            | StepKind::Unbatch { .. }
            | StepKind::Search { .. }
            | StepKind::Fetch { .. }
            | StepKind::Vary(_)
            | StepKind::Verdict(_)
            | StepKind::Repaired { .. }
            | StepKind::Project(_) => UnitKind::Stream,
        }
    }
}

/// Cuts a node's steps into runs of one kind; only streaming steps share a unit. A query also lays out
/// its rows where nothing else is done to them: for that alone each row would be handed on, run and
/// stored once more.
pub(super) fn cut(steps: &[Step]) -> Vec<(UnitKind, Range<usize>)> {
    let mut cuts: Vec<(UnitKind, Range<usize>)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let kind = UnitKind::of(&step.kind);
        match cuts.last_mut() {
            Some((UnitKind::Stream, range)) if kind == UnitKind::Stream => range.end = at + 1,
            Some((UnitKind::Query, range)) if step.kind.is_layout() => range.end = at + 1,
            _ => cuts.push((kind, at..at + 1)),
        }
    }
    cuts
}
