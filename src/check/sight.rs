//! Models that are declared to see, and are never shown anything.

use std::collections::HashSet;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{ExprKind, File, ItemKind, Name, TestClauseKind, TypeExprKind};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::expressions::bare;
use super::library::{ModuleId, Thing};
use super::program::Capability;
use super::scope::ScopeModel;
use super::types::capability_word;

impl Checker<'_> {
    /// A model that goes by this name here may get to see a picture.
    pub(super) fn shown_to(&mut self, models: &[ScopeModel], name: &Name) {
        let local = models.iter().rev().find(|model| model.name == name.value);
        let things = &self.library.module(ModuleId::ROOT).things;
        self.shown.extend(match (local, things.get(&name.value)) {
            (Some(local), _) => local.defined,
            (None, Some(named)) if matches!(named.what, Thing::Model(_)) => Some(named.span),
            _ => None,
        });
    }

    /// The judge that is meant without a name may get to see one.
    pub(super) fn shown_to_judges(&mut self) {
        let library = self.library;
        for item in &library.module(ModuleId::ROOT).file.items {
            if let ItemKind::Node(node) = &item.kind {
                node.by.iter().for_each(|name| self.shown_to(&[], name));
            }
        }
    }

    /// A suite's models see what those see that they stand for.
    pub(super) fn shown_in_runs(&mut self) {
        let library = self.library;
        for item in &library.module(ModuleId::ROOT).file.items {
            let ItemKind::Run(run) = &item.kind else { continue };
            let ran = self.runs.iter().find(|ran| ran.name.span == run.name.span);
            let program = ran.and_then(|ran| ran.program.as_ref());
            for clause in &run.clauses {
                let TestClauseKind::Bind { name, value } = &clause.kind else { continue };
                let ExprKind::Name(own) = &bare(value).kind else { continue };
                let sees = program.is_none_or(|program| {
                    let model = program.models.iter().find(|model| model.name == name.value);
                    model.is_none_or(|model| model.capability == Capability::Vision)
                });
                if sees {
                    self.shown_to(&[], &Name::new(own.clone(), value.span));
                }
            }
        }
    }
}

/// The models and parameters of a file that are `vision` for nothing.
pub(super) fn blind(file: &File, shown: &HashSet<Span>) -> Vec<Diagnostic> {
    let vision = capability_word(Capability::Vision);
    let mut told = Vec::new();
    let mut tell = |name: &Name, asked: &[Span]| {
        if name.value.starts_with('_') || shown.contains(&name.span) {
            return;
        }
        let message = format!("`{}` is declared `{vision}`, and is never shown a picture", name.value);
        let problem = error(codes::UNUSED, name.span, message).help(
            "declare it as `chat`, so that any such model will do; or send the picture: `image PICTURE`",
        );
        told.push(
            asked.iter().fold(problem, |problem, place| problem.also(*place, "asked here without one")),
        );
    };
    for item in &file.items {
        let parameters = match &item.kind {
            ItemKind::Model(model) => {
                if model.capability.as_ref().is_some_and(|capability| &*capability.value == vision) {
                    tell(&model.name, &asked(file, &model.name));
                }
                continue;
            }
            ItemKind::Function(function) => &function.parameters,
            ItemKind::Stage(stage) => &stage.parameters,
            _ => continue,
        };
        for parameter in parameters {
            if matches!(&parameter.kind.kind, TypeExprKind::Name(kind) if &*kind.value == vision) {
                tell(&parameter.name, &[]);
            }
        }
    }
    told
}

/// Where a model under test is queried.
fn asked(file: &File, model: &Name) -> Vec<Span> {
    let nodes = file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Node(node) => Some(&node.to),
        _ => None,
    });
    nodes.flatten().filter(|name| name.value == model.value).map(|name| name.span).collect()
}
