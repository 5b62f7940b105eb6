//! `measure`: numbers with their uncertainty.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::{Span, Spanned};
use crate::syntax::tree::{self, ExprKind, IntervalMethod, Name, StepKind as Written};

use super::aggregates::RowSide;
use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::constant::fold;
use super::nodes::Building;
use super::program::{
    AggregateKind, Baseline, Direction, Expr, Interval, Local, Measure, Metric, Slot, StepKind, TotalOver,
};
use super::scope::{Column, Multiple, Row, Scope};

#[derive(Clone, Copy)]
struct WrittenInterval<'l> {
    level: &'l Spanned<f64>,
    method: Option<IntervalMethod>,
    by: Option<&'l Name>,
    span: Span,
}

#[derive(Default)]
struct Clauses<'l> {
    by: Vec<&'l Name>,
    metrics: Vec<&'l tree::Metric>,
    baseline: Option<(&'l tree::Expr, &'l [Name], Span)>,
    totals: Vec<(&'l [Name], tree::Total, Span)>,
    interval: Option<WrittenInterval<'l>>,
    missing: Option<&'l Spanned<tree::MissingPolicy>>,
    first: Option<Span>,
}

impl<'l> Checker<'l> {
    pub(super) fn measure(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let mut clauses = Clauses::default();
        for step in &node.steps {
            if self.measure_clause(&mut clauses, step) {
                clauses.first = clauses.first.or(Some(step.span));
                continue;
            }
            if let Some(first) = clauses.first
                && !matches!(step.kind, Written::Broken(_))
            {
                self.tell(
                    error(
                        codes::STEP_AFTER_CLAUSES,
                        step.span,
                        "this step comes after the measure's clauses",
                    )
                    .also(first, "rows are counted from here on")
                    .help("move it above `by` and `metric`"),
                );
            }
            self.step(building, step);
        }
        self.measure_step(building, &clauses);
    }

    fn measure_clause(&mut self, clauses: &mut Clauses<'l>, step: &'l tree::Step) -> bool {
        let span = step.span;
        let repeated = |word: &str| {
            error(codes::REPEATED_CLAUSE, span, format!("`{word}` stands twice")).help("keep one of them")
        };
        match &step.kind {
            Written::By(names) => {
                if !clauses.by.is_empty() {
                    self.tell(repeated("by"));
                }
                clauses.by.extend(names);
            }
            Written::Metric(metric) => clauses.metrics.push(metric),
            Written::Baseline { condition, on } => {
                if clauses.baseline.replace((condition, on, span)).is_some() {
                    self.tell(repeated("baseline"));
                }
            }
            Written::Total { over, how } => clauses.totals.push((over, how.value, span)),
            Written::Interval { level, method, by } => {
                let method = method.as_ref().map(|method| method.value);
                let written = WrittenInterval { level, method, by: by.as_ref(), span };
                if clauses.interval.replace(written).is_some() {
                    self.tell(repeated("interval"));
                }
            }
            Written::Missing(policy) => {
                if clauses.missing.replace(policy).is_some() {
                    self.tell(repeated("missing"));
                }
            }
            _ => return false,
        }
        true
    }

    fn measure_step(&mut self, building: &mut Building<'l>, clauses: &Clauses<'l>) {
        let node = building.node;
        let span = node.name.span;
        let broken = node.steps.iter().any(|step| matches!(step.kind, Written::Broken(_)));
        let mut by: Vec<Column> = Vec::new();
        for name in &clauses.by {
            let Some(column) = self.column(building, name) else { continue };
            if by.iter().any(|known| known.name == column.name) {
                self.tell(
                    error(
                        codes::REPEATED_CLAUSE,
                        name.span,
                        format!("`{}` stands twice in `by`", name.value),
                    )
                    .help("keep one of them"),
                );
                continue;
            }
            by.push(column);
        }
        let mut side = RowSide::of(building);
        let baseline = self.baseline(building, &mut side, clauses, &by);
        side.baseline = clauses.baseline.is_some();
        let mut metrics: Vec<Metric> = Vec::new();
        let mut names: Vec<&Name> = Vec::new();
        for written in &clauses.metrics {
            if let Some(earlier) = names.iter().find(|name| name.value == written.name.value) {
                let problem = super::loading::twice(&written.name.value, written.name.span, earlier.span);
                self.tell(problem);
            }
            names.push(&written.name);
            metrics.push(self.metric(building, &mut side, written));
        }
        if metrics.is_empty() && !broken {
            self.tell(
                error(codes::NO_METRIC, span, format!("`{}` has no metric", node.name.value))
                    .help("add `metric NAME = rate(COLUMN) better higher`"),
            );
        }
        let totals = self.totals(clauses, &by);
        let interval = self.interval(building, clauses);
        let Some(missing) = clauses.missing else {
            if !broken {
                self.tell(
                    error(
                        codes::MISSING_POLICY,
                        span,
                        format!("`{}` does not say what a missing value counts as", node.name.value),
                    )
                    .help("add `missing excluded`, `zero`, `one` or `error`"),
                );
            }
            self.table_of(building, &by, &totals, clauses);
            return;
        };
        let measure = Measure {
            by: by.iter().map(|column| column.slot).collect(),
            metrics,
            baseline,
            totals: totals.clone(),
            interval,
            missing: missing.value,
        };
        self.push(building, StepKind::Measure(Box::new(measure)), side.frame, span);
        self.table_of(building, &by, &totals, clauses);
    }

