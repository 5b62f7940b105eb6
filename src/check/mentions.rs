//! Which names a file mentions at all, and which nodes it counts by: known before any node is
//! checked, because it decides which columns the nodes before must carry.

use std::collections::HashSet;
use std::sync::Arc;

use crate::syntax::tree::{Expr, ExprKind, File, ItemKind, Name, Pattern, StepKind};

#[derive(Default)]
pub(super) struct Mentions {
    /// Names in expressions and lists of columns.
    names: HashSet<Arc<str>>,
    /// Names that steps give to columns of their own.
    made: HashSet<Arc<str>>,
    /// Nodes whose rows tell clusters, groups or pairs apart further down.
    ancestors: HashSet<Arc<str>>,
}

impl Mentions {
    pub(super) fn of(file: &File) -> Mentions {
        let mut mentions = Mentions::default();
        let nodes: HashSet<&str> = file
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Node(node) => Some(&*node.name.value),
                _ => None,
            })
            .collect();
        for item in &file.items {
            mentions.item(&item.kind, &nodes);
        }
        mentions
    }

    pub(super) fn name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a step of the file makes a column of that name.
    pub(super) fn is_made(&self, name: &str) -> bool {
        self.made.contains(name)
    }

    pub(super) fn is_ancestor(&self, node: &str) -> bool {
        self.ancestors.contains(node)
    }

    fn item(&mut self, item: &ItemKind, nodes: &HashSet<&str>) {
        item.parts().into_iter().for_each(|part| self.expr(part));
        let steps = match item {
            ItemKind::Stage(stage) => &stage.steps,
            ItemKind::Node(node) => &node.steps,
            _ => return,
        };
        steps.iter().for_each(|step| self.step(&step.kind, nodes));
    }

    fn columns(&mut self, names: &[Name]) {
        self.names.extend(names.iter().map(|name| name.value.clone()));
    }

    /// Columns, or nodes whose rows are meant.
    fn keys(&mut self, names: &[Name], nodes: &HashSet<&str>) {
        self.columns(names);
        self.ancestors
            .extend(names.iter().filter(|name| nodes.contains(&*name.value)).map(|name| name.value.clone()));
    }

    /// The names that a step lists.
    fn step(&mut self, step: &StepKind, nodes: &HashSet<&str>) {
        match step {
            StepKind::Key(names)
            | StepKind::Keep(names)
            | StepKind::Drop(names)
            | StepKind::Require(names)
            | StepKind::By(names)
            | StepKind::Total { over: names, .. } => self.columns(names),
            StepKind::Rename(pairs) => {
                for (from, to) in pairs {
                    self.columns(std::slice::from_ref(from));
                    self.made.insert(to.value.clone());
                }
            }
            StepKind::Let(one) => match &one.pattern {
                Pattern::Name(name) => {
                    self.made.insert(name.value.clone());
                }
                Pattern::Fields(names) => self.made.extend(names.iter().map(|name| name.value.clone())),
            },
            StepKind::Verdict { name, .. } => {
                self.made.insert(name.value.clone());
            }
            StepKind::Join(join) => self.columns(&join.on),
            StepKind::Group { keys, .. } => self.keys(keys, nodes),
            StepKind::Sample { per, .. } => self.keys(per, nodes),
            StepKind::Baseline { on, .. } => self.keys(on, nodes),
            StepKind::Interval { by: Some(by), .. } => self.keys(std::slice::from_ref(by), nodes),
            StepKind::Gold(name) => self.columns(std::slice::from_ref(name)),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Name(name) = &expr.kind {
            self.names.insert(name.clone());
        }
        expr.parts().into_iter().for_each(|part| self.expr(part));
    }
}
