//! A file's `test` blocks: each run on a store of its own in memory, and judged.

use std::path::Path;
use std::sync::Arc;

use crate::check::Overrides;
use crate::check::program::{Cell, Expectation, Expr, MetricColumn, NodeId, Program, Step, StepKind};
use crate::data::row::{Row, RowId};
use crate::data::value::Value;
use crate::diagnostics::source::Sources;
use crate::engine::allowance::{Allowance, Asking};
use crate::engine::run::{Finished, Run};
use crate::eval::effects::Effects;
use crate::eval::operator::{number, truth};
use crate::eval::scope::Scope;
use crate::nodes::aggregate::Gathered;
use crate::store::{MemoryStore, Store};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::open::{Opened, Opening, SessionError};
use super::results;

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
    /// Rows that failed, where that is the likely reason: node, row, reason.
    pub rows: Vec<String>,
}

/// Rows told about in one broken expectation, at most.
const TOLD: usize = 3;

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
            edition: program.dynamic.then(|| "test".to_owned()),
            ..Opening::default()
        };
        let store = store.clone().unwrap_or_else(|| Arc::new(MemoryStore::default()));
        let run = opened.ready_on(store, &opening, world)?;
        let nodes = wanted(&program);
        match run.run(&nodes).await {
            Ok(finished) => broken.extend(judge(&program, &run, &finished, &opened.sources, seed)?),
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

/// The nodes that a test's expectations are about; all where one is about all.
fn wanted(program: &Program) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    for cell in program.expectations.iter().flat_map(|expectation| &expectation.cells) {
        match cell {
            Cell::Metric { node, .. } | Cell::Rows { node, .. } | Cell::Aggregate { node, .. } => {
                nodes.push(*node)
            }
            Cell::Failed(Some(node)) => nodes.push(*node),
            Cell::Failed(None) => return Vec::new(),
        }
    }
    nodes
}

/// What of a test's expectations does not hold.
fn judge(
    program: &Program,
    run: &Run,
    finished: &Finished,
    sources: &Sources,
    seed: u32,
) -> Result<Vec<Broken>, SessionError> {
    let tables = Tables { program, run, finished };
    let mut broken = Vec::new();
    for expectation in &program.expectations {
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
        if let Some(message) = problem.or_else(|| tables.holds(expectation, &cells).err()) {
            broken.push(Broken {
                seed,
                text: expectation.text.clone(),
                line: sources.line(expectation.span),
                message,
                rows: tables.likely(expectation)?,
            });
        }
    }
    Ok(broken)
}

struct Tables<'a> {
    program: &'a Program,
    run: &'a Run,
    finished: &'a Finished,
}

