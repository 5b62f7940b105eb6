//! Whether a value fits where it stands, and the small changes that make it.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::program::{Expr, NativeArgument, NativeCall};
use super::super::scope::{Scope, Typed};

impl Checker<'_> {
    /// The expression as a value of the wanted type; a complaint where it cannot be one.
    pub(in super::super) fn fit(
        &mut self,
        scope: &mut Scope<'_>,
        typed: Typed,
        wanted: &Type,
        span: Span,
        what: &str,
    ) -> Expr {
        if wanted.accepts(&typed.kind) {
            return convert(scope, typed.expr, &typed.kind, wanted);
        }
        if typed.kind.is_optional() && !wanted.is_optional() && wanted.accepts(typed.kind.present())
            || typed.kind == Type::Missing
        {
            self.tell(
                error(codes::MAY_BE_MISSING, span, format!("{what} may be missing, but must be {wanted}"))
                    .help(missing_help(wanted)),
            );
        } else {
            let mut problem = error(
                codes::TYPE_MISMATCH,
                span,
                format!("{what} must be {wanted}, but this is {}", typed.kind),
            )
            .saying(format!("{}", typed.kind));
            problem.help = match typed.expr {
                Expr::Ask(_) if *typed.kind.present() == Type::Text => {
                    Some(format!("the answer to an `ask` is text, unless it says `returns {wanted}`"))
                }
                _ => mismatch_help(wanted, &typed.kind),
            };
            self.tell(problem);
        }
        Typed::unknown().expr
    }
}

fn missing_help(wanted: &Type) -> String {
    let example = match wanted {
        Type::Bool => "false",
        Type::Int | Type::Float => "0",
        Type::Text | Type::Path => "\"\"",
        _ => "...",
    };
    format!("say what a missing value counts as: `x ?? {example}`, or test `x is present`")
}

fn mismatch_help(wanted: &Type, given: &Type) -> Option<String> {
    match (wanted.present(), given.present()) {
        (Type::Int, Type::Float) => Some("`round(x)` or `floor(x)` gives an int".into()),
        (Type::Text, Type::Int | Type::Float | Type::Bool | Type::Date | Type::Json) => {
            Some("put it into a text: \"{{x}}\"".into())
        }
        (Type::Text, Type::List(_)) => Some("`join_text(xs, \", \")` makes one text of a list".into()),
        (Type::Int, Type::Text) => Some("`to_int(x)` reads a number; it may be missing".into()),
        (Type::Float, Type::Text) => Some("`to_float(x)` reads a number; it may be missing".into()),
        (Type::Closed(_), Type::Text) => {
            Some("compare with its labels, or ask for the labels with `returns`".into())
        }
        (Type::Bool, _) => Some("compare it with something: `x == ...`".into()),
        _ => None,
    }
}

/// Makes an accepted value one of the wanted type: ints become floats, anything becomes JSON.
pub(in super::super) fn convert(scope: &mut Scope<'_>, expr: Expr, from: &Type, to: &Type) -> Expr {
    match (to, from) {
        (_, Type::Missing | Type::Unknown) | (Type::Unknown, _) => expr,
        (to, from) if to == from => expr,
        (Type::Optional(to), from) => convert(scope, expr, from.present(), to),
        (Type::Float, Type::Int) => match expr {
            Expr::Constant(Value::Int(number)) => Expr::Constant(Value::Float(number as f64)),
            other => Expr::ToFloat(Box::new(other)),
        },
        (Type::Json, from) => Expr::Native(NativeCall {
            name: "prelude.as_json".into(),
            arguments: vec![NativeArgument::Value(expr)],
            kinds: vec![from.clone()],
            random: None,
        }),
        (Type::List(to), Type::List(from)) if changes(from, to) => match expr {
            Expr::List(items) => {
                Expr::List(items.into_iter().map(|item| convert(scope, item, from, to)).collect())
            }
            other => {
                let item = scope.local();
                let body = convert(scope, Expr::Local(item), from, to);
                Expr::Native(NativeCall {
                    name: "prelude.map".into(),
                    arguments: vec![
                        NativeArgument::Value(other),
                        NativeArgument::Lambda { parameters: vec![item], body },
                    ],
                    kinds: vec![
                        Type::List(Arc::clone(from)),
                        Type::Function(Arc::new([(**from).clone()]), Arc::clone(to)),
                    ],
                    random: None,
                })
            }
        },
        (Type::Record(to), Type::Record(from)) => match expr {
            Expr::Record(fields) => {
                let kinds = to.iter().zip(from.iter());
                let fields = fields
                    .into_iter()
                    .zip(kinds)
                    .map(|(field, (to, from))| convert(scope, field, &from.kind, &to.kind));
                Expr::Record(fields.collect())
            }
            other => other,
        },
        _ => expr,
    }
}

/// Whether a value itself becomes another one.
fn changes(from: &Type, to: &Type) -> bool {
    match (to.present(), from.present()) {
        (Type::Float, Type::Int) => true,
        (Type::Json, from) => *from != Type::Json,
        (Type::List(to), Type::List(from)) => changes(from, to),
        _ => false,
    }
}
