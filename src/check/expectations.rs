//! `expect`: what a test demands of the tables.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::{Sources, Span};
use crate::syntax::tree::{self, ExprKind, ItemKind, Name};

use super::aggregates::{RowSide, leaves_in};
use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggest, suggestion};
use super::expressions::{AGGREGATES, bare};
use super::gather::Gather;
use super::library::ModuleId;
use super::nodes::Table;
use super::program::{Aggregation, Cell, Expectation, Expr, Local, MetricColumn};
use super::reach::speaks_of_failures;
use super::scope::{Column, Row, Scope, Typed};
use super::trial::Expected;

/// A node, or some of its rows, or a column of them, as a test names them.
struct Picked<'t> {
    table: Arc<Table>,
    /// After a point: a metric, a column.
    field: Option<&'t Name>,
    /// In brackets.
    condition: Option<&'t tree::Expr>,
    /// After a metric: `low`, `n`; after a column: a field of its record.
    part: Option<&'t Name>,
}

impl<'l> Checker<'l> {
    pub(super) fn expectations(&mut self, sources: &Sources) -> Vec<Expectation> {
        let trial = self.trial;
        trial.expect.iter().map(|expected| self.expectation(expected, sources)).collect()
    }

    fn expectation(&mut self, expected: &Expected<'l>, sources: &Sources) -> Expectation {
        let mut scope = Scope::bare(ModuleId::ROOT);
        scope.quiet = Some("in a test's `expect`");
        let within = expected.within;
        scope.frame = leaves_in(expected.value)
            + within.map_or(0, |(tolerance, target)| leaves_in(tolerance) + leaves_in(target));
        scope.gather = Some(Gather::Tables { cells: Vec::new(), frame: 0 });
        let (value, within) = match within {
            Some((tolerance, target)) => {
                let number = Type::Float.optional();
                let value = self.wanted(&mut scope, expected.value, &number, "what is expected");
                let tolerance = self.wanted(&mut scope, tolerance, &number, "the tolerance");
                let target = self.wanted(&mut scope, target, &number, "the target");
                (value, Some((tolerance, target)))
            }
            None => {
                let condition = Type::Bool.optional();
                (self.wanted(&mut scope, expected.value, &condition, "what is expected"), None)
            }
        };
        let (cells, inner) = match scope.gather.take() {
            Some(Gather::Tables { cells, frame }) => (cells, frame),
            _ => (Vec::new(), 0),
        };
        Expectation {
            text: sources.text(expected.span).trim().into(),
            span: expected.span,
            cells,
            value,
            within,
            frame: scope.frame.max(inner),
        }
    }

    /// What an expression asks of the tables, where it does.
    pub(super) fn cell(&mut self, scope: &mut Scope<'_>, written: &tree::Expr) -> Option<Typed> {
        match &written.kind {
            ExprKind::Name(name) if &**name == "failed" => Some(keep(scope, Cell::Failed(None), Type::Int)),
            ExprKind::Name(name) if self.score_named(name).is_some() => self.score_cell(scope, name, None),
            ExprKind::Index(of, condition) if self.is_score(of) => match &bare(of).kind {
                ExprKind::Name(name) => self.score_cell(scope, name, Some(condition)),
                _ => None,
            },
            ExprKind::Call { function, arguments } if &*function.value == "failed" => {
                let [argument] = arguments.as_slice() else { return None };
                let ExprKind::Name(node) = &bare(&argument.value).kind else { return None };
                let table = self.table(&Name::new(Arc::clone(node), argument.value.span));
                Some(match table {
                    Some(table) => keep(scope, Cell::Failed(Some(table.id)), Type::Int),
                    None => Typed::unknown(),
                })
            }
            ExprKind::Call { function, arguments } if AGGREGATES.contains(&&*function.value) => {
                let first = arguments.first().and_then(|argument| self.picked(&argument.value));
                let picked = first?;
                Some(self.aggregate_cell(scope, &function.value, picked, arguments, written.span))
            }
            ExprKind::Field(..) | ExprKind::Index(..) => {
                let picked = self.picked(written)?;
                Some(self.metric_cell(scope, &picked, written.span))
            }
            ExprKind::Name(name) if self.is_node(name) => {
                self.tell(
                    error(
                        codes::NOT_A_VALUE,
                        written.span,
                        format!("`{name}` is a node: say which number of it"),
                    )
                    .help(format!("such as `count({name})`, or `{name}.METRIC[CONDITION]` of a measure")),
                );
                Some(Typed::unknown())
            }
            _ => None,
        }
    }

