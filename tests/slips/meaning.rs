//! What a sound file means, as a text: the manifests whose hashes are its fingerprints, those of each
//! of its tests, and the scores of a suite. What is only shown or expected is not computed.

use std::fmt::Write as _;
use std::sync::Arc;

use tgp::check::program::{Binding, BindingKind, Program, StepKind};
use tgp::digest::Digest;
use tgp::plan::Plan;
use tgp::plan::canonical::{Canonical, binding};
use tgp::syntax::tree::{FileKind, ItemKind};

use super::sound::Sound;

/// The meaning of a text in place of the file's own; nothing where it is not sound.
pub(crate) fn meaning(file: &Sound, text: &str) -> Option<String> {
    meaning_of(file, text, |_| {})
}

/// The meaning but for the names of metrics that nothing in the text mentions: renaming one changes
/// no number.
pub(crate) fn numbers(file: &Sound, text: &str) -> Option<String> {
    meaning_of(file, text, |program| {
        for node in &mut program.nodes {
            for step in &mut node.steps {
                let StepKind::Measure(measure) = &mut step.kind else { continue };
                for (at, metric) in measure.metrics.iter_mut().enumerate() {
                    if !mentions(text, &node.name, &metric.name) {
                        metric.name = format!("{at}").into();
                    }
                }
            }
        }
    })
}

/// Whether a text speaks of a measure's metric: `accuracy.right[…]`, or its name as a value in the table.
fn mentions(text: &str, measure: &str, metric: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let before = [&format!("{measure}."), "metric == "];
    text.contains(&format!("\"{metric}\""))
        || text.match_indices(metric).any(|(at, _)| {
            before.iter().any(|before| text[..at].ends_with(*before))
                && !text[at + metric.len()..].starts_with(is_part)
        })
}

fn meaning_of(file: &Sound, text: &str, renamed: impl Fn(&mut Program)) -> Option<String> {
    let checked = file.check(text, None);
    if !checked.diagnostics.is_empty() {
        return None;
    }
    let mut program = checked.program?;
    renamed(&mut program);
    let mut meaning = of_program(&program);
    let mut tests = Vec::new();
    for test in &program.tests {
        let mut program = file.check(text, Some(&test.name)).program?;
        renamed(&mut program);
        tests.push(format!("test\n{}", of_program(&program)));
    }
    tests.sort();
    meaning.extend(tests);
    defined(text, &mut meaning);
    Some(meaning)
}

/// The manifests of a program's units with what stands beside them.
pub(crate) fn of_program(program: &Program) -> String {
    let mut out = String::new();
    let models = program.models.iter().map(|model| {
        let identity = |one: &Binding| Digest::of(binding(one).as_bytes());
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
    let mut declared: Vec<String> = Vec::new();
    for model in &program.models {
        let sources = model.bindings.iter().map(|bound| match &bound.kind {
            BindingKind::Replay { path, .. } => path.to_string(),
            _ => String::new(),
        });
        let sources: Vec<String> = sources.collect();
        declared.push(format!("model {:?} {} {sources:?}\n", model.capability, model.many));
    }
    for parameter in &program.parameters {
        declared.push(format!("parameter {} {:?}\n", parameter.kind, parameter.value));
    }
    declared.sort();
    out.extend(declared);
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

/// Functions and stages mean something where they are used; of a library that defines them for others,
/// what is written there.
fn defined(text: &str, out: &mut String) {
    let (file, _) = tgp::syntax::parse::parse(tgp::diagnostics::source::SourceId(0), text);
    if !file.header.as_ref().is_some_and(|header| header.kind == FileKind::Library) {
        return;
    }
    let mut defined: Vec<String> = Vec::new();
    for item in &file.items {
        let tree = match &item.kind {
            ItemKind::Stage(stage) => format!("{:?}{:?}{:?}", stage.parameters, stage.adds, stage.steps),
            ItemKind::Function(function) => {
                format!("{:?}{:?}{:?}", function.parameters, function.returns, function.body)
            }
            _ => continue,
        };
        defined.push(without_places(&tree));
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