    /// The columns of the measure's own table.
    fn table_of(
        &mut self,
        building: &mut Building<'l>,
        by: &[Column],
        totals: &[TotalOver],
        clauses: &Clauses<'l>,
    ) {
        let owner = Arc::clone(&building.node.name.value);
        let mut row = Row { doubt: building.row.doubt.clone(), ..Row::new(owner) };
        for (at, column) in by.iter().enumerate() {
            let over = totals.iter().any(|total| total.over.contains(&(at as u32)));
            let kind = if over { column.kind.clone().optional() } else { column.kind.clone() };
            let slot = row.slot();
            row.columns.push(Column { kind, slot, ..column.clone() });
        }
        let names: Vec<Arc<str>> =
            clauses.metrics.iter().map(|metric| Arc::clone(&metric.name.value)).collect();
        let number = Type::Float.optional();
        let total = Type::Closed(["pooled".into(), "macro".into()].into()).optional();
        for (name, kind) in [
            ("metric", Type::Closed(names.into())),
            ("value", number.clone()),
            ("low", number.clone()),
            ("high", number),
            ("n", Type::Int),
            ("missing", Type::Int),
            ("total", total),
        ] {
            let slot = row.slot();
            row.columns.push(Column::new(name.into(), kind, slot));
        }
        building.row = row;
    }

    fn metric(
        &mut self,
        building: &mut Building<'l>,
        side: &mut RowSide,
        written: &'l tree::Metric,
    ) -> Metric {
        let name = &written.name;
        let aggregation = self.aggregation(side, &building.row, &written.value);
        let aggregation =
            self.number(aggregation, written.value.span, &format!("the metric `{}`", name.value));
        let is_rate = matches!(aggregation.result, Expr::Local(Local(0)))
            && matches!(aggregation.leaves.as_slice(), [leaf] if leaf.kind == AggregateKind::Rate);
        let condition = written.condition.as_ref().map(|condition| {
            let mut scope = Scope::over(side.module, &building.row);
            scope.quiet = building.quiet;
            scope.frame = side.frame;
            scope.baseline = side.baseline;
            let condition = self.condition(&mut scope, condition, "the condition");
            side.frame = scope.frame;
            condition
        });
        let direction = match &written.direction {
            Some(direction) => match &direction.value {
                tree::Direction::Higher => Direction::Higher,
                tree::Direction::Lower => Direction::Lower,
                tree::Direction::Near(target) => {
                    let expr =
                        self.wanted(&mut building.scope(), target, &Type::Float, "the number after `near`");
                    match fold(&expr) {
                        Some(Value::Float(target)) => Direction::Near(target),
                        other => {
                            if other != Some(Value::Missing) {
                                self.tell(
                                    error(
                                        codes::NOT_CONSTANT,
                                        target.span,
                                        "the number after `near` is not known before the run",
                                    )
                                    .help("write a number, or a parameter"),
                                );
                            }
                            Direction::Near(0.0)
                        }
                    }
                }
            },
            None => {
                self.tell(
                    error(
                        codes::METRIC_DIRECTION,
                        name.span,
                        format!("the metric `{}` does not say which way is better", name.value),
                    )
                    .help("add `better higher`, `better lower` or `better near X`"),
                );
                Direction::Higher
            }
        };
        building.metrics.push(name.clone());
        Metric { name: Arc::clone(&name.value), aggregation, condition, direction, is_rate }
    }

    fn baseline(
        &mut self,
        building: &mut Building<'l>,
        side: &mut RowSide,
        clauses: &Clauses<'l>,
        by: &[Column],
    ) -> Option<Baseline> {
        let (condition, on, span) = clauses.baseline?;
        let mut scope = Scope::over(side.module, &building.row);
        scope.frame = side.frame;
        scope.quiet = building.quiet;
        let checked = self.condition(&mut scope, condition, "the baseline's condition");
        side.frame = scope.frame;
        let mut keys: Vec<Slot> = Vec::new();
        let mut named: Vec<&str> = Vec::new();
        if on.is_empty() {
            self.tell(
                error(codes::BASELINE_KEY, span, "nothing says which baseline belongs to a row")
                    .help("add `on KEY`, such as `on origin` or the name of a node before"),
            );
        }
        for name in on {
            named.push(&name.value);
            keys.extend(self.key_column(&building.row, name).map(|column| column.slot));
        }
        let mut mentioned = Vec::new();
        names_in(condition, &mut mentioned);
        for column in by {
            if !mentioned.contains(&&*column.name) && !named.contains(&&*column.name) {
                keys.push(column.slot);
            }
        }
        // A model compared with another model's baseline says nothing about either.
        let model = building.row.column("model");
        if let Some(model) = model
            && !keys.contains(&model.slot)
            && !mentioned.contains(&"model")
        {
            self.tell(
                error(
                    codes::BASELINE_KEY,
                    span,
                    "rows of one model would be compared with the baseline of another",
                )
                .help("add `model` to `by`, or to the keys after `on`"),
            );
        }
        Some(Baseline { condition: checked, keys })
    }

