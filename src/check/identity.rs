//! A model under test may not write or judge its own cases.

use super::bindings::BindingIdentity;
use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::library::ModuleId;
use super::program::ModelId;
use crate::syntax::tree::ItemKind;

impl Checker<'_> {
    /// Compares who is asked with who is under test: by declaration, and by what they are bound to.
    pub(super) fn same_models(&mut self) {
        if self.allow_self {
            return;
        }
        let mut targets: Vec<ModelId> = Vec::new();
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        for item in &root.file.items {
            let ItemKind::Node(node) = &item.kind else { continue };
            for name in &node.to {
                let id = self.models.iter().position(|model| model.name == name.value);
                targets.extend(id.map(|id| ModelId(id as u32)));
            }
        }
        let askers = std::mem::take(&mut self.askers);
        let mut told: Vec<ModelId> = Vec::new();
        for (asker, span) in askers {
            if told.contains(&asker) {
                continue;
            }
            let Some(model) = self.models.get(asker.0 as usize) else { continue };
            let own: Vec<BindingIdentity> = model.bindings.iter().filter_map(BindingIdentity::of).collect();
            let same = targets.iter().find(|target| {
                **target == asker
                    || self.models.get(target.0 as usize).is_some_and(|target| {
                        target.bindings.iter().filter_map(BindingIdentity::of).any(|one| own.contains(&one))
                    })
            });
            let Some(target) = same.and_then(|target| self.models.get(target.0 as usize)) else { continue };
            told.push(asker);
            let problem = error(
                codes::JUDGES_ITSELF,
                span,
                format!("`{}` is a model under test, and would write or judge its own cases", model.name),
            )
            .also(target.span, "under test here")
            .help("bind it to another model, or say `allow self` in the file");
            self.tell(problem);
        }
    }
}
