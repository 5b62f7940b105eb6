//! Expressions: what they mean at a place, and of what type they are.

mod access;
mod arguments;
mod asks;
mod branches;
mod calls;
mod fitting;
mod literals;
mod names;
mod natives;
mod operators;

pub(super) use arguments::can;
pub(super) use asks::MOST;
pub(super) use calls::{AGGREGATES, Argued};
pub(super) use fitting::convert;
pub(super) use names::row_identity;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::syntax::tree::{self, ExprKind, UnaryOperator};

use super::checker::{Checker, DEEPEST};
use super::codes;
use super::complaint::{Explained, error};
use super::program::Expr;
use super::scope::{Scope, Typed};

impl Checker<'_> {
    /// Checks an expression. `expected` is a hint for labels and empty lists; whether the type
    /// fits is for the caller to say, see [`Checker::wanted`].
    pub(super) fn expr(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        expected: Option<&Type>,
    ) -> Typed {
        if self.depth == DEEPEST {
            self.too_deep(written.span, "functions and parameters go through each other");
            return Typed::unknown();
        }
        self.depth += 1;
        let typed = self.expr_within(scope, written, expected);
        self.depth -= 1;
        typed
    }

    fn expr_within(&mut self, scope: &mut Scope<'_>, written: &tree::Expr, expected: Option<&Type>) -> Typed {
        if scope.gather.is_some()
            && let Some(gathered) = self.gathered(scope, written)
        {
            return gathered;
        }
        match &written.kind {
            ExprKind::Missing => Typed::new(Expr::Constant(Value::Missing), Type::Missing),
            ExprKind::Bool(value) => Typed::new(Expr::Constant(Value::Bool(*value)), Type::Bool),
            ExprKind::Int(value) => Typed::new(Expr::Constant(Value::Int(*value)), Type::Int),
            ExprKind::Float(value) => Typed::new(Expr::Constant(Value::Float(*value)), Type::Float),
            ExprKind::Template(template) => self.template(scope, template, written.span, expected),
            ExprKind::Name(name) => self.name(scope, name, written.span, expected),
            ExprKind::List(items) => self.list(scope, items, expected),
            ExprKind::Record(fields) => self.record(scope, fields, written.span, expected),
            ExprKind::Field(of, name) => self.field(scope, of, name),
            ExprKind::Index(of, at) => self.index(scope, of, at),
            ExprKind::Call { function, arguments } => {
                self.call(scope, function, None, arguments, written.span, expected)
            }
            ExprKind::Method { receiver, function, arguments } => {
                self.method(scope, receiver, function, arguments, written.span, expected)
            }
            ExprKind::Lambda { .. } => {
                self.tell(
                    error(codes::MISPLACED, written.span, "a function stands where a value is wanted")
                        .help("`x => ...` is an argument of functions such as `map` and `filter`"),
                );
                Typed::unknown()
            }
            ExprKind::If { condition, then, otherwise } => {
                self.branches(scope, condition, then, otherwise, written.span, expected)
            }
            ExprKind::Binary { operator, left, right } => {
                self.binary(scope, operator, left, right, written.span, expected)
            }
            ExprKind::Unary { operator, operand } => match operator.value {
                UnaryOperator::Not => self.not(scope, operand),
                UnaryOperator::Negate => self.negate(scope, operand),
            },
            ExprKind::IsPresent { operand, present } => self.is_present(scope, operand, *present),
            ExprKind::Ask(ask) => self.ask(scope, ask, written.span),
            ExprKind::Scripted { .. } => {
                self.tell(
                    error(codes::MISPLACED, written.span, "`scripted` is a model, not a value")
                        .help("write it after `model NAME =` or, in a test, after `bind NAME =`"),
                );
                Typed::unknown()
            }
            ExprKind::Parenthesised(inner) => self.expr(scope, inner, expected),
            ExprKind::Broken => Typed::unknown(),
        }
    }

    /// Checks an expression that must be of a type; `what` is how a message calls it, such as
    /// "the condition".
    pub(super) fn wanted(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        wanted: &Type,
        what: &str,
    ) -> Expr {
        let typed = self.expr(scope, written, Some(wanted));
        self.fit(scope, typed, wanted, written.span, what)
    }

    /// Checks a condition: true or false, never missing.
    pub(super) fn condition(&mut self, scope: &mut Scope<'_>, written: &tree::Expr, what: &str) -> Expr {
        self.wanted(scope, written, &Type::Bool, what)
    }
}

/// The expression inside parentheses.
pub(super) fn bare(written: &tree::Expr) -> &tree::Expr {
    match &written.kind {
        ExprKind::Parenthesised(inner) => bare(inner),
        _ => written,
    }
}
