//! Calls: `f(x)` and `x.f()`.

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Argument, BinaryOperator, ExprKind, FunctionBody, Name};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error, nearest, suggest};
use super::super::library::{Callable, ItemId, ModuleId, ParameterKind, Returns, Signature};
use super::super::program::{Expr, ModelRef};
use super::super::scope::{Scope, Typed};
use super::natives;

/// Functions over many rows, known in `metric`, `group` and `expect`.
pub(in super::super) const AGGREGATES: [&str; 17] = [
    "count",
    "rate",
    "mean",
    "sum",
    "min",
    "max",
    "std",
    "quantile",
    "ratio",
    "relative_change",
    "weighted",
    "kappa",
    "alpha",
    "all",
    "any",
    "collect",
    "first",
];

impl Checker<'_> {
    pub(super) fn method(
        &mut self,
        scope: &mut Scope<'_>,
        receiver: &tree::Expr,
        function: &Name,
        arguments: &[Argument],
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        if let ExprKind::Name(name) = &receiver.kind
            && !self.is_value(scope, name)
            && self.library.submodule(scope.module, name).is_some()
        {
            let dotted = Name::new(format!("{name}.{}", function.value).into(), function.span);
            return self.call(scope, &dotted, None, arguments, span, expected);
        }
        self.call(scope, function, Some(receiver), arguments, span, expected)
    }

    pub(super) fn call(
        &mut self,
        scope: &mut Scope<'_>,
        function: &Name,
        receiver: Option<&tree::Expr>,
        arguments: &[Argument],
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        if &*function.value == "baseline" {
            return self.baseline_value(scope, arguments, span);
        }
        let Some(named) = self.library.callable(scope.module, &function.value) else {
            self.unknown_function(scope, function);
            // What the arguments mention is mentioned all the same.
            for value in receiver.into_iter().chain(arguments.iter().map(|argument| &argument.value)) {
                if !matches!(value.kind, ExprKind::Lambda { .. }) {
                    self.expr(scope, value, None);
                }
            }
            return Typed::unknown();
        };
        self.used.insert(named.through.unwrap_or(named.span));
        let item = match named.what {
            Callable::Function(item) => item,
            Callable::Stage(_) => {
                self.tell(
                    error(
                        codes::MISPLACED,
                        function.span,
                        format!("`{}` is a stage, not a function", function.value),
                    )
                    .help("a stage stands as a step of its own"),
                );
                return Typed::unknown();
            }
        };
        let library = self.library;
        let (Some(signature), Some(tree)) = (library.signatures.get(&item), library.function(item)) else {
            return Typed::unknown();
        };
        let Some(given) = self.arguments(signature, receiver, arguments, &[], span) else {
            return Typed::new(Typed::unknown().expr, signature.known_result());
        };
        if let Returns::Variations = signature.returns {
            self.tell(
                error(codes::MISPLACED, function.span, format!("`{}` gives variations", function.value))
                    .help("variations stand after `with` or `one of` in a vary node"),
            );
            return Typed::unknown();
        }
        match &tree.body {
            FunctionBody::Native { random } => {
                let hint = natives::hint(&signature.returns.value(), expected);
                self.native(scope, item, signature, *random, &given, hint, span)
            }
            _ => self.defined(scope, item, signature, &given, span),
        }
    }

    /// A call of a function that is written in tgp.
    fn defined(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        signature: &Signature,
        given: &[Option<&tree::Expr>],
        span: Span,
    ) -> Typed {
        let mut values = Vec::new();
        let mut models = Vec::new();
        let mut sound = true;
        for (at, parameter) in signature.parameters.iter().enumerate() {
            match &parameter.kind {
                ParameterKind::Model(_) => match self.model_argument(scope, signature, at, given[at], span) {
                    Some(model) => models.push(model),
                    None => sound = false,
                },
                ParameterKind::Value(kind) => {
                    match self.value_argument(scope, item, signature, at, given[at], kind, span) {
                        Some(value) => values.push(value),
                        None => sound = false,
                    }
                }
            }
        }
        let result = signature.returns.value();
        if !sound {
            return Typed::new(Typed::unknown().expr, result);
        }
        self.called(scope, item, values, models, result, span)
    }

    /// The call itself, missing where an argument that must be there is missing.
    pub(in super::super) fn called(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        values: Vec<Argued>,
        models: Vec<ModelRef>,
        result: Type,
        span: Span,
    ) -> Typed {
        let Some(function) = self.function(item, span) else {
            return Typed::new(Typed::unknown().expr, result);
        };
        if let Some(reason) = scope.quiet
            && !self.reach(function).is_empty()
        {
            self.quiet(reason, span);
        }
        let lifted: Vec<Expr> =
            values.iter().filter(|value| value.lifts).map(|value| value.expr.clone()).collect();
        let arguments = values.into_iter().map(|value| value.expr).collect();
        let call = Expr::Call { function, arguments, models, site: scope.site() };
        let present = lifted
            .into_iter()
            .map(|operand| Expr::IsPresent { operand: Box::new(operand), present: true })
            .reduce(|one, other| Expr::Binary(BinaryOperator::And, Box::new(one), Box::new(other)));
        match present {
            None => Typed::new(call, result),
            Some(present) => {
                let missing = Expr::Constant(Value::Missing);
                Typed::new(Expr::If(Box::new(present), Box::new(call), Box::new(missing)), result.optional())
            }
        }
    }

    /// The value that fills a parameter: the one written, or the default.
    #[expect(clippy::too_many_arguments, reason = "all of them say which parameter of which call")]
    pub(in super::super) fn value_argument(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        signature: &Signature,
        at: usize,
        given: Option<&tree::Expr>,
        kind: &Type,
        span: Span,
    ) -> Option<Argued> {
        let what = format!("`{}` of `{}`", signature.parameters[at].name, signature.name);
        let Some(written) = given else {
            let library = self.library;
            let default = library.function(item).and_then(|tree| tree.parameters.get(at)?.default.as_ref());
            let stage = library.stage(item).and_then(|tree| tree.parameters.get(at)?.default.as_ref());
            let Some(default) = default.or(stage) else {
                self.lacking(signature, at, span);
                return None;
            };
            let mut bare = Scope::bare(item.module);
            let expr = self.wanted(&mut bare, default, kind, &what);
            return Some(Argued { expr, lifts: false });
        };
        if !self.library.module(item.module).standard {
            self.must_be(written.span, signature.parameters[at].span);
        }
        let typed = self.expr(scope, written, Some(kind));
        let lifts = typed.kind.is_optional() && !kind.is_optional() && kind.accepts(typed.kind.present());
        let wanted = if lifts { kind.clone().optional() } else { kind.clone() };
        let expr = self.fit(scope, typed, &wanted, written.span, &what);
        Some(Argued { expr, lifts })
    }

    fn unknown_function(&mut self, scope: &Scope<'_>, function: &Name) {
        let module = self.library.module(scope.module);
        let first = function.value.split('.').next().unwrap_or_default();
        if module.broken.contains(&function.value) || module.broken.contains(first) {
            return;
        }
        let message = format!("no function `{}`", function.value);
        let problem = error(codes::UNKNOWN_FUNCTION, function.span, message);
        if AGGREGATES.contains(&&*function.value) {
            let word = &function.value;
            let help = format!("`{word}` counts over many rows: it stands in `metric`, `group` and `expect`");
            return self.tell(problem.help(help));
        }
        if let Some(home) = self.home_of(&function.value) {
            return self.tell(problem.help(format!("add `use {home} {{ {} }}`", function.value)));
        }
        let prelude = self.library.module(ModuleId::PRELUDE);
        let mut known: Vec<(&str, Option<Span>)> =
            module.callables.iter().map(|(name, named)| (&**name, Some(named.span))).collect();
        known.sort_unstable_by_key(|(name, _)| *name);
        let mut all = known.clone();
        // Where the prelude has it, its own text says nothing new.
        all.extend(prelude.callables.keys().map(|name| (&**name, None)));
        let near = nearest(&function.value, all.iter().map(|(name, _)| *name));
        self.tell(match near {
            Some(near) => {
                let place = known.iter().find(|(name, _)| *name == near).and_then(|(_, place)| *place);
                let problem = problem.help(format!("did you mean `{near}`?"));
                match place {
                    Some(place) => problem.also(place, format!("`{near}` comes from here")),
                    None => problem,
                }
            }
            None => suggest(problem, &function.value, "the file has", known),
        });
    }

    /// The standard module that has a function of that name.
    fn home_of(&self, name: &str) -> Option<String> {
        super::super::loading::standard_modules().into_iter().find(|module| {
            super::super::loading::standard_module(module).is_some_and(|text| {
                text.contains(&format!("fn {name}(")) || text.contains(&format!("stage {name}("))
            })
        })
    }

    /// `baseline(...)`: an expression on the row's baseline.
    fn baseline_value(&mut self, scope: &mut Scope<'_>, arguments: &[Argument], span: Span) -> Typed {
        let [argument] = arguments else {
            self.tell(
                error(codes::WRONG_ARGUMENTS, span, "`baseline` takes one argument")
                    .help("such as `baseline(correct)`: the value on the baseline's row"),
            );
            return Typed::unknown();
        };
        if !scope.baseline {
            self.tell(error(codes::NO_BASELINE, span, "there is no baseline here").help(
                "a measure that has a `baseline COND on KEY` clause may compare with it, inside an aggregate",
            ));
            return Typed::unknown();
        }
        scope.baseline = false;
        let inner = self.expr(scope, &argument.value, None);
        scope.baseline = true;
        // A row may have no baseline.
        Typed::new(Expr::Baseline(Box::new(inner.expr)), inner.kind.optional())
    }
}

/// A checked argument; `lifts` where it may be missing though the parameter may not.
pub(in super::super) struct Argued {
    pub(in super::super) expr: Expr,
    pub(in super::super) lifts: bool,
}

impl Signature {
    /// The result's type where no argument has a say in it.
    fn known_result(&self) -> Type {
        let kind = self.returns.value();
        if mentions_variable(&kind) { Type::Unknown } else { kind }
    }
}

fn mentions_variable(kind: &Type) -> bool {
    match kind {
        Type::Variable(_) => true,
        Type::List(of) | Type::Optional(of) => mentions_variable(of),
        Type::Record(fields) => fields.iter().any(|field| mentions_variable(&field.kind)),
        Type::Function(from, to) => from.iter().any(mentions_variable) || mentions_variable(to),
        _ => false,
    }
}
