//! `temperature 0` and the like: which there are and of what type.

use std::sync::Arc;

use crate::data::types::Type;
use crate::syntax::tree::{self, Name};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggestion};
use super::program::{Capability, Expr, Setting};
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
        let paints = capability == Capability::Image;
        let fits = match &*name.value {
            "seed" => true,
            "size" => paints,
            _ => !paints,
        };
        if fits || kind(&name.value).is_none() {
            return;
        }
        let (who, help) = match paints {
            true => ("paint", "they take `size` and `seed`"),
            false => ("answer in text", "it is for models that are `image`"),
        };
        let message = format!("models that {who} have no `{}`", name.value);
        self.tell(error(codes::WRONG_CAPABILITY, name.span, message).help(help));
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
        let value = self.wanted(scope, value, &kind, &format!("`{}`", name.value));
        settings.push(Setting { name: Arc::clone(&name.value), value });
    }
}
