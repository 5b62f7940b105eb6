//! `temperature 0` and the like: which there are and of what type.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Name};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::constant::fold;
use super::program::setting::wanted_instead;
use super::program::{BindingKind, Capability, Expr, Model, Setting};
use super::scope::Scope;

const NAMES: [&str; 7] = ["temperature", "top_p", "max_tokens", "seed", "stop", "reasoning_effort", "size"];

/// The type of a setting's value.
pub(super) fn kind(name: &str) -> Option<Type> {
    match name {
        "temperature" | "top_p" => Some(Type::Float),
        "max_tokens" | "seed" => Some(Type::Int),
        "stop" => Some(Type::list(Type::Text)),
        "reasoning_effort" | "size" => Some(Type::Text),
        _ => None,
    }
}

impl Checker<'_> {
    /// Refuses a setting that models of this kind know nothing of, for it would be dropped.
    pub(super) fn suits(&mut self, capability: Capability, name: &Name) {
        if let Some((message, help)) = unsuited(capability, &name.value) {
            self.tell(error(codes::WRONG_CAPABILITY, name.span, message).help(help));
        }
    }

    /// Refuses settings of a model's bindings that would be dropped, or that no model takes.
    pub(super) fn bindings_suit(&mut self, model: &Model) {
        for binding in &model.bindings {
            let BindingKind::Remote { settings, .. } = &binding.kind else { continue };
            // What comes from outside has no place in the file.
            let inside = binding.span.source == model.span.source;
            let place = if inside { binding.span } else { model.span };
            for setting in settings {
                let problem = match unsuited(model.capability, &setting.name) {
                    Some((message, help)) => error(codes::WRONG_CAPABILITY, place, message).help(help),
                    None => match wanted_instead(&setting.name, &setting.value) {
                        Some(wanted) => impossible(&setting.name, wanted, place),
                        None => continue,
                    },
                };
                self.tell(match inside {
                    true => problem,
                    false => problem
                        .help(format!("`{}` is set where it is bound to {}", setting.name, binding.name)),
                });
            }
        }
    }

    /// One setting among those before it.
    pub(super) fn setting(
        &mut self,
        scope: &mut Scope<'_>,
        settings: &mut Vec<Setting<Expr>>,
        name: &Name,
        value: &tree::Expr,
    ) {
        let Some(kind) = kind(&name.value) else {
            let message = format!("no setting `{}`", name.value);
            let mut problem = error(codes::UNKNOWN_SETTING, name.span, message);
            problem.help = suggestion(&name.value, "there are", NAMES);
            self.tell(problem);
            return;
        };
        if settings.iter().any(|setting| setting.name == name.value) {
            self.tell(
                error(codes::REPEATED_CLAUSE, name.span, format!("`{}` is set twice", name.value))
                    .help("keep one of them"),
            );
            return;
        }
        let (place, told) = (value.span, self.diagnostics.len());
        let value = self.wanted(scope, value, &kind, &format!("`{}`", name.value));
        // What is computed is looked at when it is known.
        let known = fold(&value).filter(|_| self.diagnostics.len() == told);
        if let Some(wanted) = known.and_then(|value| wanted_instead(&name.value, &value)) {
            self.tell(impossible(&name.value, wanted, place));
        }
        settings.push(Setting { name: Arc::clone(&name.value), value, span: name.span.to(place) });
    }
}

/// Why models of this kind do not take a setting, and what they take; nothing where they do.
fn unsuited(capability: Capability, setting: &str) -> Option<(String, &'static str)> {
    kind(setting)?;
    let (who, fits, help) = match capability {
        Capability::Chat | Capability::Vision => {
            ("answer in text", setting != "size", "it is for models that are `image`")
        }
        Capability::Image => ("paint", matches!(setting, "seed" | "size"), "they take `size` and `seed`"),
        Capability::Embed => ("embed", false, "they take no settings"),
        Capability::Classify => ("classify", false, "they take no settings"),
        Capability::Search => ("search", false, "they take no settings"),
        Capability::Page => ("fetch pages", false, "they take no settings"),
    };
    (!fits).then(|| (format!("models that {who} have no `{setting}`"), help))
}

fn impossible(setting: &str, wanted: &str, place: Span) -> Diagnostic {
    error(codes::IMPOSSIBLE_SETTING, place, format!("`{setting}` must be {wanted}"))
}
