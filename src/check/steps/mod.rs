//! Steps that may stand in several kinds of nodes.

mod retrieval;
mod rows;
mod shaping;
mod stages;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, BrokenStep, ItemKind, Name, NodeKind, StepKind as Written};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggest, suggestion};
use super::library::{Callable, ModuleId, Returns};
use super::loading::twice;
use super::nodes::{Building, word};
use super::program::{Expr, Slot, StepKind};
use super::scope::{Column, Doubt, Scope};

impl<'l> Checker<'l> {
    /// Reads one general step. Clauses of other kinds of nodes are told to be out of place.
    pub(super) fn step(&mut self, building: &mut Building<'l>, step: &'l tree::Step) {
        if let Written::Broken(broken) = &step.kind {
            let doubt = self.made_by(building.module, broken);
            building.row.doubt(doubt);
        }
        if !self.allowed(building, step) {
            return;
        }
        let span = step.span;
        match &step.kind {
            Written::Read(read) => self.read(building, read, span),
            Written::Rows(rows) => self.rows(building, rows, span),
            Written::Key(names) => self.key(building, names, span),
            Written::Where(condition) => {
                self.plain(building, span, |this, scope| {
                    StepKind::Where(this.condition(scope, condition, "the condition"))
                });
            }
            Written::Let(one) => self.let_step(building, one),
            Written::Keep(names) => self.keep(building, names),
            Written::Drop(names) => self.drop_columns(building, names),
            Written::Rename(pairs) => self.rename(building, pairs),
            Written::Explode { list, name } => self.explode(building, list, name, span),
            Written::Cross { name, list } => self.cross(building, name, list, span),
            Written::Join(join) => self.join(building, join, span),
            Written::Union(other) => self.union(building, other, span),
            Written::Group { keys, columns } => self.group(building, keys, columns, span),
            Written::Sample { count, per, up_to } => self.sample(building, count, per, *up_to, span),
            Written::Repeat { count, name } => {
                let count = self.count(&mut building.scope(), count, "repeat", 1).unwrap_or(1);
                self.push(building, StepKind::Repeat { count: u64::from(count) }, 0, span);
                self.add(building, name, Type::Int, None);
            }
            Written::Dedup(by) => {
                self.plain(building, span, |this, scope| StepKind::Dedup(this.expr(scope, by, None).expr));
            }
            Written::Order { by, descending } => self.order_by(building, by, *descending, span),
            Written::Batch { count, name } => self.batch(building, count, name, span),
            Written::Unbatch => self.unbatch(building, span),
            Written::Require(names) => self.require(building, names, span),
            Written::Search { model, query, top, images, name, otherwise } => {
                let search = retrieval::Searching {
                    model,
                    query,
                    top: top.as_ref(),
                    images: *images,
                    otherwise: otherwise.as_ref(),
                };
                self.search(building, &search, name, span);
            }
            Written::Fetch { address, name, otherwise } => {
                self.fetch(building, address, name, otherwise.as_ref(), span);
            }
            Written::Stage(call) => self.stage_step(building, call, span),
            // Told by `allowed`, or by the parser.
            _ => {}
        }
    }

    /// The columns that a step may have made which could not be read. Most name those in their text.
    fn made_by(&self, module: ModuleId, broken: &BrokenStep) -> Doubt {
        const OF_OTHER_NAMES: [&str; 5] = ["batch", "group", "join", "keep", "unbatch"];
        // It may have swallowed the steps below it.
        let other = |word: &Arc<str>| OF_OTHER_NAMES.contains(&&**word);
        let mut names: BTreeSet<Arc<str>> = broken.words.iter().cloned().collect();
        let mut known = broken.meant.is_some_and(|meant| !OF_OTHER_NAMES.contains(&meant));
        for word in &broken.words {
            let callable = self.library.callable(module, word).map(|named| named.what);
            let Some(Callable::Stage(stage)) = callable else { continue };
            match self.library.signatures.get(&stage).map(|signature| &signature.returns) {
                Some(Returns::Columns(adds)) => names.extend(adds.iter().map(|(name, _)| name.clone())),
                _ => return Doubt::Whole,
            }
            known = true;
        }
        if known && !broken.words.iter().any(other) { Doubt::Of(names) } else { Doubt::Whole }
    }

