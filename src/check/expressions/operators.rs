//! Operators between two values.

use crate::data::types::Type;
use crate::diagnostics::source::{Span, Spanned};
use crate::syntax::tree::{self, BinaryOperator, ExprKind};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::program::{Expr, NativeArgument, NativeCall, TemplatePart};
use super::super::scope::{Scope, Typed};
use super::super::types::join;
use super::fitting::convert;
use super::literals::conversation_of;

impl Checker<'_> {
    pub(super) fn binary(
        &mut self,
        scope: &mut Scope<'_>,
        operator: &Spanned<BinaryOperator>,
        left: &tree::Expr,
        right: &tree::Expr,
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        use BinaryOperator as Op;
        match operator.value {
            Op::Or | Op::And => self.logic(scope, operator.value, left, right),
            Op::Equal | Op::NotEqual => self.equality(scope, operator, left, right, span),
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual => {
                self.ordering(scope, operator, left, right, span)
            }
            Op::In | Op::NotIn => self.membership(scope, operator.value, left, right),
            Op::Else => self.otherwise_value(scope, left, right, expected),
            Op::Add => self.sum(scope, left, right, span, expected),
            Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder => {
                let (left, right) = (self.expr(scope, left, None), self.expr(scope, right, None));
                self.arithmetic(operator.value, left, right, span)
            }
        }
    }

    fn logic(
        &mut self,
        scope: &mut Scope<'_>,
        operator: BinaryOperator,
        left: &tree::Expr,
        right: &tree::Expr,
    ) -> Typed {
        let mut kind = Type::Bool;
        let mut side = |this: &mut Self, written: &tree::Expr| {
            let typed = this.expr(scope, written, Some(&Type::Bool));
            let wanted = if typed.kind.is_optional() { Type::Bool.optional() } else { Type::Bool };
            if wanted.is_optional() {
                kind = Type::Bool.optional();
            }
            let word = symbol(operator);
            Box::new(this.fit(scope, typed, &wanted, written.span, &format!("each side of `{word}`")))
        };
        let left = side(self, left);
        let right = side(self, right);
        Typed::new(Expr::Binary(operator, left, right), kind)
    }

    /// Both sides, the one that says the type first, so that labels find their closed set.
    fn sides(&mut self, scope: &mut Scope<'_>, left: &tree::Expr, right: &tree::Expr) -> (Typed, Typed) {
        if self.waits_for_labels(scope, left) {
            let right = self.expr(scope, right, None);
            (self.expr(scope, left, Some(&right.kind)), right)
        } else {
            let left = self.expr(scope, left, None);
            let right = self.expr(scope, right, Some(&left.kind));
            (left, right)
        }
    }

    fn equality(
        &mut self,
        scope: &mut Scope<'_>,
        operator: &Spanned<BinaryOperator>,
        left: &tree::Expr,
        right: &tree::Expr,
        span: Span,
    ) -> Typed {
        for (side, other) in [(left, right), (right, left)] {
            if matches!(super::bare(side).kind, ExprKind::Missing) {
                let test = if operator.value == BinaryOperator::Equal { "is missing" } else { "is present" };
                let (other, _) = self.attempt(|this| this.expr(scope, other, None));
                let help = match other.kind.present() {
                    Type::Closed(labels) if labels.iter().any(|label| &**label == "missing") => {
                        "write the label in quotes: \"missing\"".to_owned()
                    }
                    _ => format!("write `x {test}`"),
                };
                self.tell(error(codes::COMPARED_WITH_MISSING, span, "nothing equals `missing`").help(help));
                return Typed::unknown();
            }
        }
        let (left, right) = self.sides(scope, left, right);
        self.compared(scope, operator.value, left, right, span)
    }

    fn compared(
        &mut self,
        scope: &mut Scope<'_>,
        operator: BinaryOperator,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Typed {
        let kind = lifted(Type::Bool, &left.kind, &right.kind);
        if left.is_unknown() || right.is_unknown() {
            return Typed::new(Typed::unknown().expr, kind);
        }
        let (one, other) = (left.kind.present(), right.kind.present());
        if let (Type::Closed(one), Type::Closed(other)) = (one, other)
            && !one.iter().any(|label| other.contains(label))
        {
            let (one, other) = (one.join(" | "), other.join(" | "));
            self.tell(
                error(codes::NEVER_EQUAL, span, format!("these are never equal: {one} and {other}"))
                    .help("the two closed sets have no label in common"),
            );
            return Typed::new(Typed::unknown().expr, kind);
        }
        let Some(common) = comparable(one, other) else {
            self.tell(
                error(codes::TYPE_MISMATCH, span, format!("{one} and {other} cannot be compared"))
                    .help(comparison_help(one, other)),
            );
            return Typed::new(Typed::unknown().expr, kind);
        };
        let left = Box::new(convert(scope, left.expr, one, &common));
        let right = Box::new(convert(scope, right.expr, other, &common));
        Typed::new(Expr::Binary(operator, left, right), kind)
    }

    fn ordering(
        &mut self,
        scope: &mut Scope<'_>,
        operator: &Spanned<BinaryOperator>,
        left: &tree::Expr,
        right: &tree::Expr,
        span: Span,
    ) -> Typed {
        let (left, right) = (self.expr(scope, left, None), self.expr(scope, right, None));
        let sound = |kind: &Type| {
            matches!(kind.present(), Type::Int | Type::Float | Type::Text | Type::Date | Type::Unknown)
        };
        for side in [&left, &right] {
            if !sound(&side.kind) {
                let word = symbol(operator.value);
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        span,
                        format!("{} has no order for `{word}`", side.kind.present()),
                    )
                    .help("numbers, dates and texts have one"),
                );
                return Typed::new(Typed::unknown().expr, Type::Bool);
            }
        }
        self.compared(scope, operator.value, left, right, span)
    }

    fn membership(
        &mut self,
        scope: &mut Scope<'_>,
        operator: BinaryOperator,
        left: &tree::Expr,
        right: &tree::Expr,
    ) -> Typed {
        let (item, list) = if self.waits_for_labels(scope, left) {
            let list = self.expr(scope, right, None);
            let hint = match list.kind.present() {
                Type::List(of) => Some((**of).clone()),
                _ => None,
            };
            (self.expr(scope, left, hint.as_ref()), list)
        } else {
            let item = self.expr(scope, left, None);
            let hint = Type::list(item.kind.present().clone());
            let list = self.expr(scope, right, Some(&hint));
            (item, list)
        };
        let kind = lifted(Type::Bool, &item.kind, &list.kind);
        let sound = match (item.kind.present(), list.kind.present()) {
            (Type::Unknown, _) | (_, Type::Unknown) => return Typed::new(Typed::unknown().expr, kind),
            (item, Type::List(of)) => comparable(item, of).is_some(),
            (Type::Text | Type::Closed(_) | Type::Path, Type::Text | Type::Path | Type::Closed(_)) => true,
            _ => false,
        };
        if !sound {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    right.span,
                    format!("{} cannot be in {}", item.kind.present(), list.kind.present()),
                )
                .help("`in` looks for an item in a list of its type, or for a text in a text"),
            );
            return Typed::new(Typed::unknown().expr, kind);
        }
        let of = match list.kind.present() {
            Type::List(of) => comparable(item.kind.present(), of),
            _ => None,
        };
        let (item, list) = match of {
            Some(of) => {
                let wanted = Type::list(of.clone());
                (
                    convert(scope, item.expr, item.kind.present(), &of),
                    convert(scope, list.expr, list.kind.present(), &wanted),
                )
            }
            None => (item.expr, list.expr),
        };
        Typed::new(Expr::Binary(operator, Box::new(item), Box::new(list)), kind)
    }

    fn otherwise_value(
        &mut self,
        scope: &mut Scope<'_>,
        left: &tree::Expr,
        right: &tree::Expr,
        expected: Option<&Type>,
    ) -> Typed {
        let value = self.expr(scope, left, expected);
        let hint = value.kind.present().clone();
        let default = self.expr(scope, right, if hint == Type::Missing { expected } else { Some(&hint) });
        if value.is_unknown() || default.is_unknown() {
            return Typed::unknown();
        }
        if !value.kind.is_optional() {
            self.tell(
                error(codes::NEVER_MISSING, left.span, format!("this is never missing ({})", value.kind))
                    .help("remove `??` and what follows it"),
            );
            return value;
        }
        let Some(kind) = join(&hint, &default.kind) else {
            self.tell(
                error(
                    codes::TYPE_MISMATCH,
                    right.span,
                    format!("this is {}, but stands for a missing {hint}", default.kind),
                )
                .help("both sides of `??` are of one type"),
            );
            return Typed::unknown();
        };
        let left = Box::new(convert(scope, value.expr, &hint, &kind));
        let right = Box::new(convert(scope, default.expr, &default.kind, &kind));
        Typed::new(Expr::Binary(BinaryOperator::Else, left, right), kind)
    }

    fn sum(
        &mut self,
        scope: &mut Scope<'_>,
        left: &tree::Expr,
        right: &tree::Expr,
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        let hint = expected.filter(|kind| matches!(kind.present(), Type::List(_) | Type::Turns));
        let left = self.expr(scope, left, hint);
        let right = self.expr(scope, right, hint);
        let either = lifted(Type::Bool, &left.kind, &right.kind).is_optional();
        match (left.kind.present(), right.kind.present()) {
            (Type::Text | Type::Closed(_) | Type::Path, Type::Text | Type::Closed(_) | Type::Path) => {
                let kind = lifted(Type::Text, &left.kind, &right.kind);
                let holes = [left, right].map(|side| TemplatePart::Hole(side.expr, side.kind));
                Typed::new(Expr::Template(holes.into()), kind)
            }
            (Type::Turns, Type::Turns) if !either => conversation_of(vec![left.expr, right.expr]),
            (Type::List(_), Type::List(_)) => match join(left.kind.present(), right.kind.present()) {
                Some(kind) => {
                    let kind = lifted(kind, &left.kind, &right.kind);
                    let kinds = vec![left.kind, right.kind];
                    let arguments = vec![NativeArgument::Value(left.expr), NativeArgument::Value(right.expr)];
                    let call =
                        NativeCall { name: "prelude.concatenate".into(), arguments, kinds, random: None };
                    Typed::new(Expr::Native(call), kind)
                }
                None => self.no_operator(BinaryOperator::Add, &left, &right, span),
            },
            _ => self.arithmetic(BinaryOperator::Add, left, right, span),
        }
    }

    fn arithmetic(&mut self, operator: BinaryOperator, left: Typed, right: Typed, span: Span) -> Typed {
        let division = operator == BinaryOperator::Divide;
        let kind = match (left.kind.present(), right.kind.present()) {
            (Type::Unknown, _) | (_, Type::Unknown) => return Typed::unknown(),
            (Type::Int, Type::Int) if !division => Type::Int,
            (Type::Int | Type::Float, Type::Int | Type::Float) if operator != BinaryOperator::Remainder => {
                Type::Float
            }
            _ => return self.no_operator(operator, &left, &right, span),
        };
        let result = lifted(kind.clone(), &left.kind, &right.kind);
        let number = |side: Typed| {
            let needs = kind == Type::Float && *side.kind.present() == Type::Int;
            Box::new(match side.expr {
                Expr::Constant(crate::data::value::Value::Int(number)) if needs => {
                    Expr::Constant(crate::data::value::Value::Float(number as f64))
                }
                other if needs => Expr::ToFloat(Box::new(other)),
                other => other,
            })
        };
        Typed::new(Expr::Binary(operator, number(left), number(right)), result)
    }

    fn no_operator(&mut self, operator: BinaryOperator, left: &Typed, right: &Typed, span: Span) -> Typed {
        let word = symbol(operator);
        let help = match operator {
            BinaryOperator::Add => "`+` adds numbers and joins texts, lists and turns",
            BinaryOperator::Remainder => "`%` takes two ints",
            _ => "both sides must be numbers",
        };
        self.tell(
            error(
                codes::TYPE_MISMATCH,
                span,
                format!("no `{word}` between {} and {}", left.kind, right.kind),
            )
            .help(help),
        );
        Typed::unknown()
    }
}

/// A result that is missing where one of the two is.
fn lifted(result: Type, left: &Type, right: &Type) -> Type {
    if left.is_optional() || right.is_optional() { result.optional() } else { result }
}

/// The type that two values are compared as.
fn comparable(one: &Type, other: &Type) -> Option<Type> {
    match (one, other) {
        (Type::Closed(_), Type::Closed(_)) => Some(Type::Text),
        (Type::Closed(_), Type::Text | Type::Path) | (Type::Text | Type::Path, Type::Closed(_)) => {
            Some(Type::Text)
        }
        _ => join(one, other),
    }
}

fn comparison_help(one: &Type, other: &Type) -> &'static str {
    match (one, other) {
        (Type::Text, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Text) => {
            "`to_int(x)` and `to_float(x)` read numbers; \"{{x}}\" writes them"
        }
        (Type::List(_), _) | (_, Type::List(_)) => "`x in xs` looks into a list",
        _ => "both sides must be of one type",
    }
}

pub(super) fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "or",
        BinaryOperator::And => "and",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::In => "in",
        BinaryOperator::NotIn => "not in",
        BinaryOperator::Else => "??",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
    }
}
