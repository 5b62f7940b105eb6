//! Parameters: their types, their defaults and the values given from outside.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ItemKind};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggest};
use super::constant::fold;
use super::library::{ItemId, ModuleId, Thing};
use super::program::{Expr, Parameter};
use super::scope::{Scope, Typed};

impl Checker<'_> {
    /// The value of a parameter of that name.
    pub(super) fn parameter_named(&mut self, scope: &Scope<'_>, name: &str, span: Span) -> Option<Typed> {
        let named = *self.library.module(scope.module).things.get(name)?;
        let Thing::Param(item) = named.what else { return None };
        self.used.insert(named.span);
        self.came(span, Some(named.span));
        let id = ItemId { module: scope.module, item };
        Some(match self.parameter(id) {
            Some((kind, value)) => Typed::new(Expr::Constant(value), kind),
            None => Typed::unknown(),
        })
    }

    fn parameter(&mut self, id: ItemId) -> Option<(Type, Value)> {
        if let Some(known) = self.parameters.get(&id) {
            return known.clone();
        }
        let library = self.library;
        let ItemKind::Param(param) = &library.item(id).kind else { return None };
        // While it is read, and for good where it is broken or goes in a circle.
        self.parameters.insert(id, None);
        let kind = self.read_type(id.module, &param.kind);
        if let Some(default) = &param.default {
            self.must_be(default.span, param.kind.span);
        }
        let value = self.parameter_value(id, param, &kind);
        let read = value.map(|value| (kind, value));
        self.parameters.insert(id, read.clone());
        read
    }

    fn parameter_value(&mut self, id: ItemId, param: &tree::Param, kind: &Type) -> Option<Value> {
        let name = &param.name;
        if id.module == ModuleId::ROOT {
            let trial = self.trial;
            if let Some((_, written)) = trial.set.iter().rev().find(|(set, _)| set.value == name.value) {
                return self.constant(id.module, written, kind, &format!("the parameter `{}`", name.value));
            }
            let wrong = |span: Span, text: &str| {
                let message = format!("`{}` is set to `{text}`, which is not {kind}", name.value);
                error(codes::BAD_SETTING, span, message)
            };
            if let Some((_, text)) = trial.given.iter().rev().find(|(set, _)| **set == *name.value) {
                return match parse_value(text, kind) {
                    Some(Value::Text(path)) if *kind.present() == Type::Path => {
                        Some(Value::text(trial.resolved_from_outside(&path)))
                    }
                    Some(value) => Some(value),
                    None => {
                        let help = format!("give a value of type {kind}: `--set {}=...`", name.value);
                        self.tell(wrong(name.span, text).help(help));
                        None
                    }
                };
            }
            if let Some(stated) = trial.stated.iter().rev().find(|stated| stated.name.value == name.value) {
                let value = parse_value(&stated.text, kind);
                if value.is_none() {
                    let help = format!("give a value of type {kind}");
                    let problem = wrong(stated.span, &stated.text);
                    self.tell(problem.also(param.kind.span, "declared here").help(help));
                }
                return value;
            }
        }
        let Some(default) = &param.default else {
            self.tell(
                error(
                    codes::UNSET_PARAMETER,
                    name.span,
                    format!("the parameter `{}` has no value", name.value),
                )
                .help(format!("give it a default, or a value with `--set {}=...`", name.value)),
            );
            return None;
        };
        self.constant(id.module, default, kind, &format!("the parameter `{}`", name.value))
    }

    /// A value that is known before the run.
    pub(super) fn constant(
        &mut self,
        module: ModuleId,
        written: &tree::Expr,
        kind: &Type,
        what: &str,
    ) -> Option<Value> {
        let told = self.diagnostics.len();
        let mut scope = Scope::bare(module);
        let typed = self.expr(&mut scope, written, Some(kind));
        if typed.is_unknown() {
            return None;
        }
        let expr = self.fit(&mut scope, typed, kind, written.span, what);
        let value = fold(&expr);
        if value.is_none() && self.diagnostics.len() == told {
            self.tell(
                error(codes::NOT_CONSTANT, written.span, format!("{what} is not known before the run"))
                    .help("it may be made of literals and other parameters only"),
            );
        }
        if self.diagnostics.len() > told { None } else { value }
    }

    /// Reads all parameters of the file; complains about settings that name none.
    pub(super) fn all_parameters(&mut self) -> Vec<Parameter> {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        let mut parameters = Vec::new();
        for (number, item) in root.file.items.iter().enumerate() {
            let ItemKind::Param(param) = &item.kind else { continue };
            self.define(&param.name, super::checker::Definition::Parameter);
            if let Some((kind, value)) =
                self.parameter(ItemId { module: ModuleId::ROOT, item: number as u32 })
            {
                let name = Arc::clone(&param.name.value);
                parameters.push(Parameter { name, kind, value, docs: item.docs.clone() });
            }
        }
        let params = root.file.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Param(param) => Some((&*param.name.value, Some(param.name.span))),
            _ => None,
        });
        let known: Vec<(&str, Option<Span>)> = params.collect();
        let trial = self.trial;
        let set = trial.set.iter().map(|(name, _)| (&*name.value, name.span));
        let start = Span::new(root.source, 0, 0);
        let given = trial.given.iter().map(|(name, _)| (name.as_str(), start));
        let stated = trial.stated.iter().map(|stated| (&*stated.name.value, stated.name.span));
        for (name, span) in set.chain(stated).chain(given) {
            if !known.iter().any(|(known, _)| *known == name) {
                let problem = error(codes::UNKNOWN_PARAMETER, span, format!("no parameter `{name}`"));
                self.tell(suggest(problem, name, "there are", known.iter().copied()));
            }
        }
        parameters
    }
}

