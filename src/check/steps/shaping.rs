//! Steps that make, rename and remove columns of a row.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Let, Name, Pattern};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::nodes::Building;
use super::super::program::{Expr, NativeArgument, NativeCall, StepKind};

impl<'l> Checker<'l> {
    pub(super) fn let_step(&mut self, building: &mut Building<'l>, one: &Let) {
        let wanted = one.kind.as_ref().map(|kind| self.read_type(building.module, kind));
        let mut scope = building.scope();
        let mut typed = self.expr(&mut scope, &one.value, wanted.as_ref());
        if let Some(wanted) = wanted {
            let given = typed.clone();
            typed.expr = self.fit(&mut scope, given, &wanted, one.value.span, "the value");
            typed.kind = wanted;
        }
        let frame = scope.frame;
        if typed.kind == Type::Missing {
            self.tell(
                error(codes::TYPE_MISMATCH, one.value.span, "a column that is always missing has no type")
                    .help("state it: `let x: text? = missing`"),
            );
        }
        // Columns inside a stage are its author's business.
        let own = building.stages.is_empty();
        match &one.pattern {
            Pattern::Name(name) => {
                if own {
                    self.define(name, super::super::checker::Definition::Column);
                }
                let before = building.steps.len();
                let slot = self.append(building, typed.expr, frame, one.span);
                self.name_slot(building, name, typed.kind, slot, own.then_some(name.span));
                if building.steps.len() > before {
                    self.repaired(building, name, slot, false);
                }
            }
            Pattern::Fields(names) => {
                let before = building.steps.len();
                let whole = self.append(building, typed.expr, frame, one.span);
                let mut repaired = Vec::new();
                if building.steps.len() > before {
                    repaired =
                        self.repaired_of_all(building, &names.iter().collect::<Vec<_>>(), whole, false);
                }
                for name in names {
                    let Some((at, kind)) = self.part(&typed.kind, name) else { continue };
                    if own {
                        self.define(name, super::super::checker::Definition::Column);
                    }
                    let part = Expr::Field(Box::new(Expr::Slot(whole)), at);
                    let slot = self.append(building, part, 0, name.span);
                    self.name_slot(building, name, kind, slot, own.then_some(name.span));
                }
                repaired.iter().for_each(|one| self.name_repaired(building, one));
            }
        }
    }

    pub(super) fn keep(&mut self, building: &mut Building<'l>, names: &[Name]) {
        let mut kept = Vec::with_capacity(names.len());
        for name in names {
            if let Some(column) = self.column(building, name) {
                kept.push(column);
            }
        }
        let row = &mut building.row;
        let hidden = row.columns.iter().filter(|column| column.hidden).cloned();
        kept.extend(hidden);
        row.columns = kept;
    }

    pub(super) fn drop_columns(&mut self, building: &mut Building<'l>, names: &[Name]) {
        for name in names {
            // Dropping is no use: a `let` that is only dropped was never needed.
            if building.row.column(&name.value).is_none() {
                self.column(building, name);
            }
            building.row.columns.retain(|column| column.hidden || column.name != name.value);
        }
    }

    pub(super) fn rename(&mut self, building: &mut Building<'l>, pairs: &[(Name, Name)]) {
        let mut renamed = Vec::with_capacity(pairs.len());
        for (from, to) in pairs {
            if let Some(column) = self.column(building, from) {
                building.row.columns.retain(|known| known.hidden || known.name != from.value);
                renamed.push((column, to));
            }
        }
        for (column, to) in renamed {
            building.reads_reply = column.of_reply;
            self.name_slot(building, to, column.kind, column.slot, None);
        }
    }

    pub(super) fn explode(
        &mut self,
        building: &mut Building<'l>,
        list: &tree::Expr,
        name: &Name,
        span: Span,
    ) {
        let (list, kind, frame) = self.list_of(building, list, "what is exploded");
        self.push(building, StepKind::Explode { list }, frame, span);
        self.multiplied(building, &name.value, span);
        let slot = self.add(building, name, kind, None);
        self.repaired(building, name, slot, true);
    }

    pub(super) fn cross(&mut self, building: &mut Building<'l>, name: &Name, list: &tree::Expr, span: Span) {
        let (list, kind, frame) = self.list_of(building, list, "what is crossed with");
        self.push(building, StepKind::Cross { list }, frame, span);
        self.multiplied(building, &name.value, span);
        let slot = self.add(building, name, kind, None);
        self.repaired(building, name, slot, true);
    }

    /// A list with the type of its elements.
    fn list_of(&mut self, building: &Building<'l>, written: &tree::Expr, what: &str) -> (Expr, Type, u32) {
        let mut scope = building.scope();
        let typed = self.expr(&mut scope, written, None);
        let frame = scope.frame;
        match &typed.kind {
            Type::List(of) => {
                let of = (**of).clone();
                (typed.expr, of, frame)
            }
            Type::Turns => (typed.expr, Type::Text, frame),
            Type::Unknown => (typed.expr, Type::Unknown, frame),
            Type::Optional(_) | Type::Missing => {
                self.tell(
                    error(codes::MAY_BE_MISSING, written.span, format!("{what} may be missing"))
                        .help("say what a missing list counts as: `xs ?? []`"),
                );
                (typed.expr, Type::Unknown, frame)
            }
            other => {
                self.tell(
                    error(
                        codes::NOT_A_LIST,
                        written.span,
                        format!("{what} must be a list, but this is {other}"),
                    )
                    .help("put it into brackets: `[x]`"),
                );
                (typed.expr, Type::Unknown, frame)
            }
        }
    }

    /// Columns that must not be missing from here on: rows without them fail.
    pub(super) fn require(&mut self, building: &mut Building<'l>, names: &[Name], span: Span) {
        for name in names {
            let Some(column) = self.column(building, name) else { continue };
            if !column.kind.is_optional() {
                if column.kind != Type::Unknown {
                    self.tell(
                        error(
                            codes::NEVER_MISSING,
                            name.span,
                            format!("`{}` is never missing ({})", name.value, column.kind),
                        )
                        .help("remove it from `require`"),
                    );
                }
                continue;
            }
            let call = NativeCall {
                name: "prelude.required".into(),
                arguments: vec![NativeArgument::Value(Expr::Slot(column.slot))],
                kinds: vec![column.kind.clone()],
                random: None,
            };
            let slot = self.append(building, Expr::Native(call), 0, span);
            let known =
                building.row.columns.iter_mut().find(|known| !known.hidden && known.name == name.value);
            if let Some(known) = known {
                known.slot = slot;
                known.kind = column.kind.present().clone();
                known.name = Arc::clone(&name.value);
            }
        }
    }
}