impl Tables<'_> {
    fn rows(&self, node: NodeId) -> Result<Vec<Row>, SessionError> {
        match self.finished.tables.get(&self.run.plan.table_of(node)) {
            Some(table) => Ok(results::rows(self.run, table)?),
            None => Ok(Vec::new()),
        }
    }

    /// A cell's value, or why there is none.
    fn value(&self, cell: &Cell) -> Result<Result<Value, String>, SessionError> {
        Ok(match cell {
            Cell::Metric { node, metric, column, condition } => {
                let rows = self.rows(*node)?;
                let (columns, name) = self.node(*node);
                let by = columns.saturating_sub(MEASURED);
                let named =
                    rows.iter().filter(|row| row.values.get(by) == Some(&Value::Text(metric.clone())));
                let kept = named.filter(|row| self.keeps(condition.as_ref(), row));
                let kept: Vec<&Row> = kept.collect();
                // Without totals asked for, a total is not one of the groups.
                let groups: Vec<&&Row> =
                    kept.iter().filter(|row| row.values.last().is_none_or(Value::is_missing)).collect();
                let found = if groups.len() == 1 { Some(*groups[0]) } else { None };
                match (kept.as_slice(), found) {
                    ([only], _) => Ok(cell_of(only, by, *column)),
                    (_, Some(row)) => Ok(cell_of(row, by, *column)),
                    ([], _) => {
                        Err(format!("`{name}` has no row for this; it has {}", self.groups(&rows, by)))
                    }
                    (several, _) => Err(format!(
                        "`{name}` has {} rows for this; narrow it: {}",
                        several.len(),
                        self.groups(&rows, by)
                    )),
                }
            }
            Cell::Rows { node, condition } => {
                let rows = self.rows(*node)?;
                let kept =
                    rows.iter().filter(|row| !results::is_lost(row) && self.keeps(condition.as_ref(), row));
                Ok(Value::Int(kept.count() as i64))
            }
            Cell::Failed(Some(node)) => Ok(Value::Int(results::lost(&self.rows(*node)?) as i64)),
            Cell::Failed(None) => {
                let mut lost = 0;
                for at in 0..self.program.nodes.len() as u32 {
                    lost += results::lost(&self.rows(NodeId(at))?);
                }
                Ok(Value::Int(lost as i64))
            }
            Cell::Aggregate { node, aggregation, condition } => {
                let mut leaves: Vec<Gathered> =
                    aggregation.leaves.iter().map(|leaf| Gathered::new(leaf.kind)).collect();
                for row in self.rows(*node)? {
                    if results::is_lost(&row) || !self.keeps(condition.as_ref(), &row) {
                        continue;
                    }
                    for (leaf, gathered) in aggregation.leaves.iter().zip(&mut leaves) {
                        let values: Vec<Value> = leaf
                            .arguments
                            .iter()
                            .map(|argument| self.eval(argument, &row, Vec::new()))
                            .collect();
                        if !values.iter().any(Value::is_missing) {
                            gathered.add(leaf.kind, row.id, &values);
                        }
                    }
                }
                let values =
                    aggregation.leaves.iter().zip(&leaves).map(|(leaf, gathered)| gathered.value(leaf.kind));
                let empty = Row { id: RowId(0), values: Vec::new(), failure: None };
                Ok(self.eval(&aggregation.result, &empty, values.collect()))
            }
        })
    }

    fn node(&self, node: NodeId) -> (usize, Arc<str>) {
        let node = self.program.nodes.get(node.0 as usize);
        node.map(|node| (node.schema.columns.len(), node.name.clone())).unwrap_or_default()
    }

    fn keeps(&self, condition: Option<&Expr>, row: &Row) -> bool {
        condition.is_none_or(|condition| truth(&self.eval(condition, row, Vec::new())))
    }

    fn eval(&self, expr: &Expr, row: &Row, frame: Vec<Value>) -> Value {
        let step = Step {
            kind: StepKind::Project(Vec::new()),
            frame: 0,
            local_models: Default::default(),
            span: Default::default(),
        };
        let mut effects = Effects::default();
        let mut scope =
            Scope::new(&self.run.ground, NodeKind::Measure, &step, 0, row.id, &row.values, &mut effects);
        scope.frame = frame;
        // Lambdas put their parameters beside the cells.
        scope.frame.resize(scope.frame.len() + 64, Value::Missing);
        scope.eval(expr).unwrap_or(Value::Missing)
    }

    fn holds(&self, expectation: &Expectation, cells: &[Value]) -> Result<(), String> {
        let empty = Row { id: RowId(0), values: Vec::new(), failure: None };
        let eval = |expr: &Expr| self.eval(expr, &empty, cells.to_vec());
        let value = eval(&expectation.value);
        let Some((tolerance, target)) = &expectation.within else {
            return if truth(&value) {
                Ok(())
            } else {
                let seen: Vec<String> = cells.iter().map(spelled).collect();
                let got = if seen.is_empty() { spelled(&value) } else { seen.join(", ") };
                Err(format!("it does not hold; got {got}"))
            };
        };
        let numbers = (number(&value), number(&eval(tolerance)), number(&eval(target)));
        let (Some(got), Some(tolerance), Some(target)) = numbers else {
            return Err(format!("got {}, which is no number", spelled(&value)));
        };
        if (got - target).abs() <= tolerance {
            Ok(())
        } else {
            Err(format!("expected {target} give or take {tolerance}, got {}", spelled(&Value::Float(got))))
        }
    }

    /// Rows that failed in the nodes that an expectation is about.
    fn likely(&self, expectation: &Expectation) -> Result<Vec<String>, SessionError> {
        let mut told = Vec::new();
        let all = (0..self.program.nodes.len() as u32).map(NodeId);
        for node in all {
            if expectation.cells.is_empty() {
                break;
            }
            for row in self.rows(node)? {
                if let (Some(failure), true) = (&row.failure, told.len() < TOLD) {
                    let name = self.node(node).1;
                    told.push(format!("{name} {:?}: {}: {}", row.id, failure.reason.word(), failure.message));
                }
            }
        }
        Ok(told)
    }

    /// The groups of a measure, as a person would name them.
    fn groups(&self, rows: &[Row], by: usize) -> String {
        let mut names: Vec<String> = rows
            .iter()
            .map(|row| {
                let parts = row.values.iter().take(by).filter(|value| !value.is_missing()).map(spelled);
                parts.collect::<Vec<_>>().join(" ")
            })
            .collect();
        names.dedup();
        if names.is_empty() { "no rows at all".to_owned() } else { names.join(", ") }
    }
}

/// Columns of a measure's table after its `by` columns.
const MEASURED: usize = 7;

fn cell_of(row: &Row, by: usize, column: MetricColumn) -> Value {
    let place = match column {
        MetricColumn::Value => 1,
        MetricColumn::Low => 2,
        MetricColumn::High => 3,
        MetricColumn::Count => 4,
        MetricColumn::Missing => 5,
    };
    row.values.get(by + place).cloned().unwrap_or(Value::Missing)
}

fn spelled(value: &Value) -> String {
    match value {
        Value::Missing => "nothing".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:.4}"),
        Value::Bool(value) => value.to_string(),
        other => format!("{other:?}"),
    }
}
