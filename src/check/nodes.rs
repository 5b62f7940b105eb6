//! Nodes: their order by mention, and each one's way from its input to its table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::data::schema::{self, Schema};
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ItemKind, Name, NodeKind, StepKind as Written};

use super::checker::Checker;
use super::codes;
use super::complaint::{Explained, error, suggest};
use super::expressions::row_identity;
use super::library::{ModuleId, Thing};
use super::program::{Capability, ModelId, ModelRef, Node, NodeId, Slot, Step, StepKind};
use super::reach::{reached, slots};
use super::scope::{Column, Doubt, Multiple, Row, Scope, ScopeModel};

/// A checked node, as the nodes after it see it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) id: NodeId,
    pub(super) name: Arc<str>,
    pub(super) kind: NodeKind,
    /// Its columns in the places of its schema.
    pub(super) row: Row,
    /// Of a measure.
    pub(super) metrics: Vec<Name>,
}

/// A node while its steps are read.
pub(super) struct Building<'l> {
    pub(super) node: &'l tree::Node,
    pub(super) row: Row,
    pub(super) inputs: Vec<NodeId>,
    pub(super) steps: Vec<Step>,
    /// The file whose names hold: another one inside a stage.
    pub(super) module: ModuleId,
    /// A stage's model parameters.
    pub(super) models: Vec<ScopeModel>,
    pub(super) judges: Vec<ModelId>,
    pub(super) judge: Option<Capability>,
    /// Why no model may be asked here.
    pub(super) quiet: Option<&'static str>,
    pub(super) metrics: Vec<Name>,
    /// Stages being written out.
    pub(super) stages: Vec<super::library::ItemId>,
    /// `batch` steps not yet undone: what the columns were.
    pub(super) batches: Vec<Vec<Column>>,
    /// The last step was made of a model's reply.
    pub(super) reads_reply: bool,
    /// Its steps do not run, so that no script need answer them.
    pub(super) unasked: bool,
    /// Inside a stage: the columns of those who use it, which only scripts see.
    pub(super) outside: Vec<Column>,
}

impl<'l> Building<'l> {
    /// A node without anything in it.
    pub(super) fn blank(node: &'l tree::Node, owner: Arc<str>) -> Building<'l> {
        Building {
            node,
            row: Row::new(owner),
            inputs: Vec::new(),
            steps: Vec::new(),
            module: ModuleId::ROOT,
            models: Vec::new(),
            judges: Vec::new(),
            judge: None,
            quiet: None,
            metrics: Vec::new(),
            stages: Vec::new(),
            batches: Vec::new(),
            reads_reply: false,
            unasked: false,
            outside: Vec::new(),
        }
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        // Outside verdicts, a judge that is not named is the one there is.
        let judge = match (self.judges.as_slice(), self.judge) {
            ([only], Some(capability)) => Some((ModelRef::Declared(*only), capability)),
            _ => None,
        };
        Scope { models: &self.models, judge, quiet: self.quiet, ..Scope::over(self.module, &self.row) }
    }
}

impl<'l> Checker<'l> {
    /// Checks all nodes, each after those it mentions, and gives them in the order written.
    pub(super) fn all_nodes(&mut self) -> Vec<Node> {
        let library = self.library;
        let root = library.module(ModuleId::ROOT);
        let written: Vec<(u32, &'l tree::Item, &'l tree::Node)> = root
            .file
            .items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| match &item.kind {
                ItemKind::Node(node) => Some((number as u32, item, node)),
                _ => None,
            })
            .collect();
        let places: HashMap<u32, usize> =
            written.iter().enumerate().map(|(at, (item, _, _))| (*item, at)).collect();
        let order = self.order(&written, &places);
        let mut nodes: Vec<Option<Node>> = written.iter().map(|_| None).collect();
        for at in order {
            let Some((item, whole, node)) = written.get(at).copied() else { continue };
            let (table, checked) = self.node(NodeId(at as u32), whole, node);
            self.nodes.insert(item, Arc::new(table));
            nodes[at] = Some(checked);
        }
        // A node that is missing was told to be part of a circle: there is no program then.
        nodes.into_iter().flatten().collect()
    }

