//! `if`, `is missing`, `not` and unary minus.

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree;

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::program::Expr;
use super::super::scope::{Scope, Typed};
use super::super::types::join;
use super::fitting::convert;

impl Checker<'_> {
    pub(super) fn branches(
        &mut self,
        scope: &mut Scope<'_>,
        condition: &tree::Expr,
        then: &tree::Expr,
        otherwise: &tree::Expr,
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        let condition = self.condition(scope, condition, "the condition");
        let (then, otherwise) = if expected.is_none() && self.waits_for_labels(scope, then) {
            let otherwise = self.expr(scope, otherwise, None);
            (self.expr(scope, then, Some(&otherwise.kind)), otherwise)
        } else {
            let then = self.expr(scope, then, expected);
            let hint = expected.unwrap_or(&then.kind).clone();
            let otherwise = self.expr(scope, otherwise, Some(&hint));
            (then, otherwise)
        };
        let Some(kind) = join(&then.kind, &otherwise.kind) else {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    span,
                    format!("`then` gives {} and `else` gives {}", then.kind, otherwise.kind),
                )
                .help("both must be of one type"),
            );
            return Typed::unknown();
        };
        let then = convert(scope, then.expr, &then.kind, &kind);
        let otherwise = convert(scope, otherwise.expr, &otherwise.kind, &kind);
        Typed::new(Expr::If(Box::new(condition), Box::new(then), Box::new(otherwise)), kind)
    }

    pub(super) fn is_present(&mut self, scope: &mut Scope<'_>, operand: &tree::Expr, present: bool) -> Typed {
        let typed = self.expr(scope, operand, None);
        // An image's or a verdict's absence is told by its type: what is always there needs no test.
        if !typed.kind.is_optional() && !typed.is_unknown() {
            let always = if present { "true" } else { "false" };
            self.tell(
                error(codes::NEVER_MISSING, operand.span, format!("this is never missing ({})", typed.kind))
                    .saying(format!("so the test is always {always}"))
                    .help("remove the test"),
            );
            return Typed::new(Expr::Constant(Value::Bool(present)), Type::Bool);
        }
        Typed::new(Expr::IsPresent { operand: Box::new(typed.expr), present }, Type::Bool)
    }

    pub(super) fn not(&mut self, scope: &mut Scope<'_>, operand: &tree::Expr) -> Typed {
        let typed = self.expr(scope, operand, Some(&Type::Bool));
        let kind = if typed.kind.is_optional() { Type::Bool.optional() } else { Type::Bool };
        let expr = self.fit(scope, typed, &kind, operand.span, "what `not` negates");
        Typed::new(Expr::Not(Box::new(expr)), kind)
    }

    pub(super) fn negate(&mut self, scope: &mut Scope<'_>, operand: &tree::Expr) -> Typed {
        let typed = self.expr(scope, operand, None);
        match (typed.kind.present(), typed.expr) {
            (Type::Unknown, _) => Typed::unknown(),
            (Type::Int, Expr::Constant(Value::Int(number))) => {
                Typed::new(Expr::Constant(Value::Int(number.wrapping_neg())), Type::Int)
            }
            (Type::Float, Expr::Constant(Value::Float(number))) => {
                Typed::new(Expr::Constant(Value::Float(-number)), Type::Float)
            }
            (Type::Int | Type::Float, expr) => Typed::new(Expr::Negate(Box::new(expr)), typed.kind),
            (other, _) => {
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        operand.span,
                        format!("`-` needs a number, but this is {other}"),
                    )
                    .help("conditions are negated with `not`"),
                );
                Typed::unknown()
            }
        }
    }
}
