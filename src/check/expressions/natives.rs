//! Calls of functions built into the program: their type variables are settled by the arguments.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::types::{Field, Type};
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Argument, ExprKind, Name};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::library::{ItemId, ParameterKind, Signature};
use super::super::program::{Expr, NativeArgument, NativeCall};
use super::super::scope::{LocalName, LocalValue, Scope, Typed};
use super::super::types::join;
use super::fitting::convert;

/// What the type variables of a signature stand for in one call.
pub(super) type Settled = BTreeMap<Arc<str>, Type>;

impl Checker<'_> {
    #[expect(clippy::too_many_arguments, reason = "all of them say which call")]
    pub(super) fn native(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        signature: &Signature,
        random: bool,
        given: &[Option<&tree::Expr>],
        hint: Settled,
        span: Span,
    ) -> Typed {
        let mut settled = Settled::new();
        let mut arguments: Vec<Option<(NativeArgument, Type)>> = Vec::new();
        let mut lifts = false;
        let mut sound = true;
        // Functions last: what they take is known from the other arguments.
        for (at, parameter) in signature.parameters.iter().enumerate() {
            let argument = match &parameter.kind {
                ParameterKind::Model(_) => {
                    self.model_argument(scope, signature, at, given[at], span).map(|model| {
                        if let Some(reason) = scope.quiet {
                            self.quiet(reason, span);
                        }
                        (NativeArgument::Model(model), Type::Unknown)
                    })
                }
                ParameterKind::Value(Type::Function(..)) => {
                    if given[at].is_none() {
                        self.lacking(signature, at, span);
                        sound = false;
                    }
                    arguments.push(None);
                    continue;
                }
                ParameterKind::Value(kind) => self
                    .native_value(scope, item, signature, at, given[at], kind, (&mut settled, &hint), span)
                    .map(|typed| {
                        lifts |= typed.kind.is_optional() && !kind.is_optional() && !is_variable(kind);
                        (NativeArgument::Value(typed.expr), typed.kind)
                    }),
            };
            sound &= argument.is_some();
            arguments.push(argument);
        }
        for (at, parameter) in signature.parameters.iter().enumerate() {
            if let (ParameterKind::Value(Type::Function(from, to)), Some(written)) =
                (&parameter.kind, given[at])
            {
                arguments[at] = self.function_argument(scope, written, from, to, &mut settled);
                sound &= arguments[at].is_some();
            }
        }
        let result = settle(&signature.returns.value(), &settled);
        let result = if lifts { result.optional() } else { result };
        let arguments: Option<Vec<(NativeArgument, Type)>> = arguments.into_iter().collect();
        let (true, Some(arguments)) = (sound, arguments) else {
            return Typed::new(Typed::unknown().expr, result);
        };
        let (arguments, kinds) = arguments.into_iter().unzip();
        let name = format!("{}.{}", self.library.module(item.module).native, signature.name);
        let random = random.then(|| scope.random());
        Typed::new(Expr::Native(NativeCall { name: name.into(), arguments, kinds, random }), result)
    }

    /// A value for a parameter whose type may hold variables.
    #[expect(clippy::too_many_arguments, reason = "all of them say which parameter of which call")]
    fn native_value(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        signature: &Signature,
        at: usize,
        given: Option<&tree::Expr>,
        kind: &Type,
        (settled, hinted): (&mut Settled, &Settled),
        span: Span,
    ) -> Option<Typed> {
        let Some(written) = given else {
            let argued = self.value_argument(scope, item, signature, at, None, kind, span)?;
            return Some(Typed::new(argued.expr, kind.clone()));
        };
        let mut known = hinted.clone();
        known.extend(settled.clone());
        let hint = settle(kind, &known);
        let typed = self.expr(scope, written, (hint != Type::Unknown).then_some(&hint));
        if typed.is_unknown() {
            return None;
        }
        let lifted = typed.kind.is_optional() && !kind.is_optional() && !is_variable(kind);
        let present = if lifted { typed.kind.present().clone() } else { typed.kind.clone() };
        if !unify(kind, &present, settled) {
            let wanted = settle(kind, settled);
            let what = format!("`{}` of `{}`", signature.parameters[at].name, signature.name);
            self.fit(scope, typed, &wanted, written.span, &what);
            return None;
        }
        let wanted = settle(kind, settled);
        let expr = convert(scope, typed.expr, &present, &wanted);
        let given = if mixes(&wanted) { present } else { wanted };
        Some(Typed::new(expr, if lifted { given.optional() } else { given }))
    }

    /// `x => ...`, or a function by name.
    fn function_argument(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        from: &[Type],
        to: &Type,
        settled: &mut Settled,
    ) -> Option<(NativeArgument, Type)> {
        let written = super::bare(written);
        let from: Vec<Type> = from.iter().map(|kind| settle(kind, settled)).collect();
        let by_name;
        let (parameters, body) = match &written.kind {
            ExprKind::Lambda { parameters, body } => (parameters.clone(), &**body),
            ExprKind::Name(function) if self.library.callable(scope.module, function).is_some() => {
                by_name = applied(function, from.len(), written.span);
                (by_name.0.clone(), &by_name.1)
            }
            ExprKind::Broken => return None,
            _ => {
                self.tell(
                    error(codes::TYPE_MISMATCH, written.span, "a function is wanted here")
                        .help("such as `x => x + 1`, or the name of a function"),
                );
                return None;
            }
        };
        if parameters.len() != from.len() {
            self.tell(
                error(
                    codes::WRONG_ARGUMENTS,
                    written.span,
                    format!("this function is given {} values but names {}", from.len(), parameters.len()),
                )
                .help(if from.len() == 1 {
                    "write `x => ...`"
                } else {
                    "write `(x, y) => ...`"
                }),
            );
            return None;
        }
        let before = scope.locals.len();
        let mut locals = Vec::with_capacity(parameters.len());
        for (name, kind) in parameters.iter().zip(&from) {
            let local = scope.local();
            locals.push(local);
            scope.locals.push(LocalName {
                name: name.value.clone(),
                value: LocalValue::Local(local),
                kind: kind.clone(),
                defined: None,
            });
        }
        let hint = settle(to, settled);
        let typed = self.expr(scope, body, (hint != Type::Unknown).then_some(&hint));
        scope.locals.truncate(before);
        if !unify(to, &typed.kind, settled) {
            self.fit(scope, typed, &settle(to, settled), body.span, "what this function gives");
            return None;
        }
        let wanted = settle(to, settled);
        let body = convert(scope, typed.expr, &typed.kind, &wanted);
        let kind = Type::Function(from.into(), Arc::new(wanted));
        Some((NativeArgument::Lambda { parameters: locals, body }, kind))
    }
}