    /// Nodes by place, each after those it mentions; those in circles left out, and told.
    fn order(
        &mut self,
        written: &[(u32, &'l tree::Item, &'l tree::Node)],
        places: &HashMap<u32, usize>,
    ) -> Vec<usize> {
        #[derive(Clone, Copy, PartialEq)]
        enum Mark {
            New,
            Open,
            Done,
        }
        let things = &self.library.module(ModuleId::ROOT).things;
        let mentions: Vec<Vec<usize>> = written
            .iter()
            .map(|(_, _, node)| {
                inputs(node)
                    .filter_map(|name| match things.get(&name.value)?.what {
                        Thing::Node(item) => places.get(&item).copied(),
                        _ => None,
                    })
                    .collect()
            })
            .collect();
        let mut marks = vec![Mark::New; written.len()];
        let mut order = Vec::with_capacity(written.len());
        for start in 0..written.len() {
            if marks[start] != Mark::New {
                continue;
            }
            marks[start] = Mark::Open;
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((at, next)) = path.last_mut() {
                let here = *at;
                let Some(mentioned) = mentions[here].get(*next).copied() else {
                    marks[here] = Mark::Done;
                    order.push(here);
                    path.pop();
                    continue;
                };
                *next += 1;
                match marks[mentioned] {
                    Mark::New => {
                        marks[mentioned] = Mark::Open;
                        path.push((mentioned, 0));
                    }
                    Mark::Done => {}
                    Mark::Open => {
                        let from = path.iter().position(|(at, _)| *at == mentioned).unwrap_or(0);
                        let circle: Vec<usize> = path[from..].iter().map(|(at, _)| *at).collect();
                        self.cycle(written, &circle);
                    }
                }
            }
        }
        order
    }

    fn cycle(&mut self, written: &[(u32, &'l tree::Item, &'l tree::Node)], circle: &[usize]) {
        let mut names: Vec<&Name> = circle.iter().map(|at| &written[*at].2.name).collect();
        // Each is from the next; data flows the other way.
        names.reverse();
        let mut chain: Vec<&str> = names.iter().map(|name| &*name.value).collect();
        chain.extend(chain.first().copied());
        let Some((first, others)) = names.split_first() else { return };
        let mut problem = error(
            codes::CYCLE,
            first.span,
            format!("`{}` depends on itself: {}", first.value, chain.join(" -> ")),
        )
        .help("a node may use only nodes that do not use it");
        for other in others {
            problem = problem.also(other.span, "part of the circle");
        }
        self.tell(problem);
    }

    fn node(&mut self, id: NodeId, item: &'l tree::Item, node: &'l tree::Node) -> (Table, Node) {
        let mut building = self.start(node);
        match self.trial.replacement(&node.name.value) {
            None => self.steps(&mut building),
            Some(replacement) => {
                // Its own steps are told about where the file is checked as it stands.
                building.unasked = true;
                self.attempt(|this| this.steps(&mut building));
                building = self.replaced(building, replacement);
            }
        }
        self.taken(&mut building);
        let (row, schema) = self.finish(&mut building);
        let checked = Node {
            name: Arc::clone(&node.name.value),
            kind: node.kind.value,
            docs: item.docs.clone(),
            inputs: building.inputs,
            steps: building.steps,
            schema,
            span: node.name.span,
        };
        let name = Arc::clone(&node.name.value);
        (Table { id, name, kind: node.kind.value, row, metrics: building.metrics }, checked)
    }

