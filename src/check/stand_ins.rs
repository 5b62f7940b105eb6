//! What a test puts in a node's place: written rows instead of its own, or fewer of them.

use std::sync::Arc;

use crate::data::types::Field;
use crate::data::value::Value;
use crate::syntax::tree::{ExprKind, Name, NamedExpr, NodeKind, Rows};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error};
use super::expressions::{bare, convert, row_identity};
use super::library::ModuleId;
use super::nodes::Building;
use super::program::{Expr, StepKind};
use super::scope::{Column, Doubt, Row, Scope};
use super::trial::Replacement;

impl<'l> Checker<'l> {
    /// The node with its rows as the test writes them: the columns that it declares, those the
    /// rows lack missing unless something reads them, and its own rows for all ancestors.
    pub(super) fn replaced(&mut self, building: Building<'l>, replacement: &Replacement<'l>) -> Building<'l> {
        if building.node.kind.value == NodeKind::Measure {
            self.tell(
                error(
                    codes::WRONG_NODE,
                    replacement.node.span,
                    format!("`{}` is a measure: its numbers cannot be replaced", replacement.node.value),
                )
                .help("replace the node that it counts"),
            );
            return building;
        }
        let declared: Vec<Column> = building.row.columns.clone();
        let fields: Vec<Field> = declared
            .iter()
            .filter(|column| !column.hidden)
            .map(|column| Field { name: Arc::clone(&column.name), kind: column.kind.clone() })
            .collect();
        let wanted = building.row.is_certain().then_some(fields.as_slice());
        for field in written_fields(replacement.rows) {
            let column = declared.iter().find(|column| column.name == field.name.value);
            if let Some(place) = column.and_then(|column| column.place) {
                self.must_be(field.value.span, place);
            }
        }
        let written = self.written_rows(ModuleId::ROOT, replacement.rows, wanted, replacement.span);
        let mut fresh = Building {
            row: Row::new(Arc::clone(&building.node.name.value)),
            inputs: Vec::new(),
            steps: Vec::new(),
            judges: Vec::new(),
            judge: None,
            quiet: None,
            batches: Vec::new(),
            reads_reply: false,
            unasked: false,
            ..building
        };
        let span = replacement.span;
        self.push(&mut fresh, written.kind, written.frame, span);
        let mut given: Vec<Column> = Vec::new();
        for (name, kind) in written.columns {
            let slot = fresh.row.slot();
            given.push(Column::new(name.value, kind, slot));
        }
        if wanted.is_none() {
            fresh.row.columns = given;
            fresh.row.doubt = Doubt::Whole;
            return fresh;
        }
        for column in declared {
            if column.hidden {
                let id = row_identity();
                let slot = self.append(&mut fresh, id.expr, 0, span);
                fresh.row.columns.push(Column { slot, ..column });
                continue;
            }
            match given.iter().find(|given| given.name == column.name) {
                Some(found) => {
                    let mut scope = Scope::bare(ModuleId::ROOT);
                    let expr = convert(&mut scope, Expr::Slot(found.slot), &found.kind, &column.kind);
                    let slot = self.append(&mut fresh, expr, scope.frame, span);
                    fresh.row.columns.push(Column { slot, absent: None, ..column });
                }
                None => {
                    let slot = self.append(&mut fresh, Expr::Constant(Value::Missing), 0, span);
                    let absent = (!column.kind.is_optional()).then_some(span);
                    fresh.row.columns.push(Column { slot, absent, ..column });
                }
            }
        }
        fresh
    }

    /// `take N`: a sample of each source, or of the node that is named.
    pub(super) fn taken(&mut self, building: &mut Building<'l>) {
        let trial = self.trial;
        let node = building.node;
        let is_source = building.inputs.is_empty();
        for (count, only) in &trial.take {
            let here = match only {
                Some(name) => name.value == node.name.value,
                None => is_source && node.kind.value != NodeKind::Measure,
            };
            if !here {
                continue;
            }
            let count = self.count(&mut Scope::bare(ModuleId::ROOT), count, "take", 1).unwrap_or(1);
            let kind = StepKind::Sample { count: u64::from(count), per: Vec::new(), up_to: true };
            self.push(building, kind, 0, node.name.span);
        }
    }

    /// Nodes that a test names but the file does not have.
    pub(super) fn foreign_nodes(&mut self) {
        let trial = self.trial;
        let taken = trial.take.iter().filter_map(|(_, name)| *name);
        let names: Vec<&Name> =
            trial.replace.iter().map(|replacement| replacement.node).chain(taken).collect();
        for name in names {
            if !self.is_node(&name.value) {
                self.table(name);
            }
        }
    }
}

/// What the rows of a replacement give, field by field.
fn written_fields(rows: &Rows) -> Vec<&NamedExpr> {
    match rows {
        Rows::Counted { fields, .. } => fields.iter().collect(),
        Rows::Listed(list) => match &bare(list).kind {
            ExprKind::List(items) => items
                .iter()
                .filter_map(|item| match &bare(&item.value).kind {
                    ExprKind::Record(fields) => Some(fields),
                    _ => None,
                })
                .flatten()
                .collect(),
            _ => Vec::new(),
        },
    }
}