/// Where labels are wanted, the arguments that the result is made of are labels: `choose([a, b])`.
pub(super) fn hint(returns: &Type, expected: Option<&Type>) -> Settled {
    match (returns.present(), expected.map(Type::present)) {
        (Type::Variable(name), Some(kind @ Type::Closed(_))) => {
            Settled::from([(Arc::clone(name), kind.clone())])
        }
        _ => Settled::new(),
    }
}

/// `f` as `x => f(x)`.
fn applied(function: &Arc<str>, parameters: usize, span: Span) -> (Vec<Name>, tree::Expr) {
    let names: Vec<Name> =
        (0..parameters).map(|number| Name::new(format!("'{number}").into(), span)).collect();
    let arguments = names
        .iter()
        .map(|name| Argument {
            name: None,
            value: tree::Expr { kind: ExprKind::Name(name.value.clone()), span },
        })
        .collect();
    let call = ExprKind::Call { function: Name::new(Arc::clone(function), span), arguments };
    (names, tree::Expr { kind: call, span })
}

fn is_variable(kind: &Type) -> bool {
    matches!(kind, Type::Variable(_))
}

/// Whether values of several types may stand where this type is wanted, so that what is given
/// says more than what is wanted.
fn mixes(wanted: &Type) -> bool {
    matches!(wanted, Type::Text | Type::Unknown)
}

/// The type with its variables replaced; unknown where one is not settled yet.
pub(super) fn settle(kind: &Type, settled: &Settled) -> Type {
    match kind {
        Type::Variable(name) => settled.get(name).cloned().unwrap_or(Type::Unknown),
        Type::List(of) => Type::list(settle(of, settled)),
        Type::Optional(of) => settle(of, settled).optional(),
        Type::Record(fields) => Type::Record(
            fields
                .iter()
                .map(|field| Field { name: field.name.clone(), kind: settle(&field.kind, settled) })
                .collect(),
        ),
        Type::Function(from, to) => Type::Function(
            from.iter().map(|kind| settle(kind, settled)).collect(),
            Arc::new(settle(to, settled)),
        ),
        other => other.clone(),
    }
}

/// Whether what is given fits what is wanted, settling variables on the way.
fn unify(wanted: &Type, given: &Type, settled: &mut Settled) -> bool {
    match (wanted, given) {
        (_, Type::Unknown) | (Type::Unknown, _) => true,
        (Type::Variable(name), given) => {
            let joined = match settled.get(name) {
                Some(known) => join(known, given),
                None => Some(given.clone()),
            };
            joined.map(|kind| settled.insert(Arc::clone(name), kind)).is_some()
        }
        (Type::List(wanted), Type::List(given)) => unify(wanted, given, settled),
        (Type::Optional(wanted), given) => *given == Type::Missing || unify(wanted, given.present(), settled),
        (Type::Record(wanted), Type::Record(given)) => {
            wanted.len() == given.len()
                && wanted.iter().zip(given.iter()).all(|(wanted, given)| {
                    wanted.name == given.name && unify(&wanted.kind, &given.kind, settled)
                })
        }
        (wanted, given) => wanted.accepts(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_takes_the_type_that_fits_all() {
        let mut settled = Settled::new();
        let variable = Type::Variable("T".into());
        assert!(unify(&variable, &Type::Int, &mut settled));
        assert!(unify(&Type::list(variable.clone()), &Type::list(Type::Float), &mut settled));
        assert_eq!(settle(&variable, &settled), Type::Float);
        assert!(!unify(&variable, &Type::Bool, &mut settled));
    }
}