/// A value as given on the command line: a number, `true`, a label, plain text, or JSON for lists
/// and records.
fn parse_value(text: &str, kind: &Type) -> Option<Value> {
    match kind {
        Type::Text | Type::Path => {
            let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            Some(Value::text(quoted.unwrap_or(text)))
        }
        Type::Closed(labels) => labels
            .iter()
            .find(|label| &***label == text.trim_matches('"'))
            .map(|label| Value::Text(label.clone())),
        Type::Int => text.trim().replace('_', "").parse().ok().map(Value::Int),
        Type::Float => {
            let number: f64 = text.trim().replace('_', "").parse().ok()?;
            number.is_finite().then_some(Value::Float(number))
        }
        Type::Bool => text.trim().parse().ok().map(Value::Bool),
        Type::Date => text.trim().parse().ok().map(Value::Date),
        Type::Optional(of) => {
            if text == "missing" {
                Some(Value::Missing)
            } else {
                parse_value(text, of)
            }
        }
        Type::Json => serde_json::from_str(text).ok().map(|json| Value::Json(Arc::new(json))),
        Type::List(_) | Type::Record(_) => json_value(&serde_json::from_str(text).ok()?, kind),
        _ => None,
    }
}

fn json_value(json: &serde_json::Value, kind: &Type) -> Option<Value> {
    match (json, kind) {
        (serde_json::Value::Array(items), Type::List(of)) => {
            let items: Option<Vec<Value>> = items.iter().map(|item| json_value(item, of)).collect();
            Some(Value::List(items?.into()))
        }
        (serde_json::Value::Object(object), Type::Record(fields)) => {
            let null = serde_json::Value::Null;
            let values: Option<Vec<Value>> = fields
                .iter()
                .map(|field| json_value(object.get(&*field.name).unwrap_or(&null), &field.kind))
                .collect();
            Some(Value::Record(values?.into()))
        }
        (serde_json::Value::Null, Type::Optional(_)) => Some(Value::Missing),
        (_, Type::Optional(of)) => json_value(json, of),
        (serde_json::Value::String(text), Type::Text | Type::Path | Type::Closed(_) | Type::Date) => {
            parse_value(text, kind)
        }
        (serde_json::Value::Number(_) | serde_json::Value::Bool(_), Type::Int | Type::Float | Type::Bool) => {
            parse_value(&json.to_string(), kind)
        }
        (json, Type::Json) => Some(Value::Json(Arc::new(json.clone()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_from_the_command_line_follow_the_type() {
        assert_eq!(parse_value("50", &Type::Int), Some(Value::Int(50)));
        assert_eq!(parse_value("fifty", &Type::Int), None);
        assert_eq!(parse_value("a b", &Type::Text), Some(Value::text("a b")));
        assert_eq!(
            parse_value("[\"a\", \"b\"]", &Type::list(Type::Text)),
            Some(Value::list([Value::text("a"), Value::text("b")]))
        );
        let labels = Type::Closed(["x".into(), "y".into()].into());
        assert_eq!(parse_value("y", &labels), Some(Value::text("y")));
        assert_eq!(parse_value("z", &labels), None);
    }
}
