//! Models that a test asks and that nothing answers for: a test has no network to ask.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::Test;

use super::codes;
use super::complaint::{Explained, error};
use super::exprs::of_step;
use super::program::{Capability, ModelId, ModelRef, NodeId, Program, StepKind};
use super::reach::reached;

/// What a program, checked as the test, lacks to be tried.
pub(super) fn unbound(test: &Test, program: &Program) -> Vec<Diagnostic> {
    let runs: Vec<&Program> = match &program.suite {
        Some(suite) => suite.runs.iter().map(|run| &*run.program).collect(),
        None => vec![program],
    };
    let mut told: Vec<Diagnostic> = Vec::new();
    for program in runs {
        let places = lacking(program);
        for (name, place) in places {
            let message = format!("the test asks `{name}`, which is bound to nothing");
            let problem = error(codes::UNBOUND_MODEL, test.name.span, message)
                .also(place, "asked here")
                .help(format!("say what it answers: `bind {name} = scripted {{ _ => \"...\" }}`"));
            if !told.iter().any(|known| known.message == problem.message) {
                told.push(problem);
            }
        }
    }
    told
}

/// The models without a binding, each with the first step that asks it.
fn lacking(program: &Program) -> Vec<(Arc<str>, Span)> {
    let mut functions: Vec<Arc<[ModelRef]>> = Vec::with_capacity(program.functions.len());
    for function in &program.functions {
        let exprs = function.lets.iter().map(|(_, expr)| expr).chain([&function.result]);
        let found = reached(exprs, &functions);
        functions.push(found.into_iter().collect());
    }
    let mut found: Vec<(Arc<str>, Span)> = Vec::new();
    for node in needed(program) {
        let Some(node) = program.nodes.get(node.0 as usize) else { continue };
        for step in &node.steps {
            let asked = reached(of_step(&step.kind), &functions);
            let declared = asked.into_iter().filter_map(|model| match model {
                ModelRef::Declared(id) => Some(id),
                _ => None,
            });
            let mut models: BTreeSet<ModelId> = declared.collect();
            match &step.kind {
                StepKind::Query(query) => models.extend(&query.models),
                StepKind::Verdict(verdict) => models.extend(&verdict.judges),
                StepKind::Search { model: ModelRef::Declared(id), .. } => _ = models.insert(*id),
                _ => {}
            }
            for model in models.iter().filter_map(|id| program.models.get(id.0 as usize)) {
                let is_new = !found.iter().any(|(name, _)| *name == model.name);
                if model.bindings.is_empty() && model.capability != Capability::Page && is_new {
                    found.push((model.name.clone(), step.span));
                }
            }
        }
    }
    found
}

/// The nodes that the expectations need, with all before them.
fn needed(program: &Program) -> BTreeSet<NodeId> {
    let mut waiting = program.nodes_expected();
    if waiting.is_empty() {
        waiting = (0..program.nodes.len() as u32).map(NodeId).collect();
    }
    let mut needed = BTreeSet::new();
    while let Some(node) = waiting.pop() {
        if needed.insert(node) {
            let inputs = program.nodes.get(node.0 as usize).map(|node| node.inputs.as_slice());
            waiting.extend(inputs.unwrap_or_default());
        }
    }
    needed
}
