//! The DAG of units.

use std::sync::Arc;

use petgraph::algo::toposort;
use petgraph::graph::DiGraph;

use crate::check::program::{NodeId, Program, Step, StepKind};
use crate::digest::Digest;

use super::canonical::{Canonical, ModelIdentities};
use super::unit::{Target, Unit, UnitId, UnitKind, cut};

/// What a program must compute, in an order in which inputs come first.
#[derive(Clone, Debug)]
pub struct Plan {
    pub program: Arc<Program>,
    pub units: Vec<Unit>,
    order: Vec<UnitId>,
    last: Vec<UnitId>,
}

impl Plan {
    /// Plans the nodes that `wanted` needs, or all where it is empty.
    pub fn new(program: Arc<Program>, models: &ModelIdentities) -> Plan {
        let order = node_order(&program);
        let canonical = Canonical::new(&program, models);
        let mut units: Vec<Unit> = Vec::new();
        let mut last = vec![UnitId(0); program.nodes.len()];
        for id in order {
            let Some(node) = program.nodes.get(id.0 as usize) else { continue };
            let mut draws = 0;
            let draws: Vec<u32> = node
                .steps
                .iter()
                .map(|step| {
                    let before = draws;
                    draws += u32::from(canonical.draws(step));
                    before
                })
                .collect();
            let cuts = cut(&node.steps);
            let count = cuts.len();
            let table = |input: &NodeId| last.get(input.0 as usize).copied();
            let mut made = Vec::new();
            for (place, (kind, steps)) in cuts.into_iter().enumerate() {
                let main = if place > 0 {
                    Some(UnitId((units.len() + place) as u32 - 1))
                } else if matches!(kind, UnitKind::Source | UnitKind::Rows) {
                    None
                } else {
                    node.inputs.first().and_then(table)
                };
                let others = canonical.inputs(&node.steps[steps.clone()]);
                let others = others.into_iter().filter_map(|at| node.inputs.get(at as usize).and_then(table));
                let inputs = main.into_iter().chain(others).collect();
                let draws = draws[steps.clone()].to_vec();
                let manifest = canonical.unit(node, &steps, &draws);
                let fingerprint = Digest::of(manifest.as_bytes());
                let is_last = place + 1 == count;
                let models = canonical.models(&node.steps[steps.clone()]);
                let targets = targets(&program, &canonical, &node.steps[steps.clone()]);
                made.push(Unit {
                    node: id,
                    kind,
                    steps,
                    inputs,
                    last: is_last,
                    draws,
                    models,
                    targets,
                    manifest,
                    fingerprint,
                });
            }
            units.extend(made);
            last[id.0 as usize] = UnitId(units.len() as u32 - 1);
        }
        let order = (0..units.len() as u32).map(UnitId).collect();
        Plan { program, units, order, last }
    }

    /// All units, inputs before those that need them.
    pub fn order(&self) -> &[UnitId] {
        &self.order
    }

    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id.0 as usize]
    }

    /// The unit whose table is the node's.
    pub fn table_of(&self, node: NodeId) -> UnitId {
        self.last[node.0 as usize]
    }

    /// The units that the nodes need, in order; all units for no nodes.
    pub fn needed(&self, nodes: &[NodeId]) -> Vec<UnitId> {
        if nodes.is_empty() {
            return self.order.clone();
        }
        let mut wanted = vec![false; self.units.len()];
        let mut waiting: Vec<UnitId> = nodes.iter().map(|node| self.table_of(*node)).collect();
        while let Some(unit) = waiting.pop() {
            if !std::mem::replace(&mut wanted[unit.0 as usize], true) {
                waiting.extend(&self.unit(unit).inputs);
            }
        }
        self.order.iter().copied().filter(|unit| wanted[unit.0 as usize]).collect()
    }
}

fn targets(program: &Program, canonical: &Canonical<'_>, steps: &[Step]) -> Vec<Target> {
    let [step, ..] = steps else { return Vec::new() };
    let StepKind::Query(query) = &step.kind else { return Vec::new() };
    let bound = query.models.iter().filter_map(|id| Some((*id, program.models.get(id.0 as usize)?)));
    bound
        .flat_map(|(model, declared)| {
            (0..declared.bindings.len() as u32).map(move |binding| (model, binding))
        })
        .map(|(model, binding)| Target {
            model,
            binding,
            fingerprint: Digest::of(canonical.target(step, model, binding).as_bytes()),
        })
        .collect()
}

/// The program's nodes, inputs first; among the free ones in the order written.
pub fn node_order(program: &Program) -> Vec<NodeId> {
    let graph = node_graph(program);
    // `check` refuses cycles; should one come through all the same, the order written runs
    // into a unit without its input, which the engine reports.
    match toposort(&graph, None) {
        Ok(order) => order.into_iter().filter_map(|at| graph.node_weight(at).copied()).collect(),
        Err(_) => (0..program.nodes.len() as u32).map(NodeId).collect(),
    }
}

pub(super) fn node_graph(program: &Program) -> DiGraph<NodeId, ()> {
    let mut graph = DiGraph::new();
    let places: Vec<_> = (0..program.nodes.len() as u32).map(|at| graph.add_node(NodeId(at))).collect();
    for (to, node) in program.nodes.iter().enumerate() {
        for from in &node.inputs {
            if let Some(place) = places.get(from.0 as usize) {
                graph.add_edge(*place, places[to], ());
            }
        }
    }
    graph
}
