//! Aggregates: numbers out of many rows, in `metric` and `group`.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Argument, BinaryOperator, ExprKind};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::constant::fold;
use super::expressions::{AGGREGATES, bare, convert};
use super::gather::Gather;
use super::library::ModuleId;
use super::nodes::Building;
use super::program::{Aggregate, AggregateKind, Aggregation, Expr};
use super::reach::speaks_of_failures;
use super::scope::{Row, Scope, Typed};

/// What is given out for expressions over single rows inside aggregates: they share their step's
/// frame.
pub(super) struct RowSide {
    pub(super) module: ModuleId,
    pub(super) frame: u32,
    pub(super) randoms: u32,
    /// The measure has a baseline.
    pub(super) baseline: bool,
    quiet: Option<&'static str>,
}

impl RowSide {
    pub(super) fn of(building: &Building<'_>) -> RowSide {
        RowSide {
            module: building.module,
            frame: 0,
            randoms: 0,
            baseline: false,
            quiet: Some("inside an aggregate"),
        }
    }

    pub(super) fn bare(module: ModuleId) -> RowSide {
        RowSide { module, frame: 0, randoms: 0, baseline: false, quiet: Some("inside an aggregate") }
    }
}

impl Checker<'_> {
    /// An expression of aggregates.
    pub(super) fn aggregation(&mut self, side: &mut RowSide, row: &Row, written: &tree::Expr) -> Aggregation {
        let mut scope = Scope::bare(side.module);
        scope.quiet = side.quiet;
        // Leaves come first among the locals, whatever else the result needs.
        scope.frame = aggregates_in(written);
        scope.gather = Some(Gather::Rows { leaves: Vec::new(), row, side });
        let result = self.expr(&mut scope, written, None);
        let frame = scope.frame;
        let leaves = match scope.gather.take() {
            Some(Gather::Rows { leaves, .. }) => leaves,
            _ => Vec::new(),
        };
        Aggregation { leaves, result: result.expr, frame, kind: result.kind }
    }

    /// An aggregate, where the expression is one.
    pub(super) fn aggregate_call(&mut self, scope: &mut Scope<'_>, written: &tree::Expr) -> Option<Typed> {
        let ExprKind::Call { function, arguments } = &written.kind else { return None };
        if !AGGREGATES.contains(&&*function.value) {
            return None;
        }
        let Some(Gather::Rows { mut leaves, row, side }) = scope.gather.take() else { return None };
        if let "ratio" | "relative_change" = &*function.value {
            scope.gather = Some(Gather::Rows { leaves, row, side });
            return Some(self.combination(scope, &function.value, arguments, written.span));
        }
        let made = self.aggregate(side, row, &function.value, arguments, written.span);
        Some(match made {
            Some((leaf, kind)) => {
                leaves.push(leaf);
                let local = super::program::Local(leaves.len() as u32 - 1);
                scope.gather = Some(Gather::Rows { leaves, row, side });
                Typed::new(Expr::Local(local), kind)
            }
            None => {
                scope.gather = Some(Gather::Rows { leaves, row, side });
                Typed::unknown()
            }
        })
    }

    /// `ratio(a, b)` and `relative_change(before, after)`: missing where what is divided by is 0.
    fn combination(
        &mut self,
        scope: &mut Scope<'_>,
        name: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Typed {
        let [one, other] = arguments else {
            self.tell(
                error(codes::WRONG_ARGUMENTS, span, format!("`{name}` takes two numbers of many rows"))
                    .help("such as `ratio(count(a), count(b))`"),
            );
            return Typed::unknown();
        };
        let number = |this: &mut Self, scope: &mut Scope<'_>, written: &tree::Expr| {
            let typed = this.expr(scope, written, None);
            let wanted = Type::Float.optional();
            this.fit(scope, typed, &wanted, written.span, &format!("what `{name}` takes"))
        };
        let one = number(self, scope, &one.value);
        let other = number(self, scope, &other.value);
        let zero = Expr::Constant(Value::Float(0.0));
        let missing = Expr::Constant(Value::Missing);
        let (divisor, dividend) = match name {
            "ratio" => (other, one),
            _ => {
                let change = Expr::Binary(BinaryOperator::Subtract, Box::new(other), Box::new(one.clone()));
                (one, change)
            }
        };
        let is_zero = Expr::Binary(BinaryOperator::Equal, Box::new(divisor.clone()), Box::new(zero));
        // Where the divisor is missing, so is the test, and it counts as zero.
        let is_zero = Expr::Binary(
            BinaryOperator::Else,
            Box::new(is_zero),
            Box::new(Expr::Constant(Value::Bool(true))),
        );
        let quotient = Expr::Binary(BinaryOperator::Divide, Box::new(dividend), Box::new(divisor));
        Typed::new(Expr::If(Box::new(is_zero), Box::new(missing), Box::new(quotient)), Type::Float.optional())
    }

    pub(super) fn aggregate(
        &mut self,
        side: &mut RowSide,
        row: &Row,
        name: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Option<(Aggregate, Type)> {
        let mut scope = Scope::over(side.module, row);
        scope.frame = side.frame;
        scope.randoms = side.randoms;
        scope.quiet = side.quiet;
        scope.baseline = side.baseline;
        let made = self.row_aggregate(&mut scope, name, arguments, span);
        side.frame = scope.frame;
        side.randoms = scope.randoms;
        made
    }

    fn row_aggregate(
        &mut self,
        scope: &mut Scope<'_>,
        name: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Option<(Aggregate, Type)> {
        let values: Vec<&tree::Expr> = arguments.iter().map(|argument| &argument.value).collect();
        let leaf = |kind: AggregateKind, arguments: Vec<Expr>| {
            let of_failures = speaks_of_failures(&arguments);
            Aggregate { kind, arguments, of_failures }
        };
        Some(match (name, values.as_slice()) {
            ("count", []) => (leaf(AggregateKind::Count, vec![]), Type::Int),
            ("count", [condition]) => {
                let (condition, _) = self.over_rows(scope, condition, &Type::Bool, name)?;
                (leaf(AggregateKind::Count, vec![condition]), Type::Int)
            }
            ("rate" | "all" | "any", [condition]) => {
                let (condition, optional) = self.over_rows(scope, condition, &Type::Bool, name)?;
                let (kind, result) = match name {
                    "rate" => (AggregateKind::Rate, Type::Float),
                    "all" => (AggregateKind::All, Type::Bool),
                    _ => (AggregateKind::Any, Type::Bool),
                };
                (leaf(kind, vec![condition]), lifted(result, optional))
            }
            ("mean" | "std", [number]) => {
                let (number, optional) = self.over_rows(scope, number, &Type::Float, name)?;
                let std = name == "std";
                let kind = if std { AggregateKind::Std } else { AggregateKind::Mean };
                (leaf(kind, vec![number]), lifted(Type::Float, optional || std))
            }
            ("sum" | "min" | "max", [number]) => {
                let typed = self.expr(scope, number, None);
                let kind = match typed.kind.present() {
                    Type::Unknown => return None,
                    Type::Int => Type::Int,
                    _ => Type::Float,
                };
                let optional = typed.kind.is_optional();
                let wanted = lifted(kind.clone(), optional);
                let number = self.fit(scope, typed, &wanted, number.span, &format!("what `{name}` takes"));
                let aggregate = match name {
                    "sum" => AggregateKind::Sum,
                    "min" => AggregateKind::Min,
                    _ => AggregateKind::Max,
                };
                (leaf(aggregate, vec![number]), lifted(kind, optional))
            }
            ("quantile", [number, at]) => {
                let (number, optional) = self.over_rows(scope, number, &Type::Float, name)?;
                let at = self.share(scope, at)?;
                (leaf(AggregateKind::Quantile(at), vec![number]), lifted(Type::Float, optional))
            }
            ("collect" | "first", [value]) => {
                let typed = self.expr(scope, value, None);
                if name == "collect" {
                    (leaf(AggregateKind::Collect, vec![typed.expr]), Type::list(typed.kind))
                } else {
                    (leaf(AggregateKind::First, vec![typed.expr]), typed.kind)
                }
            }
            ("kappa" | "alpha", [one, other]) => {
                let one_typed = self.expr(scope, one, None);
                let hint = one_typed.kind.present().clone();
                let other_typed = self.expr(scope, other, Some(&hint));
                let optional = hint.clone().optional();
                let second = self.fit(
                    scope,
                    other_typed,
                    &optional,
                    other.span,
                    &format!("the second rater of `{name}`"),
                );
                let kind = if name == "kappa" { AggregateKind::Kappa } else { AggregateKind::Alpha };
                (leaf(kind, vec![one_typed.expr, second]), Type::Float.optional())
            }
            ("weighted", [label, weights]) => {
                let (value, optional) = self.weights(scope, label, weights)?;
                (leaf(AggregateKind::Mean, vec![value]), lifted(Type::Float, optional))
            }
            _ => {
                let form = form(name);
                self.tell(
                    error(
                        codes::WRONG_ARGUMENTS,
                        span,
                        format!("`{name}` does not take {} arguments", values.len()),
                    )
                    .help(format!("it is {form}")),
                );
                return None;
            }
        })
    }

    /// A value of each row; it may be missing, which the measure's `missing` clause counts.
    fn over_rows(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        kind: &Type,
        name: &str,
    ) -> Option<(Expr, bool)> {
        let typed = self.expr(scope, written, Some(kind));
        if typed.is_unknown() {
            return None;
        }
        let optional = typed.kind.is_optional();
        let wanted = lifted(kind.clone(), optional);
        if !wanted.accepts(&typed.kind) && *typed.kind.present() == Type::Bool && *kind == Type::Float {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    written.span,
                    format!("`{name}` takes numbers, but this is {}", typed.kind),
                )
                .help("`rate(...)` gives the share of rows for which it is true"),
            );
            return None;
        }
        Some((self.fit(scope, typed, &wanted, written.span, &format!("what `{name}` takes")), optional))
    }

    /// A number between 0 and 1 that is known before the run.
    fn share(&mut self, scope: &mut Scope<'_>, written: &tree::Expr) -> Option<f64> {
        let expr = self.wanted(scope, written, &Type::Float, "the share");
        match fold(&expr) {
            Some(Value::Float(share)) if (0.0..=1.0).contains(&share) => Some(share),
            _ => {
                self.tell(
                    error(codes::WRONG_NUMBER, written.span, "a quantile is a number between 0 and 1")
                        .help("such as `quantile(score, 0.9)`"),
                );
                None
            }
        }
    }

    /// `weighted(label, { a = 1, b = 0.5 })` as a number of each row.
    fn weights(
        &mut self,
        scope: &mut Scope<'_>,
        label: &tree::Expr,
        weights: &tree::Expr,
    ) -> Option<(Expr, bool)> {
        let typed = self.expr(scope, label, None);
        let Type::Closed(labels) = typed.kind.present().clone() else {
            if !typed.is_unknown() {
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        label.span,
                        format!("`weighted` weighs labels, but this is {}", typed.kind),
                    )
                    .help("give it a column of a closed set, such as `a | b`"),
                );
            }
            return None;
        };
        let ExprKind::Record(fields) = &bare(weights).kind else {
            self.tell(error(codes::WRONG_ARGUMENTS, weights.span, "the weights are a record").help(format!(
                "such as {{ {} }}",
                labels.iter().map(|label| format!("{label} = 1")).collect::<Vec<_>>().join(", ")
            )));
            return None;
        };
        for field in fields {
            if !labels.contains(&field.name.value) {
                let message = format!("no label `{}`", field.name.value);
                let mut problem = error(codes::UNKNOWN_LABEL, field.name.span, message);
                problem.help =
                    suggestion(&field.name.value, "the labels are", labels.iter().map(|label| &**label));
                self.tell(problem);
            }
        }
        let mut weight = Expr::Constant(Value::Missing);
        for label in labels.iter().rev() {
            let Some(field) = fields.iter().find(|field| field.name.value == *label) else {
                self.tell(
                    error(codes::MISSING_FIELD, weights.span, format!("the label `{label}` has no weight"))
                        .help(format!("add `{label} = ...`: every label counts for something")),
                );
                continue;
            };
            let value = self.wanted(scope, &field.value, &Type::Float, &format!("the weight of `{label}`"));
            let is = Expr::Binary(
                BinaryOperator::Equal,
                Box::new(typed.expr.clone()),
                Box::new(Expr::Constant(Value::Text(Arc::clone(label)))),
            );
            weight = Expr::If(Box::new(is), Box::new(value), Box::new(weight));
        }
        let optional = typed.kind.is_optional();
        if optional {
            let present = Expr::IsPresent { operand: Box::new(typed.expr), present: true };
            let missing = Expr::Constant(Value::Missing);
            weight = Expr::If(Box::new(present), Box::new(weight), Box::new(missing));
        }
        Some((weight, optional))
    }

    /// An aggregation whose result must be a number.
    pub(super) fn number(&mut self, mut aggregation: Aggregation, span: Span, what: &str) -> Aggregation {
        let wanted = Type::Float.optional();
        if !wanted.accepts(&aggregation.kind) {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    span,
                    format!("{what} must be a number, but this is {}", aggregation.kind),
                )
                .help("such as `rate(correct)` or `mean(score)`"),
            );
        }
        let mut scope = Scope::bare(ModuleId::ROOT);
        aggregation.result = convert(&mut scope, aggregation.result, &aggregation.kind, &wanted);
        aggregation.kind = wanted;
        aggregation
    }
}

