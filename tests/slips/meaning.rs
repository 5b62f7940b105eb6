//! What a sound file means, as a text: the manifests whose hashes are its fingerprints, and what its
//! tests, reports and suite do.

use std::fmt::Write as _;
use std::sync::Arc;

use tgp::check::program::{BindingKind, Cell, Expectation, Program, ReportEntry};
use tgp::digest::Digest;
use tgp::plan::Plan;
use tgp::plan::canonical::{Canonical, binding};
use tgp::syntax::tree::ItemKind;

use super::sound::Sound;

/// The meaning of a text in place of the file's own; nothing where it is not sound.
pub(crate) fn meaning(file: &Sound, text: &str) -> Option<String> {
    let checked = file.check(text, None);
    if !checked.diagnostics.is_empty() {
        return None;
    }
    let program = checked.program?;
    let mut meaning = of_program(&program);
    for test in &program.tests {
        let trial = file.check(text, Some(&test.name)).program?;
        meaning.push_str("test\n");
        meaning.push_str(&of_program(&trial));
        for expectation in &trial.expectations {
            expect(expectation, &mut meaning);
        }
    }
    stages(text, &mut meaning);
    Some(meaning)
}

/// The manifests of a program's units with what stands beside them.
pub(crate) fn of_program(program: &Program) -> String {
    let mut out = String::new();
    let models = program.models.iter().map(|model| {
        let identity = |one| Digest::of(binding(one).as_bytes());
        model.bindings.iter().map(identity).collect::<Vec<Digest>>()
    });
    let models: Vec<Vec<Digest>> = models.collect();
    let plan = Plan::new(Arc::new(program.clone()), &models);
    let mut units: Vec<String> = plan
        .units
        .iter()
        .map(|unit| {
            let inputs: Vec<_> = unit.inputs.iter().map(|input| &plan.unit(*input).manifest).collect();
            let targets: Vec<_> = unit.targets.iter().map(|target| target.fingerprint.hex()).collect();
            format!("{}{targets:?} of {inputs:?}\n", unit.manifest)
        })
        .collect();
    units.sort();
    out.extend(units);
    let mut functions: Vec<String> =
        Canonical::new(program, &models).functions().map(|function| function.hex()).collect();
    functions.sort();
    writeln!(out, "functions {functions:?} seeds {}", program.test_seeds).unwrap();
    for model in &program.models {
        let sources = model.bindings.iter().map(|bound| match &bound.kind {
            BindingKind::Replay { path, .. } => path.to_string(),
            _ => String::new(),
        });
        writeln!(out, "model {:?} {} {:?}", model.capability, model.many, sources.collect::<Vec<_>>())
            .unwrap();
    }
    for parameter in &program.parameters {
        writeln!(out, "parameter {} {:?}", parameter.kind, parameter.value).unwrap();
    }
    for entry in program.reports.iter().flat_map(|report| &report.entries) {
        match entry {
            ReportEntry::Title(text) => writeln!(out, "title {text:?}"),
            ReportEntry::Text(text) => writeln!(out, "text {text:?}"),
            ReportEntry::Table(node) => writeln!(out, "table {}", at(&plan, *node)),
            ReportEntry::Failures { node, condition } => {
                writeln!(out, "failures {} {condition:?}", at(&plan, *node))
            }
        }
        .unwrap();
    }
    if let Some(suite) = &program.suite {
        for run in &suite.runs {
            writeln!(out, "run {}", of_program(&run.program)).unwrap();
        }
        for score in &suite.scores {
            writeln!(out, "score {:?} {:?}", score.value, score.parts).unwrap();
        }
        writeln!(out, "leaderboard {:?}", suite.leaderboard).unwrap();
    }
    out
}

/// A node by what it computes, since its place in the file means nothing.
fn at(plan: &Plan, node: tgp::check::program::NodeId) -> String {
    plan.unit(plan.table_of(node)).fingerprint.short().to_string()
}

fn expect(expectation: &Expectation, out: &mut String) {
    for cell in &expectation.cells {
        match cell {
            Cell::Metric { metric, column, condition, .. } => {
                write!(out, "{metric} {column:?} {condition:?}")
            }
            Cell::Rows { condition, .. } => write!(out, "rows {condition:?}"),
            Cell::Score { score, condition } => write!(out, "score {score} {condition:?}"),
            Cell::Failed(node) => write!(out, "failed {}", node.is_some()),
            Cell::Aggregate { aggregation, condition, .. } => write!(out, "{aggregation:?} {condition:?}"),
        }
        .unwrap();
    }
    writeln!(out, " expect {:?} {:?}", expectation.value, expectation.within).unwrap();
}

/// Stages mean something where they stand only; of a library that defines one, what was written.
fn stages(text: &str, out: &mut String) {
    let (file, _) = tgp::syntax::parse::parse(tgp::diagnostics::source::SourceId(0), text);
    let mut defined: Vec<String> = Vec::new();
    for item in &file.items {
        if let ItemKind::Stage(stage) = &item.kind {
            defined.push(without_places(&format!("{:?}{:?}{:?}", stage.parameters, stage.adds, stage.steps)));
        }
    }
    defined.sort();
    out.extend(defined);
}

/// A tree as text without the places in it.
pub(crate) fn without_places(tree: &str) -> String {
    let mut meaning = String::new();
    let mut rest = tree;
    while let Some((before, after)) = rest.split_once("start: ") {
        meaning.push_str(before);
        rest = after.split_once('}').unwrap().1;
    }
    meaning + rest
}
