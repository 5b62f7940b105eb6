//! Steps that look at more than one row: other tables, groups, samples, batches.

use std::sync::Arc;

use crate::data::types::{Field, Type};
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Join, JoinKind, Name, NamedExpr};

use super::super::aggregates::RowSide;
use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error};
use super::super::nodes::{Building, Table};
use super::super::program::{Slot, StepKind};
use super::super::scope::{Column, Doubt, Multiple, Row};
use super::super::types::join as joined;

impl<'l> Checker<'l> {
    /// Another table, as a place in the node's inputs.
    fn other(&mut self, building: &mut Building<'l>, name: &Name) -> Option<(u32, Arc<Table>)> {
        if !building.stages.is_empty() {
            self.tell(
                error(codes::MISPLACED, name.span, "a stage cannot reach for other nodes")
                    .help("join before or after the stage"),
            );
            return None;
        }
        let table = self.table(name)?;
        let known = building.inputs.iter().position(|input| *input == table.id);
        let place = known.unwrap_or_else(|| {
            building.inputs.push(table.id);
            building.inputs.len() - 1
        });
        Some((place as u32, table))
    }

    pub(super) fn join(&mut self, building: &mut Building<'l>, join: &Join, span: Span) {
        let Some((input, table)) = self.other(building, &join.other) else {
            building.row.doubt = Doubt::Whole;
            return;
        };
        let mut keys = Vec::with_capacity(join.on.len());
        for name in &join.on {
            let ours = self.column(building, name);
            let theirs = self.column_of(&table.row, name);
            let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
            if joined(&ours.kind, &theirs.kind).is_none() {
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        name.span,
                        format!(
                            "`{}` is {} here and {} in `{}`",
                            name.value, ours.kind, theirs.kind, table.name
                        ),
                    )
                    .help("a key has one type on both sides"),
                );
            }
            keys.push((ours.slot, theirs.slot));
        }
        let kind = join.how.as_ref().map(|how| how.value);
        let added: Vec<Column> = table
            .row
            .visible()
            .filter(|column| !join.on.iter().any(|name| name.value == column.name))
            .cloned()
            .collect();
        let adds = added.iter().map(|column| column.slot).collect();
        self.push(building, StepKind::Join { input, keys, adds, kind }, 0, span);
        for column in added {
            // Without a partner, a left join's row has nothing there.
            let kind = if kind == Some(JoinKind::Left) { column.kind.optional() } else { column.kind };
            let name = Name::new(column.name, join.other.span);
            let slot = building.row.slot();
            self.name_slot(building, &name, kind, slot, None);
            if let Some(added) = building.row.columns.last_mut() {
                // Its `let` stands in the other node.
                added.of_reply = column.of_reply;
                added.place = column.place;
                added.defined = column.defined;
                added.parts = column.parts;
            }
        }
    }

    pub(super) fn union(&mut self, building: &mut Building<'l>, other: &Name, span: Span) {
        let Some((input, table)) = self.other(building, other) else { return };
        // Slots that no name reaches any more are left behind: both tables are laid out alike.
        let ours: Vec<Column> = building.row.columns.clone();
        let mut columns = Vec::with_capacity(ours.len());
        let mut laid_out = Row {
            owner: building.row.owner.clone(),
            doubt: building.row.doubt.clone(),
            multiples: building.row.multiples.clone(),
            ..Row::new("".into())
        };
        for column in &ours {
            if column.hidden {
                let Some(theirs) = table.row.lineage(column.name.trim_start_matches('@')) else { continue };
                columns.push(theirs.slot);
                let slot = laid_out.slot();
                laid_out.columns.push(Column { slot, ..column.clone() });
                continue;
            }
            let Some(theirs) = self.column_of(&table.row, &Name::new(column.name.clone(), other.span)) else {
                continue;
            };
            let Some(kind) = joined(&column.kind, &theirs.kind) else {
                self.tell(
                    error(
                        codes::TYPE_MISMATCH,
                        other.span,
                        format!(
                            "`{}` is {} here and {} in `{}`",
                            column.name, column.kind, theirs.kind, table.name
                        ),
                    )
                    .help("tables that are put together have the same columns of the same types"),
                );
                continue;
            };
            columns.push(theirs.slot);
            let slot = laid_out.slot();
            laid_out.columns.push(Column { kind, slot, ..column.clone() });
        }
        for column in table.row.visible() {
            let known = ours.iter().any(|known| !known.hidden && known.name == column.name);
            if !known && !building.row.may_have(&column.name) {
                let message =
                    format!("`{}` has a column `{}`, which the rows here lack", table.name, column.name);
                let problem = error(codes::UNKNOWN_COLUMN, other.span, message)
                    .help("add it with `let` here, or `drop` it there");
                self.tell(match column.place {
                    Some(place) => problem.also(place, "it comes from here"),
                    None => problem,
                });
            }
        }
        let kept = ours.iter().filter(|column| laid_out.columns.iter().any(|kept| kept.name == column.name));
        let slots = kept.map(|column| column.slot).collect();
        self.push(building, StepKind::Project(slots), 0, span);
        building.row = laid_out;
        let known = building.row.multiples.clone();
        let theirs = table.row.multiples.iter().filter(|one| !known.iter().any(|own| own.place == one.place));
        building.row.multiples.extend(theirs.cloned());
        self.push(building, StepKind::Union { input, columns }, 0, span);
    }

    pub(super) fn group(
        &mut self,
        building: &mut Building<'l>,
        keys: &[Name],
        columns: &[NamedExpr],
        span: Span,
    ) {
        if !building.stages.is_empty() {
            self.tell(
                error(codes::MISPLACED, span, "a stage cannot `group`: its caller's columns would be lost")
                    .help("group after the stage"),
            );
            return;
        }
        let named = keys;
        let mut keys = self.keys(building, named);
        for name in named {
            self.ancestors_of(building, name, &mut keys);
        }
        let mut side = RowSide::of(building);
        let mut aggregations = Vec::with_capacity(columns.len());
        for column in columns {
            aggregations.push((&column.name, self.aggregation(&mut side, &building.row, &column.value)));
        }
        let frame = side.frame;
        let multiples = self.kept_apart(building, named);
        let mut row = Row {
            owner: building.row.owner.clone(),
            doubt: building.row.doubt.clone(),
            multiples,
            ..Row::new("".into())
        };
        let slots = keys.iter().map(|key| key.slot).collect();
        let results = aggregations.iter().map(|(_, aggregation)| aggregation.clone()).collect();
        self.push(building, StepKind::Group { keys: slots, columns: results }, frame, span);
        for key in keys {
            let slot = row.slot();
            row.columns.push(Column { slot, ..key });
        }
        building.row = row;
        for (name, aggregation) in aggregations {
            self.add(building, name, aggregation.kind, None);
        }
    }

    /// What still makes several rows of one behind a `group`: what its keys tell apart.
    fn kept_apart(&self, building: &Building<'l>, keys: &[Name]) -> Vec<Multiple> {
        let holds = |key: &Name, one: &Multiple| {
            key.value == one.column
                || building.row.column(&key.value).is_none()
                    && self.known_table(&key.value).is_some_and(|table| {
                        table.row.multiples.iter().any(|theirs| theirs.place == one.place)
                    })
        };
        let multiples = building.row.multiples.iter();
        multiples.filter(|one| keys.iter().any(|key| holds(key, one))).cloned().collect()
    }

    /// Where a node is a key, its rows' own ancestors are fixed with it: they stay known.
    fn ancestors_of(&mut self, building: &Building<'l>, name: &Name, keys: &mut Vec<Column>) {
        if building.row.column(&name.value).is_some() || !self.is_node(&name.value) {
            return;
        }
        let Some(table) = self.table(name) else { return };
        for ancestor in table.row.columns.iter().filter(|column| column.hidden) {
            let known = keys.iter().any(|key| key.hidden && key.name == ancestor.name);
            let here =
                building.row.columns.iter().find(|column| column.hidden && column.name == ancestor.name);
            if let (false, Some(here)) = (known, here) {
                keys.push(here.clone());
            }
        }
    }

    pub(super) fn sample(
        &mut self,
        building: &mut Building<'l>,
        count: &tree::Expr,
        per: &[Name],
        up_to: bool,
        span: Span,
    ) {
        let count = self.count(&mut building.scope(), count, "sample", 1).unwrap_or(1);
        let per = self.keys(building, per).into_iter().map(|column| column.slot).collect();
        self.push(building, StepKind::Sample { count: u64::from(count), per, up_to }, 0, span);
    }

    pub(super) fn order_by(
        &mut self,
        building: &mut Building<'l>,
        by: &tree::Expr,
        descending: bool,
        span: Span,
    ) {
        let mut scope = building.scope();
        let typed = self.expr(&mut scope, by, None);
        let frame = scope.frame;
        let sound = matches!(
            typed.kind.present(),
            Type::Int | Type::Float | Type::Text | Type::Date | Type::Bool | Type::Closed(_) | Type::Unknown
        );
        if !sound {
            self.tell(
                error(codes::TYPE_MISMATCH, by.span, format!("rows cannot be ordered by {}", typed.kind))
                    .help("order by a number, a date or a text"),
            );
        }
        self.push(building, StepKind::Order { by: typed.expr, descending }, frame, span);
    }

    pub(super) fn batch(&mut self, building: &mut Building<'l>, count: &tree::Expr, name: &Name, span: Span) {
        if !building.stages.is_empty() {
            self.tell(
                error(codes::MISPLACED, span, "a stage cannot `batch`: its caller's columns would be lost")
                    .help("batch before the stage"),
            );
            return;
        }
        let count = self.count(&mut building.scope(), count, "batch", 1).unwrap_or(1);
        let columns: Vec<Column> = building.row.columns.clone();
        // What is batched may be printed whole.
        self.used.extend(columns.iter().filter_map(|column| column.defined));
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field { name: column.name.clone(), kind: column.kind.clone() })
            .collect();
        let slots: Vec<Slot> = columns.iter().map(|column| column.slot).collect();
        self.push(building, StepKind::Batch { count: u64::from(count), columns: slots }, 0, span);
        building.row = Row {
            owner: building.row.owner.clone(),
            doubt: building.row.doubt.clone(),
            ..Row::new("".into())
        };
        self.add(building, name, Type::list(Type::Record(fields.into())), None);
        building.batches.push(columns);
    }

    pub(super) fn unbatch(&mut self, building: &mut Building<'l>, span: Span) {
        let Some(columns) = building.batches.pop() else {
            self.tell(
                error(codes::MISPLACED, span, "there is no batch to undo")
                    .help("`unbatch` comes after `batch K as NAME` in the same node"),
            );
            return;
        };
        let kind = StepKind::Unbatch { list: Slot(0), columns: columns.len() as u32 };
        self.push(building, kind, 0, span);
        let mut row = Row {
            owner: building.row.owner.clone(),
            doubt: building.row.doubt.clone(),
            ..Row::new("".into())
        };
        for column in columns {
            let slot = row.slot();
            row.columns.push(Column { slot, ..column });
        }
        building.row = row;
    }
}