fn lifted(kind: Type, optional: bool) -> Type {
    if optional { kind.optional() } else { kind }
}

fn form(name: &str) -> String {
    match name {
        "count" => "`count()` or `count(condition)`".into(),
        "rate" | "all" | "any" => format!("`{name}(condition)`"),
        "quantile" => "`quantile(number, 0.9)`".into(),
        "kappa" | "alpha" => format!("`{name}(one, other)`"),
        "weighted" => "`weighted(label, { a = 1, b = 0.5 })`".into(),
        _ => format!("`{name}(value)`"),
    }
}

/// At least as many as the aggregates in an expression.
fn aggregates_in(written: &tree::Expr) -> u32 {
    let count = |items: &mut dyn Iterator<Item = &tree::Expr>| items.map(aggregates_in).sum::<u32>();
    match &written.kind {
        ExprKind::Call { arguments, .. } => 1 + count(&mut arguments.iter().map(|argument| &argument.value)),
        ExprKind::Method { receiver, arguments, .. } => {
            1 + aggregates_in(receiver) + count(&mut arguments.iter().map(|argument| &argument.value))
        }
        ExprKind::Binary { left, right, .. } => aggregates_in(left) + aggregates_in(right),
        ExprKind::Unary { operand, .. } | ExprKind::IsPresent { operand, .. } => aggregates_in(operand),
        ExprKind::Parenthesised(inner) => aggregates_in(inner),
        ExprKind::If { condition, then, otherwise } => {
            aggregates_in(condition) + aggregates_in(then) + aggregates_in(otherwise)
        }
        ExprKind::List(items) => count(&mut items.iter().map(|item| &item.value)),
        ExprKind::Record(fields) => count(&mut fields.iter().map(|field| &field.value)),
        ExprKind::Field(of, _) => 1 + aggregates_in(of),
        ExprKind::Index(of, at) => 1 + aggregates_in(of) + aggregates_in(at),
        ExprKind::Lambda { body, .. } => aggregates_in(body),
        ExprKind::Template(template) => template
            .parts
            .iter()
            .map(|part| match part {
                tree::TemplatePart::Hole(hole) => aggregates_in(hole),
                tree::TemplatePart::Text(_) => 0,
            })
            .sum(),
        // A name may be a cell of a test.
        ExprKind::Name(_) => 1,
        _ => 0,
    }
}

/// As many locals as the leaves of an expression over tables may need.
pub(super) fn leaves_in(written: &tree::Expr) -> u32 {
    aggregates_in(written)
}
