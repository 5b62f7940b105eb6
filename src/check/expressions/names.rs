//! What a bare name stands for.

use std::sync::Arc;

use crate::data::row::{NO_FAILURE, Reason};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ExprKind};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error, nearest, suggest, suggestion};
use super::super::gather::Gather;
use super::super::library::Thing;
use super::super::program::{Expr, NativeCall, ROW_FAILURE};
use super::super::scope::{LocalValue, Scope, Typed};

impl Checker<'_> {
    pub(super) fn name(
        &mut self,
        scope: &mut Scope<'_>,
        name: &Arc<str>,
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        let label = expected.and_then(|kind| label(kind, name));
        if let Some(value) = self.value_named(scope, name, span) {
            if label.is_some() {
                self.ambiguous(name, span);
                return Typed::unknown();
            }
            return value;
        }
        if let Some(kind) = label {
            return Typed::new(Expr::Constant(Value::Text(Arc::clone(name))), kind);
        }
        self.unknown_name(scope, name, span, expected);
        Typed::unknown()
    }

    fn ambiguous(&mut self, name: &str, span: Span) {
        self.tell(
            error(codes::AMBIGUOUS_NAME, span, format!("`{name}` is a value here and a label too"))
                .help(format!("write the label as \"{name}\", or rename the column")),
        );
    }

    /// A local, column or parameter of that name.
    pub(super) fn value_named(&mut self, scope: &mut Scope<'_>, name: &str, span: Span) -> Option<Typed> {
        if let Some(local) = scope.named(name) {
            self.used.extend(local.defined);
            self.came(span, local.defined);
            let expr = match &local.value {
                LocalValue::Local(local) => Expr::Local(*local),
                LocalValue::Inline(expr) => expr.clone(),
            };
            return Some(Typed::new(expr, local.kind.clone()));
        }
        if let Some(row) = scope.row {
            if let Some(column) = row.column(name) {
                self.used.extend(column.defined);
                self.came(span, column.place);
                if let Some(replaced) = column.absent {
                    let kind = column.kind.clone();
                    self.absent(name, span, replaced);
                    return Some(Typed { kind, ..Typed::unknown() });
                }
                return Some(Typed::new(Expr::Slot(column.slot), column.kind.clone()));
            }
            if let Some(fact) = of_row(name) {
                return Some(fact);
            }
        } else if let Some(Gather::Rows { row, .. }) = &scope.gather
            && row.column(name).is_some()
        {
            self.tell(
                error(
                    codes::OUTSIDE_AGGREGATE,
                    span,
                    format!("`{name}` is a column: one value for each row"),
                )
                .help(format!(
                    "say how many rows make one number: `mean({name})`, `rate(...)`, `count(...)`"
                )),
            );
            return Some(Typed::unknown());
        }
        self.parameter_named(scope, name, span)
    }

    /// Whether a name stands for a value here, without using it.
    pub(in super::super) fn is_value(&self, scope: &Scope<'_>, name: &str) -> bool {
        scope.named(name).is_some()
            || scope.row.is_some_and(|row| row.column(name).is_some() || of_row(name).is_some())
            || matches!(
                self.library.module(scope.module).things.get(name).map(|thing| thing.what),
                Some(Thing::Param(_))
            )
    }

    fn absent(&mut self, name: &str, span: Span, replaced: Span) {
        self.tell(
            error(
                codes::MISSING_FIELD,
                replaced,
                format!("the rows lack the column `{name}`, which is read"),
            )
            .also(span, "it is read here")
            .help(format!("add `{name} = ...` to the rows")),
        );
    }

    fn unknown_name(&mut self, scope: &Scope<'_>, name: &Arc<str>, span: Span, expected: Option<&Type>) {
        let module = self.library.module(scope.module);
        if module.broken.contains(name) || scope.row.is_some_and(|row| row.may_have(name)) {
            return;
        }
        if let Some(Gather::Rows { row, .. }) = &scope.gather
            && row.may_have(name)
        {
            return;
        }
        if let Some(problem) = self.other_meaning(scope, name, span) {
            self.tell(problem);
            return;
        }
        let row = scope.row.or(match &scope.gather {
            Some(Gather::Rows { row, .. }) => Some(*row),
            _ => None,
        });
        let locals = scope.locals.iter().map(|local| (&*local.name, local.defined));
        let parameters = module
            .things
            .iter()
            .filter(|(_, thing)| matches!(thing.what, Thing::Param(_)))
            .map(|(name, thing)| (&**name, Some(thing.span)));
        let mut elsewhere: Vec<(&str, Option<Span>)> = locals.chain(parameters).collect();
        elsewhere.sort_unstable_by_key(|(name, _)| *name);
        let labels: Vec<&str> = match expected.map(Type::present) {
            Some(Type::Closed(labels)) => labels.iter().map(|label| &**label).collect(),
            _ => Vec::new(),
        };
        let near_label = nearest(name, labels.iter().copied());
        let mut problem = match row {
            _ if near_label.is_some() || (!labels.is_empty() && row.is_none()) => {
                let mut problem = error(codes::UNKNOWN_LABEL, span, format!("no label `{name}`"));
                problem.help = suggestion(name, "the labels are", labels.iter().copied());
                problem
            }
            Some(row) => {
                let owner = &row.owner;
                let message = if owner.is_empty() {
                    format!("no column `{name}`")
                } else {
                    format!("no column `{name}` in `{owner}`")
                };
                let problem = error(codes::UNKNOWN_COLUMN, span, message);
                let near = nearest(name, row.names().chain(elsewhere.iter().map(|(name, _)| *name)));
                match near {
                    Some(near) if !row.names().any(|known| known == near) => {
                        let one = elsewhere.into_iter().filter(|(known, _)| *known == near);
                        suggest(problem, name, "there is", one)
                    }
                    _ => suggest(problem, name, "it has", row.places()),
                }
            }
            None => {
                let problem = error(codes::UNKNOWN_NAME, span, format!("no value `{name}` here"));
                suggest(problem, name, "there are", elsewhere)
            }
        };
        if !labels.is_empty()
            && problem.code != codes::UNKNOWN_LABEL
            && let Some(listed) = super::super::complaint::listing(&labels)
        {
            problem.primary.text = format!("a label would be one of {listed}");
        }
        self.tell(problem);
    }

    /// What else the file calls by that name.
    fn other_meaning(
        &self,
        scope: &Scope<'_>,
        name: &str,
        span: Span,
    ) -> Option<crate::diagnostics::diagnostic::Diagnostic> {
        let module = self.library.module(scope.module);
        let is_model = scope.models.iter().any(|model| &*model.name == name);
        let thing = module.things.get(name).map(|named| (named.what, named.span));
        let (message, help, defined) = match thing {
            _ if is_model => (
                format!("`{name}` is a model, not a value"),
                format!("`ask {name} \"...\"` asks it; the column `model` names the model under test"),
                None,
            ),
            Some((Thing::Model(_), defined)) => (
                format!("`{name}` is a model, not a value"),
                format!("`ask {name} \"...\"` asks it; the column `model` names the model under test"),
                Some(defined),
            ),
            Some((Thing::Node(_), defined)) => (
                format!("`{name}` is a node, not a value"),
                format!("its columns come in by `from {name}` or `join {name} on ...`"),
                Some(defined),
            ),
            _ if self.library.callable(scope.module, name).is_some() => {
                (format!("`{name}` is a function, not a value"), format!("call it: `{name}(...)`"), None)
            }
            _ => return None,
        };
        let mut problem = error(codes::NOT_A_VALUE, span, message).help(help);
        if let Some(defined) = defined {
            problem = problem.also(defined, "defined here");
        }
        Some(problem)
    }

    /// Whether an expression is a bare name that only a closed set could give a meaning, so that
    /// the other side of a comparison must be looked at first.
    pub(super) fn waits_for_labels(&self, scope: &Scope<'_>, written: &tree::Expr) -> bool {
        match &super::bare(written).kind {
            ExprKind::Name(name) => !self.is_value(scope, name),
            ExprKind::Template(template) => super::literals::plain(template).is_some(),
            ExprKind::List(items) => items.iter().all(|item| self.waits_for_labels(scope, &item.value)),
            ExprKind::If { then, otherwise, .. } => {
                self.waits_for_labels(scope, then) && self.waits_for_labels(scope, otherwise)
            }
            _ => false,
        }
    }
}

/// The closed set, where the name is one of its labels.
fn label(kind: &Type, name: &str) -> Option<Type> {
    match kind.present() {
        Type::Closed(labels) if labels.iter().any(|label| &**label == name) => Some(kind.present().clone()),
        _ => None,
    }
}

/// What is known of every row without a column of it.
fn of_row(name: &str) -> Option<Typed> {
    match name {
        "_id" => Some(row_identity()),
        "_failure" => {
            let reasons = Reason::ALL.into_iter().map(Reason::word);
            let labels = [NO_FAILURE].into_iter().chain(reasons).map(Into::into).collect();
            Some(Typed::new(native(ROW_FAILURE), Type::Closed(labels)))
        }
        _ => None,
    }
}

/// The row's own identity.
pub(in super::super) fn row_identity() -> Typed {
    Typed::new(native("row.id"), Type::Id)
}

fn native(name: &str) -> Expr {
    let call = NativeCall { name: name.into(), arguments: Vec::new(), kinds: Vec::new(), random: None };
    Expr::Native(call)
}
