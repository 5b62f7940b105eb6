//! A file's `test` blocks: each run on a store of its own in memory, and judged.

use std::path::Path;
use std::sync::Arc;

use crate::check::Overrides;
use crate::check::program::{Expectation, Expr, Program};
use crate::data::value::Value;
use crate::diagnostics::source::Sources;
use crate::engine::allowance::{Allowance, Asking};
use crate::engine::error::RunError;
use crate::eval::operator::{number, truth};
use crate::store::{MemoryStore, Store};
use crate::syntax::tree::BinaryOperator;
use crate::world::World;

use super::evidence;
use super::open::{Opened, Opening, SessionError};
use super::results;
use super::suite::{Played, scores};
use super::tables::{Scored, Tables, spelled};

/// How a test went.
#[derive(Debug)]
pub struct Tried {
    pub name: Arc<str>,
    /// Seeds it was run with.
    pub seeds: u32,
    pub outcome: Result<(), Vec<Broken>>,
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub seed: u32,
    /// The expectation as written, and its line; empty where the run itself went wrong.
    pub text: Arc<str>,
    pub line: u32,
    pub message: String,
    /// The numbers and rows behind it.
    pub rows: Vec<String>,
}

/// Runs the named test of a file with all its seeds.
pub async fn try_test(
    file: &Path,
    name: &str,
    overrides: &Overrides,
    store: Option<Arc<dyn Store>>,
    world: &Arc<dyn World>,
) -> Result<Tried, SessionError> {
    let mut broken = Vec::new();
    let mut seed = 0;
    loop {
        let overrides = Overrides { test: Some(name.to_owned()), test_seed: seed, ..overrides.clone() };
        let opened = Opened::new(file, &overrides, world)?;
        let program = opened.sound()?;
        // A test asks nobody: what it binds to is in the program.
        let opening = Opening {
            overrides,
            allowance: Allowance { asking: Asking::Nobody, ..Allowance::default() },
            local: true,
            edition: program.dynamic.then(|| "test".to_owned()),
            ..Opening::default()
        };
        let store = store.clone().unwrap_or_else(|| Arc::new(MemoryStore::default()));
        let run = opened.ready_on(store.clone(), &opening, world)?;
        let ran = match scored(&opened, &program, store, &opening, world).await? {
            Ok(scored) => run.run(&program.nodes_expected()).await.map(|finished| (finished, scored)),
            Err(error) => Err(error),
        };
        match ran {
            Ok((finished, scored)) => {
                let tables = Tables { program: &program, run: &run, finished: &finished, scored: &scored };
                broken.extend(judge(&tables, &opened.sources, seed)?);
            }
            Err(error) => broken.push(Broken {
                seed,
                text: "".into(),
                line: 0,
                message: error.to_string(),
                rows: error.help().into_iter().collect(),
            }),
        }
        seed += 1;
        if seed >= program.test_seeds {
            let outcome = if broken.is_empty() { Ok(()) } else { Err(broken) };
            return Ok(Tried { name: name.into(), seeds: seed, outcome });
        }
    }
}

/// Plays the runs of a suite, where the program is one, and scores them.
async fn scored(
    opened: &Opened,
    program: &Program,
    store: Arc<dyn Store>,
    opening: &Opening,
    world: &Arc<dyn World>,
) -> Result<Result<Scored, RunError>, SessionError> {
    let Some(suite) = &program.suite else { return Ok(Ok(Scored::default())) };
    let mut played: Vec<Played> = Vec::new();
    for place in 0..suite.runs.len() {
        let allowance = opening.allowance.clone();
        let Some(entry) = opened.entry(suite, place, store.clone(), opening, allowance, world)? else {
            continue;
        };
        match entry.run.run(&[]).await {
            Ok(finished) => played.push(Played { entry, finished, reasons: Vec::new() }),
            Err(error) => return Ok(Err(error)),
        }
    }
    let mut lost = 0;
    for one in &played {
        for node in results::nodes(&one.entry.run, &one.finished) {
            lost += results::lost(&results::rows(&one.entry.run, &node.table)?);
        }
    }
    Ok(Ok(Scored { scores: scores(suite, &played)?, lost }))
}

/// What of a test's expectations does not hold.
fn judge(tables: &Tables<'_>, sources: &Sources, seed: u32) -> Result<Vec<Broken>, SessionError> {
    let mut broken = Vec::new();
    for expectation in &tables.program.expectations {
        let mut cells = Vec::with_capacity(expectation.cells.len());
        let mut problem = None;
        for cell in &expectation.cells {
            match tables.value(cell)? {
                Ok(value) => cells.push(value),
                Err(message) => {
                    problem.get_or_insert(message);
                    cells.push(Value::Missing);
                }
            }
        }
        if let Some(message) = problem.or_else(|| holds(tables, expectation, &cells).err()) {
            broken.push(Broken {
                seed,
                text: expectation.text.clone(),
                line: sources.line(expectation.span),
                message,
                rows: evidence::of(tables, expectation, &cells)?,
            });
        }
    }
    Ok(broken)
}

fn holds(tables: &Tables<'_>, expectation: &Expectation, cells: &[Value]) -> Result<(), String> {
    let value = tables.over_cells(&expectation.value, cells);
    let Some((tolerance, target)) = &expectation.within else {
        return if truth(&value) { Ok(()) } else { Err(got(tables, &expectation.value, cells)) };
    };
    let number_of = |expr: &Expr| number(&tables.over_cells(expr, cells));
    let (Some(got), Some(tolerance), Some(target)) =
        (number(&value), number_of(tolerance), number_of(target))
    else {
        return Err(format!("got {}, which is no number", spelled(&value)));
    };
    // What is written as 0.05 of 0.80 includes 0.85, whatever binary fractions make of it.
    if (got - target).abs() <= tolerance + 4.0 * f64::EPSILON * target.abs().max(got.abs()) {
        return Ok(());
    }
    let off = (got - target).abs();
    let [target, tolerance, got, off] = [target, tolerance, got, off].map(|it| spelled(&Value::Float(it)));
    Err(format!("expected {target} give or take {tolerance}, got {got}, which is {off} off"))
}

/// Both sides of a comparison that does not hold; of anything else the values that it is made of.
fn got(tables: &Tables<'_>, written: &Expr, cells: &[Value]) -> String {
    use BinaryOperator as Op;
    let (operator, left, right) = match written {
        Expr::Binary(operator, left, right) => (*operator, left, right),
        _ => {
            let seen: Vec<String> = cells.iter().map(spelled).collect();
            let value = || spelled(&tables.over_cells(written, cells));
            let seen = if seen.is_empty() { value() } else { seen.join(", ") };
            return format!("it does not hold; got {seen}");
        }
    };
    let wanted = match operator {
        Op::Equal => "",
        Op::NotEqual => "anything but ",
        Op::Less => "less than ",
        Op::LessOrEqual => "at most ",
        Op::Greater => "more than ",
        Op::GreaterOrEqual => "at least ",
        Op::And => {
            let first = [left, right].into_iter().find(|side| !truth(&tables.over_cells(side, cells)));
            return first.map_or_else(String::new, |side| got(tables, side, cells));
        }
        _ => return format!("it does not hold; got {}", spelled(&tables.over_cells(left, cells))),
    };
    let [left, right] = [left, right].map(|side| spelled(&tables.over_cells(side, cells)));
    format!("expected {wanted}{right}, got {left}")
}