    fn start(&mut self, node: &'l tree::Node) -> Building<'l> {
        let mut inputs = Vec::new();
        let mut row = Row::new(Arc::clone(&node.name.value));
        for (number, name) in node.from.iter().enumerate() {
            let table = self.table(name);
            if number == 0 {
                match &table {
                    Some(table) => row = table.row.clone(),
                    None => row.doubt = Doubt::Whole,
                }
            }
            inputs.extend(table.map(|table| table.id).filter(|id| !inputs.contains(id)));
        }
        let mut building = Building { row, inputs, ..Building::blank(node, Arc::clone(&node.name.value)) };
        self.header(&mut building);
        building
    }

    /// The rules for what stands before the braces.
    fn header(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        let kind = node.kind.value;
        if node.from.is_empty() && kind != NodeKind::Curate {
            self.tell(
                error(codes::NO_INPUT, node.name.span, format!("`{}` has no input", node.name.value)).help(
                    format!(
                        "write `{} {} from NODE`; only a curate node starts from nothing",
                        word(kind),
                        node.name.value
                    ),
                ),
            );
            building.row.doubt = Doubt::Whole;
        }
        if kind != NodeKind::Query
            && let Some(first) = node.to.first()
        {
            self.tell(
                error(codes::WRONG_NODE, first.span, format!("a {} node has no `to`", word(kind)))
                    .help("only a query node sends something to models under test"),
            );
        }
        if kind != NodeKind::Judge
            && let Some(first) = node.by.first()
        {
            self.tell(
                error(codes::WRONG_NODE, first.span, format!("a {} node has no `by`", word(kind)))
                    .help("only a judge node has judges; elsewhere, `ask MODEL` names the model"),
            );
        }
        match kind {
            NodeKind::Measure => building.quiet = Some("in a measure node"),
            NodeKind::Query => building.quiet = Some("in a query node but those under test"),
            NodeKind::Judge => self.judges(building),
            _ => {}
        }
    }

    /// A node's table, where it is one and was checked.
    pub(super) fn known_table(&self, name: &str) -> Option<&Arc<Table>> {
        match self.library.module(ModuleId::ROOT).things.get(name)?.what {
            Thing::Node(item) => self.nodes.get(&item),
            _ => None,
        }
    }

    /// A node by name, as an input.
    pub(super) fn table(&mut self, name: &Name) -> Option<Arc<Table>> {
        let root = self.library.module(ModuleId::ROOT);
        match root.things.get(&name.value).map(|named| named.what) {
            // What has no table here is part of a circle, which was told.
            Some(Thing::Node(item)) => self.nodes.get(&item).cloned(),
            other => {
                let message = match other {
                    Some(_) => format!("`{}` is not a node", name.value),
                    None => format!("no node `{}`", name.value),
                };
                let problem = error(codes::UNKNOWN_NODE, name.span, message);
                let known = root.file.items.iter().filter_map(|item| match &item.kind {
                    ItemKind::Node(node) => Some((&*node.name.value, Some(node.name.span))),
                    _ => None,
                });
                self.tell(suggest(problem, &name.value, "there are", known));
                None
            }
        }
    }

    /// From here on several rows come of one, told apart by a column.
    pub(super) fn multiplied(&self, building: &mut Building<'l>, column: &str, place: Span) {
        let of = building.node.from.first().map(|name| Arc::clone(&name.value));
        building.row.multiples.push(Multiple { column: column.into(), place, of });
    }

    /// Adds a step whose expressions were read in the row as it is now.
    pub(super) fn push(&mut self, building: &mut Building<'l>, kind: StepKind, frame: u32, span: Span) {
        let mut asked: BTreeSet<ModelId> = BTreeSet::new();
        for model in reached(super::exprs::of_step(&kind), &self.reach) {
            match model {
                ModelRef::Declared(id) => {
                    asked.insert(id);
                }
                ModelRef::Judge => asked.extend(&building.judges),
                ModelRef::Parameter(_) => {}
            }
        }
        match &kind {
            StepKind::Query(query) => asked.extend(&query.models),
            StepKind::Search { model: ModelRef::Declared(id), .. }
            | StepKind::Fetch { page: ModelRef::Declared(id), .. } => {
                asked.insert(*id);
            }
            _ => {}
        }
        self.asked_of_each_model(building, &kind, !asked.is_empty(), span);
        let local_models = if building.unasked || asked.is_empty() {
            BTreeMap::new()
        } else {
            let mut row = building.row.clone();
            let outside = building.outside.iter().filter(|column| row.column(&column.name).is_none());
            let outside: Vec<Column> = outside.cloned().collect();
            row.columns.extend(outside);
            self.local_models(&asked, &row, span)
        };
        building.steps.push(Step { kind, frame, local_models, span });
    }

    /// In a judge node, rows come once a model: what is asked without looking at the reply would be
    /// asked anew for each model, and answered anew.
    fn asked_of_each_model(&mut self, building: &mut Building<'l>, kind: &StepKind, asks: bool, span: Span) {
        let read = slots(super::exprs::of_step(kind));
        let replies: Vec<Slot> =
            building.row.columns.iter().filter(|column| column.of_reply).map(|column| column.slot).collect();
        let of_reply = replies.iter().any(|slot| read.contains(slot));
        // Columns that this step makes are made of the reply where it reads one.
        building.reads_reply = match kind {
            StepKind::Query(_) => true,
            StepKind::Verdict(_) => !replies.is_empty(),
            StepKind::Repaired { .. } => building.reads_reply,
            StepKind::Group { keys, .. } => of_reply || keys.iter().any(|key| replies.contains(key)),
            _ => of_reply,
        };
        let judging = building.node.kind.value == NodeKind::Judge && !replies.is_empty();
        if asks && judging && !of_reply && building.row.is_certain() {
            self.told_once(
                error(
                    codes::SAME_FOR_ALL_MODELS,
                    span,
                    "this asks the same for every model's row, without the reply",
                )
                .help(
                    "ask it once a case, in a generate node; or show the judge what it judges: `{{reply}}`",
                ),
            );
        }
    }

    /// Carries the row's identity along where a node further down counts by it, and lays the
    /// table out: visible columns, then hidden ones.
    fn finish(&mut self, building: &mut Building<'l>) -> (Row, Schema) {
        let node = building.node;
        if node.kind.value == NodeKind::Measure {
            return (building.row.clone(), schema_of(&building.row));
        }
        if self.mentions.is_ancestor(&node.name.value) {
            let id = row_identity();
            self.push(building, StepKind::Let(id.expr), 0, node.name.span);
            let slot = building.row.slot();
            let name = format!("@{}", node.name.value).into();
            building.row.columns.push(Column { hidden: true, ..Column::new(name, id.kind, slot) });
        }
        let mut columns: Vec<Column> = building.row.visible().cloned().collect();
        columns.extend(building.row.columns.iter().filter(|column| column.hidden).cloned());
        let slots = columns.iter().map(|column| column.slot).collect();
        self.push(building, StepKind::Project(slots), 0, node.name.span);
        for (at, column) in columns.iter_mut().enumerate() {
            column.slot = Slot(at as u32);
        }
        let width = columns.len() as u32;
        let row = Row {
            owner: Arc::clone(&node.name.value),
            columns,
            width,
            doubt: building.row.doubt.clone(),
            multiples: std::mem::take(&mut building.row.multiples),
        };
        let schema = schema_of(&row);
        (row, schema)
    }

    /// Steps in the order written; the clauses of a query, variation or measure are read together.
    fn steps(&mut self, building: &mut Building<'l>) {
        let node = building.node;
        match node.kind.value {
            NodeKind::Query => self.query(building),
            NodeKind::Vary => self.vary(building),
            NodeKind::Measure => self.measure(building),
            NodeKind::Judge => self.judge(building),
            NodeKind::Curate | NodeKind::Generate => {
                for step in &node.steps {
                    self.step(building, step);
                }
            }
        }
        if node.from.is_empty() && building.steps.is_empty() && node.kind.value == NodeKind::Curate {
            let stated = |step: &tree::Step| {
                matches!(step.kind, Written::Broken(_) | Written::Read(_) | Written::Rows(_))
            };
            if !node.steps.iter().any(stated) && self.trial.replacement(&node.name.value).is_none() {
                self.tell(
                    error(codes::NO_INPUT, node.name.span, format!("`{}` has no rows", node.name.value))
                        .help("begin with `read FORMAT PATH as { ... }` or `rows [ ... ]`"),
                );
            }
        }
    }
}

/// The nodes that a node mentions.
fn inputs(node: &tree::Node) -> impl Iterator<Item = &Name> {
    let others = node.steps.iter().filter_map(|step| match &step.kind {
        Written::Join(join) => Some(&join.other),
        Written::Union(other) => Some(other),
        _ => None,
    });
    node.from.iter().chain(others)
}

fn schema_of(row: &Row) -> Schema {
    let column = |column: &Column| schema::Column {
        name: Arc::clone(&column.name),
        kind: column.kind.clone(),
        hidden: column.hidden,
    };
    Schema { columns: row.columns.iter().map(column).collect() }
}

pub(super) fn word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Curate => "curate",
        NodeKind::Generate => "generate",
        NodeKind::Vary => "vary",
        NodeKind::Query => "query",
        NodeKind::Judge => "judge",
        NodeKind::Measure => "measure",
    }
}
