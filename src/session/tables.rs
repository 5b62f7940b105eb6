//! What a test's expectations ask of a finished run: a metric, a count, an aggregate.

use std::sync::Arc;

use crate::check::program::{Cell, Expr, MetricColumn, NodeId, Program, Step, StepKind};
use crate::data::json::render;
use crate::data::row::{Row, RowId};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::engine::run::{Finished, Run};
use crate::eval::effects::Effects;
use crate::eval::operator::truth;
use crate::eval::scope::Scope;
use crate::nodes::aggregate::Gathered;
use crate::syntax::tree::NodeKind;

use super::open::SessionError;
use super::results;

/// A finished run's tables, as an `expect` asks them.
pub(super) struct Tables<'a> {
    pub(super) program: &'a Program,
    pub(super) run: &'a Run,
    pub(super) finished: &'a Finished,
    pub(super) scored: &'a Scored,
}

/// What a suite's runs gave; nothing of a pipeline.
#[derive(Default)]
pub(super) struct Scored {
    /// The values of all scores, by model.
    pub(super) scores: Vec<(Arc<str>, Vec<Option<f64>>)>,
    /// Rows that failed, in all runs.
    pub(super) lost: usize,
}

impl Tables<'_> {
    pub(super) fn rows(&self, node: NodeId) -> Result<Vec<Row>, SessionError> {
        match self.finished.tables.get(&self.run.plan.table_of(node)) {
            Some(table) => Ok(results::rows(self.run, table)?),
            None => Ok(Vec::new()),
        }
    }

    /// A cell's value, or why there is none.
    pub(super) fn value(&self, cell: &Cell) -> Result<Result<Value, String>, SessionError> {
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
            Cell::Rows { node, condition, of_failures } => {
                let rows = self.rows(*node)?;
                let counted = rows.iter().filter(|row| *of_failures || !results::is_lost(row));
                let kept = counted.filter(|row| self.keeps(condition.as_ref(), row));
                Ok(Value::Int(kept.count() as i64))
            }
            Cell::Failed(Some(node)) => Ok(Value::Int(results::lost(&self.rows(*node)?) as i64)),
            Cell::Failed(None) => {
                let mut lost = self.scored.lost;
                for at in 0..self.program.nodes.len() as u32 {
                    lost += results::lost(&self.rows(NodeId(at))?);
                }
                Ok(Value::Int(lost as i64))
            }
            Cell::Score { score, condition } => self.score(*score, condition.as_ref()),
            Cell::Aggregate { node, aggregation, condition, of_failures } => {
                let mut leaves: Vec<Gathered> =
                    aggregation.leaves.iter().map(|leaf| Gathered::new(leaf.kind)).collect();
                for row in self.rows(*node)? {
                    if (results::is_lost(&row) && !of_failures) || !self.keeps(condition.as_ref(), &row) {
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

    /// A suite's score of the one model that a condition picks.
    fn score(&self, score: u32, condition: Option<&Expr>) -> Result<Value, String> {
        let all = &self.scored.scores;
        let picked = all.iter().filter(|(model, _)| {
            let row = Row { id: RowId(0), values: vec![Value::Text(model.clone())], failure: None };
            self.keeps(condition, &row)
        });
        let names = || all.iter().map(|(model, _)| format!("\"{model}\"")).collect::<Vec<_>>().join(", ");
        match picked.collect::<Vec<_>>().as_slice() {
            [(_, values)] => {
                let value = values.get(score as usize).copied().flatten();
                Ok(value.map_or(Value::Missing, Value::Float))
            }
            [] => Err(format!("no such model has scores; there are {}", names())),
            several => Err(format!("{} models have scores here; narrow it: {}", several.len(), names())),
        }
    }

    pub(super) fn node(&self, node: NodeId) -> (usize, Arc<str>) {
        let node = self.program.nodes.get(node.0 as usize);
        node.map(|node| (node.schema.columns.len(), node.name.clone())).unwrap_or_default()
    }

    pub(super) fn keeps(&self, condition: Option<&Expr>, row: &Row) -> bool {
        condition.is_none_or(|condition| truth(&self.eval(condition, row, Vec::new())))
    }

    pub(super) fn eval(&self, expr: &Expr, row: &Row, frame: Vec<Value>) -> Value {
        let step = Step {
            kind: StepKind::Project(Vec::new()),
            frame: 0,
            local_models: Default::default(),
            span: Default::default(),
        };
        let mut effects = Effects::default();
        let mut scope = Scope::of_row(&self.run.ground, NodeKind::Measure, &step, 0, row, &mut effects);
        scope.frame = frame;
        // Lambdas put their parameters beside the cells.
        scope.frame.resize(scope.frame.len() + 64, Value::Missing);
        scope.eval(expr).unwrap_or(Value::Missing)
    }

    /// An expression over the values of an expectation's cells.
    pub(super) fn over_cells(&self, expr: &Expr, cells: &[Value]) -> Value {
        let empty = Row { id: RowId(0), values: Vec::new(), failure: None };
        self.eval(expr, &empty, cells.to_vec())
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
pub(super) const MEASURED: usize = 7;

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

pub(super) fn spelled(value: &Value) -> String {
    match value {
        Value::Missing => "nothing".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => {
            let short = format!("{number:.4}");
            let exact = short.parse() == Ok(*number);
            if exact { short.trim_end_matches('0').trim_end_matches('.').to_owned() } else { short }
        }
        Value::Bool(value) => value.to_string(),
        other => render(other, &Type::Unknown).into_owned(),
    }
}
