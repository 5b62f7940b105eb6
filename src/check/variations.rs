//! Variations: functions of the value to vary, as lists of them are written.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, BinaryOperator, ExprKind, FunctionBody, ListItem, Name};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::expressions::{bare, convert};
use super::library::{Callable, ItemId, ParameterKind, Returns};
use super::program::{Expr, Local, NativeArgument, NativeCall, Variation};
use super::scope::{LocalName, LocalValue, Scope, ScopeModel, Typed};

/// What variations are made for.
pub(super) struct Target {
    /// The type of the value to vary.
    pub(super) kind: Type,
    pub(super) gold: Option<Type>,
    /// A place for complaints about the missing gold.
    pub(super) span: Span,
}

/// A variation before it is known to be alone under its name.
pub(super) struct Made {
    pub(super) variation: Variation,
    /// The type of the gold that it makes.
    pub(super) gold: Option<Type>,
    pub(super) span: Span,
}

impl Checker<'_> {
    /// Expands a list of variations, the lists that functions give, and sums of both.
    pub(super) fn variations(
        &mut self,
        scope: &mut Scope<'_>,
        written: &tree::Expr,
        target: &Target,
        made: &mut Vec<Made>,
        depth: u32,
    ) {
        // Functions that give variations may use each other, not themselves.
        if depth > 16 {
            self.tell(
                error(codes::RECURSION, written.span, "variations are made of each other in a circle")
                    .help("list them in one of the functions"),
            );
            return;
        }
        let written = bare(written);
        match &written.kind {
            ExprKind::List(items) => {
                for item in items {
                    self.variation_item(scope, item, target, made, depth);
                }
            }
            ExprKind::Binary { operator, left, right } if operator.value == BinaryOperator::Add => {
                self.variations(scope, left, target, made, depth);
                self.variations(scope, right, target, made, depth);
            }
            ExprKind::Broken => {}
            _ => {
                let item = ListItem { value: written.clone(), rename: None };
                self.variation_item(scope, &item, target, made, depth);
            }
        }
    }

    fn variation_item(
        &mut self,
        scope: &mut Scope<'_>,
        item: &ListItem,
        target: &Target,
        made: &mut Vec<Made>,
        depth: u32,
    ) {
        // Each variation draws by its name and counts its own draws, so that one more, wherever it
        // stands in the list, moves no draw of the others.
        let counted = (scope.sites, scope.randoms);
        self.listed_variation(scope, item, target, made, depth);
        (scope.sites, scope.randoms) = counted;
    }

    fn listed_variation(
        &mut self,
        scope: &mut Scope<'_>,
        item: &ListItem,
        target: &Target,
        made: &mut Vec<Made>,
        depth: u32,
    ) {
        let written = bare(&item.value);
        let rename = item.rename.as_ref();
        let (function, arguments): (Name, &[tree::Argument]) = match &written.kind {
            ExprKind::Name(name) => (Name::new(Arc::clone(name), written.span), &[]),
            ExprKind::Call { function, arguments } => (function.clone(), arguments),
            ExprKind::Field(of, name) => match &bare(of).kind {
                ExprKind::Name(module) => {
                    (Name::new(format!("{module}.{}", name.value).into(), written.span), &[])
                }
                _ => return self.no_variation(written.span),
            },
            ExprKind::Method { receiver, function, arguments } => match &bare(receiver).kind {
                ExprKind::Name(module) => {
                    (Name::new(format!("{module}.{}", function.value).into(), function.span), arguments)
                }
                _ => return self.no_variation(written.span),
            },
            ExprKind::Lambda { parameters, body } => {
                return self.variation_lambda(scope, parameters, body, rename, target, made, written.span);
            }
            ExprKind::List(_) => return self.variations(scope, written, target, made, depth + 1),
            ExprKind::Broken => return,
            _ => return self.no_variation(written.span),
        };
        let Some(named) = self.library.callable(scope.module, &function.value) else {
            let call = tree::Expr {
                kind: ExprKind::Call { function: function.clone(), arguments: Vec::new() },
                span: written.span,
            };
            self.expr(scope, &call, None);
            // Of a library that could not be had: its name is known all the same.
            if self.library.module(scope.module).broken.contains(&function.value) {
                let name = rename.map_or(function.value, |name| Arc::clone(&name.value));
                let value = Expr::Constant(Value::Missing);
                let variation = Variation { name, value, rewrites_gold: target.gold.is_some() };
                made.push(Made { variation, gold: target.gold.clone(), span: written.span });
            }
            return;
        };
        self.used.insert(named.through.unwrap_or(named.span));
        let Callable::Function(item_id) = named.what else { return self.no_variation(written.span) };
        let library = self.library;
        let Some(signature) = library.signatures.get(&item_id) else { return };
        if let Returns::Variations = signature.returns {
            if let Some(rename) = rename {
                self.tell(
                    error(codes::MISPLACED, rename.span, "several variations cannot go by one name")
                        .help("remove `as`"),
                );
            }
            self.given_variations(scope, item_id, arguments, target, made, written.span, depth);
            return;
        }
        let name = rename.map_or_else(|| Arc::clone(&signature.name), |name| Arc::clone(&name.value));
        let span = rename.map_or(written.span, |name| name.span);
        if let Some((value, gold)) = self.variation(scope, item_id, arguments, target, written.span) {
            let variation = Variation { name, value, rewrites_gold: gold.is_some() };
            made.push(Made { variation, gold, span });
        }
    }

    fn no_variation(&mut self, span: Span) {
        self.tell(
            error(codes::NOT_A_VARIATION, span, "this is no variation")
                .help("a variation is a function of the value: its name, or a call with its other arguments"),
        );
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one lambda")]
    fn variation_lambda(
        &mut self,
        scope: &mut Scope<'_>,
        parameters: &[Name],
        body: &tree::Expr,
        rename: Option<&Name>,
        target: &Target,
        made: &mut Vec<Made>,
        span: Span,
    ) {
        let (Some(name), [parameter]) = (rename, parameters) else {
            self.tell(
                error(codes::NOT_A_VARIATION, span, "a function written here needs a name and one parameter")
                    .help("write `(x => ...) as NAME`: its name stands in `variant`"),
            );
            return;
        };
        let value = LocalValue::Local(Local(0));
        let local =
            LocalName { name: parameter.value.clone(), value, kind: target.kind.clone(), defined: None };
        scope.locals.push(local);
        let value = self.wanted(scope, body, &target.kind, "the variation");
        scope.locals.pop();
        let variation = Variation { name: Arc::clone(&name.value), value, rewrites_gold: false };
        made.push(Made { variation, gold: None, span: name.span });
    }

    /// Writes out the variations that a function gives, its parameters replaced.
    #[expect(clippy::too_many_arguments, reason = "a call and what it is made for")]
    fn given_variations(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        arguments: &[tree::Argument],
        target: &Target,
        made: &mut Vec<Made>,
        span: Span,
        depth: u32,
    ) {
        let library = self.library;
        let (Some(signature), Some(tree)) = (library.signatures.get(&item), library.function(item)) else {
            return;
        };
        let Some(given) = self.arguments(signature, None, arguments, &[], span) else { return };
        let mut models: Vec<ScopeModel> = Vec::new();
        let mut locals: Vec<LocalName> = Vec::new();
        for (at, parameter) in signature.parameters.iter().enumerate() {
            match &parameter.kind {
                ParameterKind::Model(capability) => {
                    let Some(model) = self.model_argument(scope, signature, at, given[at], span) else {
                        return;
                    };
                    models.push(ScopeModel {
                        name: Arc::clone(&parameter.name),
                        model,
                        capability: *capability,
                        defined: Some(parameter.span),
                    });
                }
                ParameterKind::Value(kind) => {
                    let value = self.value_argument(scope, item, signature, at, given[at], kind, span);
                    let Some(value) = value else { return };
                    locals.push(LocalName {
                        name: Arc::clone(&parameter.name),
                        value: LocalValue::Inline(value.expr),
                        kind: kind.clone(),
                        defined: Some(parameter.span),
                    });
                }
            }
        }
        let FunctionBody::Expr(body) = &tree.body else {
            self.tell(
                error(
                    codes::NOT_A_VARIATION,
                    tree.name.span,
                    format!("`{}` must be a list of variations", tree.name.value),
                )
                .help("write `= [ ... ]`"),
            );
            return;
        };
        let mut inner = Scope {
            models: &models,
            locals,
            frame: scope.frame,
            sites: scope.sites,
            randoms: scope.randoms,
            judge: scope.judge,
            ..Scope::bare(item.module)
        };
        self.variations(&mut inner, body, target, made, depth + 1);
        (scope.frame, scope.sites, scope.randoms) = (inner.frame, inner.sites, inner.randoms);
    }

    /// One function as a variation: its first parameter is the value, one named `gold` the gold.
    fn variation(
        &mut self,
        scope: &mut Scope<'_>,
        item: ItemId,
        arguments: &[tree::Argument],
        target: &Target,
        span: Span,
    ) -> Option<(Expr, Option<Type>)> {
        let library = self.library;
        let (signature, tree) = (library.signatures.get(&item)?, library.function(item)?);
        let gold_at = signature.parameters.iter().position(|parameter| &*parameter.name == "gold");
        let gold_at = gold_at.filter(|at| *at > 0);
        let Some(ParameterKind::Value(first)) = signature.parameters.first().map(|parameter| &parameter.kind)
        else {
            self.no_variation(span);
            return None;
        };
        if !first.accepts(&target.kind) && !matches!(first, Type::Variable(_)) {
            self.tell(
                error(
                    codes::NOT_A_VARIATION,
                    span,
                    format!("`{}` varies {first}, but this is {}", signature.name, target.kind),
                )
                .also(target.span, format!("{} is varied here", target.kind))
                .help("vary a column of its type, or one element: `on xs[0]`"),
            );
            return None;
        }
        let filled: Vec<usize> = [0].into_iter().chain(gold_at).collect();
        let given = self.arguments(signature, None, arguments, &filled, span)?;
        if gold_at.is_some() && target.gold.is_none() {
            self.untracked(&signature.name, span, target);
            return None;
        }
        let (mut values, mut models, mut natives, mut kinds) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (at, parameter) in signature.parameters.iter().enumerate() {
            match &parameter.kind {
                ParameterKind::Model(_) => {
                    let model = self.model_argument(scope, signature, at, given[at], span)?;
                    models.push(model);
                    natives.push(NativeArgument::Model(model));
                    kinds.push(Type::Unknown);
                }
                ParameterKind::Value(kind) => {
                    let ready = if at == 0 {
                        Some((Local(0), &target.kind))
                    } else if Some(at) == gold_at {
                        target.gold.as_ref().map(|gold| (Local(1), gold))
                    } else {
                        None
                    };
                    let value = match ready {
                        Some((local, from)) => {
                            if !kind.accepts(from) {
                                self.tell(
                                    error(
                                        codes::TYPE_MISMATCH,
                                        span,
                                        format!(
                                            "`gold` of `{}` must be {kind}, but the gold is {from}",
                                            signature.name
                                        ),
                                    )
                                    .help("bring the gold into that form with `let` before"),
                                );
                                return None;
                            }
                            let expr = convert(scope, Expr::Local(local), from, kind);
                            super::expressions::Argued { expr, lifts: false }
                        }
                        None => self.value_argument(scope, item, signature, at, given[at], kind, span)?,
                    };
                    if value.lifts {
                        self.tell(
                            error(
                                codes::MAY_BE_MISSING,
                                span,
                                format!("`{}` of `{}` may be missing", parameter.name, signature.name),
                            )
                            .help("say what a missing value counts as: `x ?? ...`"),
                        );
                        return None;
                    }
                    natives.push(NativeArgument::Value(value.expr.clone()));
                    kinds.push(kind.clone());
                    values.push(value);
                }
            }
        }
        let result = match signature.returns.value() {
            Type::Variable(_) => target.kind.clone(),
            result => result,
        };
        let typed = if let FunctionBody::Native { random } = tree.body {
            let name = format!("{}.{}", library.module(item.module).native, signature.name);
            let random = random.then(|| scope.random());
            let call = NativeCall { name: name.into(), arguments: natives, kinds, random };
            Typed::new(Expr::Native(call), result)
        } else {
            self.called(scope, item, values, models, result, span)
        };
        self.varied_value(&signature.name, typed, target, span)
    }

    /// What a variation gives: the value itself, or a record of the value and the gold.
    fn varied_value(
        &mut self,
        name: &str,
        typed: Typed,
        target: &Target,
        span: Span,
    ) -> Option<(Expr, Option<Type>)> {
        if let Type::Record(fields) = &typed.kind
            && !matches!(target.kind, Type::Record(_))
        {
            let gold = fields.get(1).filter(|field| &*field.name == "gold");
            let first = fields.first()?;
            if !target.kind.accepts(&first.kind) || fields.len() > 2 {
                self.no_variation(span);
                return None;
            }
            return match (gold, &target.gold) {
                (Some(gold), Some(wanted)) => {
                    if super::types::join(wanted, &gold.kind).is_none() {
                        self.tell(
                            error(
                                codes::TYPE_MISMATCH,
                                span,
                                format!("`{name}` makes a gold of {}, but the gold is {wanted}", gold.kind),
                            )
                            .help("bring the gold into that form with `let` before"),
                        );
                        return None;
                    }
                    Some((typed.expr, Some(gold.kind.clone())))
                }
                (Some(_), None) => {
                    self.untracked(name, span, target);
                    None
                }
                (None, Some(_)) => {
                    self.tell(
                        error(
                            codes::GOLD_NOT_REWRITTEN,
                            span,
                            format!("`{name}` changes the question's form, but not the gold"),
                        )
                        .help("use a variation that gives `{ question, gold }`, or vary without `gold`"),
                    );
                    None
                }
                (None, None) => Some((Expr::Field(Box::new(typed.expr), 0), None)),
            };
        }
        if !target.kind.accepts(&typed.kind) {
            self.tell(
                error(
                    codes::NOT_A_VARIATION,
                    span,
                    format!("`{name}` gives {}, but {} is varied", typed.kind, target.kind),
                )
                .help("a variation gives a value of the type it is given"),
            );
            return None;
        }
        Some((typed.expr, None))
    }

    fn untracked(&mut self, name: &str, span: Span, target: &Target) {
        self.tell(
            error(
                codes::GOLD_NOT_TRACKED,
                span,
                format!("`{name}` rewrites the gold answer, which this node does not name"),
            )
            .also(target.span, "this node")
            .help("add `gold COLUMN`, so that question and gold change together"),
        );
    }

    /// Checks a function of variations that no node uses.
    pub(super) fn uncalled_variations(&mut self, item: ItemId) {
        let library = self.library;
        let (Some(signature), Some(tree)) = (library.signatures.get(&item), library.function(item)) else {
            return;
        };
        let FunctionBody::Expr(body) = &tree.body else { return };
        let mut scope = Scope::bare(item.module);
        scope.frame = 2;
        let mut models = Vec::new();
        for parameter in &signature.parameters {
            match &parameter.kind {
                ParameterKind::Model(capability) => models.push(ScopeModel {
                    name: Arc::clone(&parameter.name),
                    model: super::program::ModelRef::Parameter(models.len() as u32),
                    capability: *capability,
                    defined: Some(parameter.span),
                }),
                ParameterKind::Value(kind) => {
                    scope.bind(Arc::clone(&parameter.name), kind.clone(), Some(parameter.span));
                }
            }
        }
        let mut scope = Scope { models: &models, ..scope };
        let target = Target { kind: Type::Unknown, gold: Some(Type::Unknown), span: tree.name.span };
        self.variations(&mut scope, body, &target, &mut Vec::new(), 0);
    }
}