    fn totals(&mut self, clauses: &Clauses<'l>, by: &[Column]) -> Vec<TotalOver> {
        let mut totals = Vec::new();
        for (over, how, _) in &clauses.totals {
            let mut places = Vec::new();
            for name in *over {
                match by.iter().position(|column| column.name == name.value) {
                    Some(at) => places.push(at as u32),
                    // It could not be found there, which was told.
                    None if clauses.by.iter().any(|by| by.value == name.value) => {}
                    None => {
                        let message = format!("`{}` is not among the columns after `by`", name.value);
                        let mut problem = error(codes::UNKNOWN_COLUMN, name.span, message);
                        let names: Vec<&str> = by.iter().map(|column| &*column.name).collect();
                        problem.help = super::complaint::suggestion(&name.value, "they are", names);
                        self.tell(problem);
                    }
                }
            }
            totals.push(TotalOver { over: places, how: *how });
        }
        totals
    }

    fn interval(&mut self, building: &Building<'l>, clauses: &Clauses<'l>) -> Option<Interval> {
        let WrittenInterval { level, method, by, span } = clauses.interval?;
        // `95%` and `0.95` say the same.
        let share = if level.value > 1.0 { level.value / 100.0 } else { level.value };
        if !(0.5..1.0).contains(&share) {
            self.tell(
                error(codes::WRONG_NUMBER, level.span, "an interval covers between 50% and 99.9...%")
                    .help("such as `interval 95%`"),
            );
        }
        // By the node that is measured, each row is for itself, as without a word.
        let measured = |name: &Name| building.node.from.first().is_some_and(|from| from.value == name.value);
        let cluster = by.and_then(|name| self.key_column(&building.row, name).filter(|_| !measured(name)));
        let cluster = cluster.map(|column| column.slot);
        if method == Some(IntervalMethod::Wilson) && cluster.is_some() {
            self.tell(
                error(codes::INTERVAL, span, "Wilson's interval takes rows to be independent")
                    .help("write `bootstrap by ...` or `normal by ...` for clusters, or no method"),
            );
        }
        if by.is_none() && method != Some(IntervalMethod::Wilson) {
            self.clustered(building, clauses, span);
        }
        Some(Interval { level: share, method, cluster })
    }
}

impl<'l> Checker<'l> {
    /// Several rows of one thing, counted in one number, are not as many things.
    fn clustered(&mut self, building: &Building<'l>, clauses: &Clauses<'l>, span: Span) {
        let apart = |multiple: &Multiple| {
            let named = |name: &Name| name.value == multiple.column;
            clauses.by.iter().any(|name| named(name))
                && !clauses.totals.iter().any(|(over, ..)| over.iter().any(named))
        };
        let Some(multiple) = building.row.multiples.iter().find(|multiple| !apart(multiple)) else { return };
        let each = building.node.from.first().map_or("", |name| &name.value);
        let whole = multiple.of.as_deref().unwrap_or(each);
        let mut help = format!("write `by` and the node whose rows are independent, such as `by {whole}`");
        if whole != each {
            help += &format!("; `by {each}` takes each row for itself");
        }
        self.tell(
            error(codes::INTERVAL, span, "the interval does not say which rows come from one thing")
                .also(multiple.place, "several rows are made of one here")
                .help(help),
        );
    }
}

/// The names in a condition.
fn names_in<'t>(written: &'t tree::Expr, names: &mut Vec<&'t str>) {
    match &written.kind {
        ExprKind::Name(name) => names.push(name),
        ExprKind::Binary { left, right, .. } => {
            names_in(left, names);
            names_in(right, names);
        }
        ExprKind::Unary { operand, .. } | ExprKind::IsPresent { operand, .. } => names_in(operand, names),
        ExprKind::Parenthesised(inner) | ExprKind::Field(inner, _) => names_in(inner, names),
        ExprKind::Call { arguments, .. } => {
            arguments.iter().for_each(|argument| names_in(&argument.value, names));
        }
        ExprKind::Method { receiver, arguments, .. } => {
            names_in(receiver, names);
            arguments.iter().for_each(|argument| names_in(&argument.value, names));
        }
        ExprKind::List(items) => items.iter().for_each(|item| names_in(&item.value, names)),
        _ => {}
    }
}