    /// `node`, `node.field`, `node[cond]`, `node.field[cond].part`, `node[cond].field`.
    fn picked<'t>(&mut self, written: &'t tree::Expr) -> Option<Picked<'t>> {
        match &bare(written).kind {
            ExprKind::Name(name) if self.is_node(name) => {
                let table = self.table(&Name::new(Arc::clone(name), written.span))?;
                Some(Picked { table, field: None, condition: None, part: None })
            }
            ExprKind::Field(of, name) => {
                let mut picked = self.picked(of)?;
                match (picked.field, picked.part) {
                    (None, _) => picked.field = Some(name),
                    (Some(_), None) => picked.part = Some(name),
                    (Some(_), Some(_)) => return None,
                }
                Some(picked)
            }
            ExprKind::Index(of, condition) => {
                let mut picked = self.picked(of)?;
                picked.condition = Some(condition);
                Some(picked)
            }
            _ => None,
        }
    }

    fn metric_cell(&mut self, scope: &mut Scope<'_>, picked: &Picked<'_>, span: Span) -> Typed {
        let table = &picked.table;
        let Some(field) = picked.field else {
            self.tell(
                error(codes::NOT_A_VALUE, span, "these are rows: say which number of them")
                    .help(format!("such as `count({}[CONDITION])`", table.name)),
            );
            return Typed::unknown();
        };
        if table.kind != tree::NodeKind::Measure {
            self.tell(
                error(
                    codes::NOT_A_VALUE,
                    span,
                    format!("`{}` has many rows: say how they make one number", table.name),
                )
                .help(format!("such as `mean({0}.{1})` or `rate({0}.{1})`", table.name, field.value)),
            );
            return Typed::unknown();
        }
        let Some(metric) = table.metrics.iter().find(|metric| metric.value == field.value) else {
            let message = format!("no metric `{}` in `{}`", field.value, table.name);
            let problem = error(codes::UNKNOWN_METRIC, field.span, message);
            let known = table.metrics.iter().map(|metric| (&*metric.value, Some(metric.span)));
            self.tell(suggest(problem, &field.value, "it has", known));
            return Typed::unknown();
        };
        let Some((column, kind)) = self.metric_column(picked.part) else { return Typed::unknown() };
        let condition = picked.condition.map(|condition| self.picked_rows(scope, &table.row, condition));
        let cell = Cell::Metric { node: table.id, metric: Arc::clone(&metric.value), column, condition };
        keep(scope, cell, kind)
    }

    /// `score[model == "x"]`: a suite's score of a model.
    fn score_cell(
        &mut self,
        scope: &mut Scope<'_>,
        name: &str,
        condition: Option<&tree::Expr>,
    ) -> Option<Typed> {
        let score = self.score_named(name)?;
        let mut row = Row::new(name.into());
        let slot = row.slot();
        row.columns.push(Column::new("model".into(), Type::Text, slot));
        let condition = condition.map(|condition| self.picked_rows(scope, &row, condition));
        Some(keep(scope, Cell::Score { score, condition }, Type::Float.optional()))
    }

    fn is_score(&self, written: &tree::Expr) -> bool {
        matches!(&bare(written).kind, ExprKind::Name(name) if self.score_named(name).is_some())
    }

    /// The place of a score among the file's scores.
    fn score_named(&self, name: &str) -> Option<u32> {
        let items = self.library.module(ModuleId::ROOT).file.items.iter();
        let mut scores = items.filter_map(|item| match &item.kind {
            ItemKind::Score(score) => Some(&score.name.value),
            _ => None,
        });
        scores.position(|score| **score == *name).map(|at| at as u32)
    }

    fn metric_column(&mut self, part: Option<&Name>) -> Option<(MetricColumn, Type)> {
        let Some(part) = part else { return Some((MetricColumn::Value, Type::Float.optional())) };
        Some(match &*part.value {
            "value" => (MetricColumn::Value, Type::Float.optional()),
            "low" => (MetricColumn::Low, Type::Float.optional()),
            "high" => (MetricColumn::High, Type::Float.optional()),
            "n" => (MetricColumn::Count, Type::Int),
            "missing" => (MetricColumn::Missing, Type::Int),
            other => {
                let message = format!("a metric has no `{other}`");
                let mut problem = error(codes::UNKNOWN_FIELD, part.span, message);
                problem.help = suggestion(other, "it has", ["value", "low", "high", "n", "missing"]);
                self.tell(problem);
                return None;
            }
        })
    }

    /// A condition over a table's rows.
    fn picked_rows(&mut self, scope: &mut Scope<'_>, row: &Row, condition: &tree::Expr) -> Expr {
        let mut rows = Scope::over(ModuleId::ROOT, row);
        rows.quiet = scope.quiet;
        if let Some(Gather::Tables { frame, .. }) = &scope.gather {
            rows.frame = *frame;
        }
        // A total's row has no value in the columns that it runs over: it is then not the row.
        let typed = self.expr(&mut rows, condition, Some(&Type::Bool));
        let wanted = Type::Bool.optional();
        let condition = self.fit(&mut rows, typed, &wanted, condition.span, "the condition");
        let used = rows.frame;
        if let Some(Gather::Tables { frame, .. }) = &mut scope.gather {
            *frame = used;
        }
        condition
    }

    fn aggregate_cell(
        &mut self,
        scope: &mut Scope<'_>,
        name: &str,
        picked: Picked<'_>,
        arguments: &[tree::Argument],
        span: Span,
    ) -> Typed {
        let condition =
            picked.condition.map(|condition| self.picked_rows(scope, &picked.table.row, condition));
        let table = &picked.table;
        let Some(field) = picked.field else {
            if name != "count" || arguments.len() != 1 {
                self.tell(
                    error(
                        codes::WRONG_ARGUMENTS,
                        span,
                        format!("`{name}` takes a column of `{}`", table.name),
                    )
                    .help(format!("such as `{name}({}.COLUMN)`", table.name)),
                );
                return Typed::unknown();
            }
            let of_failures = speaks_of_failures(&condition);
            return keep(scope, Cell::Rows { node: table.id, condition, of_failures }, Type::Int);
        };
        // The column becomes the aggregate's argument, over the table's own rows.
        let mut given = vec![tree::Argument { name: None, value: column_of(field, picked.part) }];
        for argument in arguments.iter().skip(1) {
            let value = match self.picked(&argument.value) {
                Some(Picked { field: Some(field), part, .. }) => column_of(field, part),
                _ => argument.value.clone(),
            };
            given.push(tree::Argument { name: None, value });
        }
        let mut side = RowSide::bare(ModuleId::ROOT);
        if let Some(Gather::Tables { frame, .. }) = &scope.gather {
            side.frame = *frame;
        }
        let Some((leaf, kind)) = self.aggregate(&mut side, &table.row, name, &given, span) else {
            return Typed::unknown();
        };
        let aggregation =
            Aggregation { leaves: vec![leaf], result: Expr::Local(Local(0)), frame: 1, kind: kind.clone() };
        if let Some(Gather::Tables { frame, .. }) = &mut scope.gather {
            *frame = side.frame.max(1);
        }
        // Of no rows there is no mean.
        let kind = if kind == Type::Int { kind } else { kind.optional() };
        let of_failures =
            speaks_of_failures(&condition) || aggregation.leaves.iter().any(|leaf| leaf.of_failures);
        keep(scope, Cell::Aggregate { node: table.id, aggregation, condition, of_failures }, kind)
    }
}

/// A column, or a field of the record in it, as an expression over a table's rows.
fn column_of(field: &Name, part: Option<&Name>) -> tree::Expr {
    let column = tree::Expr { kind: ExprKind::Name(Arc::clone(&field.value)), span: field.span };
    match part {
        Some(part) => tree::Expr {
            kind: ExprKind::Field(Box::new(column), part.clone()),
            span: field.span.to(part.span),
        },
        None => column,
    }
}

fn keep(scope: &mut Scope<'_>, cell: Cell, kind: Type) -> Typed {
    match &mut scope.gather {
        Some(Gather::Tables { cells, .. }) => {
            cells.push(cell);
            Typed::new(Expr::Local(Local(cells.len() as u32 - 1)), kind)
        }
        _ => Typed::unknown(),
    }
}