    /// A step made of expressions, without a column of its own.
    fn plain(
        &mut self,
        building: &mut Building<'l>,
        span: Span,
        read: impl FnOnce(&mut Self, &mut Scope<'_>) -> StepKind,
    ) {
        let mut scope = building.scope();
        let kind = read(self, &mut scope);
        let frame = scope.frame;
        self.push(building, kind, frame, span);
    }

    /// Appends one slot with the expression's value.
    pub(super) fn append(&mut self, building: &mut Building<'l>, expr: Expr, frame: u32, span: Span) -> Slot {
        // A column that is only given another name needs no slot.
        if let Expr::Slot(slot) = expr {
            building.reads_reply =
                building.row.columns.iter().any(|column| column.slot == slot && column.of_reply);
            return slot;
        }
        self.push(building, StepKind::Let(expr), frame, span);
        building.row.slot()
    }

    /// Names the next slot.
    pub(super) fn add(
        &mut self,
        building: &mut Building<'l>,
        name: &Name,
        kind: Type,
        defined: Option<Span>,
    ) -> Slot {
        let slot = building.row.slot();
        self.name_slot(building, name, kind, slot, defined);
        slot
    }

    /// Names a slot; two columns of one name are an error.
    pub(super) fn name_slot(
        &mut self,
        building: &mut Building<'l>,
        name: &Name,
        kind: Type,
        slot: Slot,
        defined: Option<Span>,
    ) {
        if let Some(earlier) = building.row.column(&name.value) {
            // What could not be read may have dropped or renamed the other.
            let doubtful = building.row.may_have(&name.value);
            let mut problem = error(
                codes::DUPLICATE_COLUMN,
                name.span,
                format!("there is already a column `{}`", name.value),
            )
            .help("one name means one thing from source to judge: take another name, or `drop` the first");
            if let Some(earlier) = earlier.defined.or(earlier.place) {
                problem = problem.also(earlier, "the first one");
            }
            if !doubtful {
                self.tell(problem);
            }
            building.row.columns.retain(|column| column.hidden || column.name != name.value);
        }
        let of_reply = building.reads_reply;
        let place = Some(name.span);
        let column = Column { defined, of_reply, place, ..Column::new(Arc::clone(&name.value), kind, slot) };
        building.row.columns.push(column);
    }

    /// A column by name; marked as used.
    pub(super) fn column(&mut self, building: &Building<'l>, name: &Name) -> Option<Column> {
        self.column_of(&building.row, name)
    }

    pub(super) fn column_of(&mut self, row: &super::scope::Row, name: &Name) -> Option<Column> {
        match row.column(&name.value) {
            Some(column) => {
                self.used.extend(column.defined);
                self.came(name.span, column.place);
                if let Some(replaced) = column.absent {
                    self.tell(
                        error(
                            codes::MISSING_FIELD,
                            replaced,
                            format!("the rows lack the column `{}`, which is read", name.value),
                        )
                        .also(name.span, "it is read here")
                        .help(format!("add `{} = ...` to the rows", name.value)),
                    );
                    return None;
                }
                Some(column.clone())
            }
            None => {
                if !row.may_have(&name.value) {
                    let message = format!("no column `{}` in `{}`", name.value, row.owner);
                    let problem = error(codes::UNKNOWN_COLUMN, name.span, message);
                    self.tell(suggest(problem, &name.value, "it has", row.places()));
                }
                None
            }
        }
    }

    /// Columns by name, or nodes before whose rows are meant.
    pub(super) fn keys(&mut self, building: &Building<'l>, names: &[Name]) -> Vec<Column> {
        let mut seen: Vec<&Name> = Vec::new();
        let mut keys = Vec::new();
        for name in names {
            if let Some(earlier) = seen.iter().find(|earlier| earlier.value == name.value) {
                let problem = twice(&name.value, name.span, earlier.span);
                self.tell(problem);
                continue;
            }
            seen.push(name);
            keys.extend(self.key_column(&building.row, name));
        }
        keys
    }

    /// A column, or the identity of the row of a node before.
    pub(super) fn key_column(&mut self, row: &super::scope::Row, name: &Name) -> Option<Column> {
        if row.column(&name.value).is_none() && self.is_node(&name.value) {
            if let Some(column) = row.lineage(&name.value) {
                return Some(column.clone());
            }
            if row.doubt != Doubt::Whole {
                self.tell(
                    error(
                        codes::LOST_LINEAGE,
                        name.span,
                        format!("rows here do not come from one row of `{}` each", name.value),
                    )
                    .help(format!(
                        "it must be a node before, and a `group` in between must keep `{}` among its keys",
                        name.value
                    )),
                );
            }
            return None;
        }
        if row.column(&name.value).is_none() && !row.may_have(&name.value) {
            let message = format!("no column `{}` in `{}`, and no node", name.value, row.owner);
            let problem = error(codes::UNKNOWN_COLUMN, name.span, message);
            let nodes =
                self.library.module(ModuleId::ROOT).file.items.iter().filter_map(|item| match &item.kind {
                    ItemKind::Node(node) => Some((&*node.name.value, Some(node.name.span))),
                    _ => None,
                });
            self.tell(suggest(problem, &name.value, "there are", row.places().chain(nodes)));
            return None;
        }
        self.column_of(row, name)
    }

    pub(super) fn is_node(&self, name: &str) -> bool {
        let root = self.library.module(super::library::ModuleId::ROOT);
        matches!(root.things.get(name).map(|named| named.what), Some(super::library::Thing::Node(_)))
    }

    /// Whether a step may stand in this kind of node.
    fn allowed(&mut self, building: &Building<'l>, step: &tree::Step) -> bool {
        let here = building.node.kind.value;
        let (clause, homes): (&str, &[NodeKind]) = match &step.kind {
            Written::Read(_) => ("read", &[NodeKind::Curate]),
            Written::Rows(_) => ("rows", &[NodeKind::Curate]),
            Written::Key(_) => ("key", &[NodeKind::Curate]),
            Written::Search { .. } => ("search", &[NodeKind::Curate, NodeKind::Generate]),
            Written::Fetch { .. } => ("fetch", &[NodeKind::Curate, NodeKind::Generate]),
            Written::Explode { .. } | Written::Cross { .. } | Written::Repeat { .. }
                if here == NodeKind::Measure =>
            {
                ("this step", &[NodeKind::Judge])
            }
            Written::On(_) => ("on", &[NodeKind::Vary]),
            Written::With(_) => ("with", &[NodeKind::Vary]),
            Written::OneOf(_) => ("one of", &[NodeKind::Vary]),
            Written::KeepOriginal => ("keep original", &[NodeKind::Vary]),
            Written::Gold(_) => ("gold", &[NodeKind::Vary]),
            Written::User(_) => ("user", &[NodeKind::Query]),
            Written::System(_) => ("system", &[NodeKind::Query]),
            Written::Turns(_) => ("turns", &[NodeKind::Query]),
            Written::Image(_) => ("image", &[NodeKind::Query]),
            Written::Samples(_) => ("samples", &[NodeKind::Query]),
            Written::Setting { .. } => ("this setting", &[NodeKind::Query]),
            Written::Verdict { .. } => ("verdict", &[NodeKind::Judge]),
            Written::When { .. } => ("when", &[NodeKind::Judge]),
            Written::Otherwise(_) => ("otherwise", &[NodeKind::Judge]),
            Written::Compare { .. } => ("compare", &[NodeKind::Judge]),
            Written::Labels { .. } => ("labels", &[NodeKind::Judge]),
            Written::By(_) => ("by", &[NodeKind::Measure]),
            Written::Metric(_) => ("metric", &[NodeKind::Measure]),
            Written::Baseline { .. } => ("baseline", &[NodeKind::Measure]),
            Written::Total { .. } => ("total", &[NodeKind::Measure]),
            Written::Interval { .. } => ("interval", &[NodeKind::Measure]),
            Written::Missing(_) => ("missing", &[NodeKind::Measure]),
            _ => return true,
        };
        if homes.contains(&here) {
            return true;
        }
        let homes: Vec<String> = homes.iter().map(|kind| format!("a {} node", word(*kind))).collect();
        self.tell(
            error(
                codes::WRONG_NODE,
                step.span,
                format!("`{clause}` does not belong in a {} node", word(here)),
            )
            .help(format!("it stands in {}", homes.join(" or "))),
        );
        false
    }

    /// The field of a record by name, with its place.
    pub(super) fn part(&mut self, record: &Type, name: &Name) -> Option<(u32, Type)> {
        match record.present() {
            Type::Unknown => Some((0, Type::Unknown)),
            kind @ Type::Record(fields) => match kind.field(&name.value) {
                Some((at, part)) => {
                    let part = part.clone();
                    Some((at as u32, if record.is_optional() { part.optional() } else { part }))
                }
                None => {
                    let known = fields.iter().map(|field| &*field.name);
                    let message = format!("the record has no field `{}`", name.value);
                    let mut problem = error(codes::UNKNOWN_FIELD, name.span, message);
                    problem.help = suggestion(&name.value, "it has", known);
                    self.tell(problem);
                    None
                }
            },
            other => {
                self.tell(
                    error(codes::NOT_A_RECORD, name.span, format!("there is no `{}` in {other}", name.value))
                        .help("`let { a, b } = ...` takes a record apart"),
                );
                None
            }
        }
    }
}
