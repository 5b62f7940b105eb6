//! A checked program: every name resolved to a place, every expression typed, nothing left
//! that could be wrong about the file itself. `plan` and `engine` build on this and on nothing
//! that was written.
//!
//! Names survive only for people. A row's columns are [`Slot`]s, a function's values are
//! [`Local`]s, so that renaming changes no fingerprint.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::schema::Schema;
use crate::data::types::{Field, Type};
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{
    BinaryOperator, CompareOrder, Docs, FileKind, IntervalMethod, JoinKind, MissingPolicy, NodeKind, OnError,
    Total, Vote,
};

/// Place of a node in [`Program::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Place of a model in [`Program::models`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub u32);

/// Place of a function in [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// Place of a value in the row as it stands at a step. A row starts as its input's row; most
/// steps append; [`StepKind::Group`], [`StepKind::Batch`], [`StepKind::Unbatch`] and
/// [`StepKind::Project`] lay it out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// Place of a value in the frame of a step's expression or of a function's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Local(pub u32);

/// A checked file with all that it uses.
#[derive(Clone, Debug)]
pub struct Program {
    pub kind: FileKind,
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub docs: Docs,
    /// `seed 7`; 0 where the file states none.
    pub seed: i64,
    pub dynamic: bool,
    /// With the values that hold in this run.
    pub parameters: Vec<Parameter>,
    pub models: Vec<Model>,
    /// Every function that is used, its callees before it.
    pub functions: Vec<Function>,
    /// In the order written, but nothing depends on it. Free of cycles.
    pub nodes: Vec<Node>,
    pub reports: Vec<Report>,
    /// Names and places of the file's tests; see [`crate::check::check`] for checking one.
    pub tests: Vec<TestName>,
    /// Of the test that the program was checked as.
    pub expectations: Vec<Expectation>,
    /// `seeds K` of that test; 1 where it states none.
    pub test_seeds: u32,
    pub suite: Option<Suite>,
}

impl Program {
    /// The nodes that a test's expectations are about; empty where one is about all.
    pub fn nodes_expected(&self) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for cell in self.expectations.iter().flat_map(|expectation| &expectation.cells) {
            match cell {
                Cell::Metric { node, .. } | Cell::Rows { node, .. } | Cell::Aggregate { node, .. } => {
                    nodes.push(*node)
                }
                Cell::Failed(Some(node)) => nodes.push(*node),
                Cell::Failed(None) => return Vec::new(),
                Cell::Score { .. } => {}
            }
        }
        nodes
    }
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: Arc<str>,
    pub kind: Type,
    pub value: Value,
    pub docs: Docs,
}

/// What a model can do; fixes what may be sent to it and what comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    Chat,
    /// Chat that also takes images.
    Vision,
    /// Text to image.
    Image,
    Embed,
    Classify,
    Search,
    /// Pages by address; never declared, bound only in tests under the name `page`.
    Page,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub name: Arc<str>,
    pub capability: Capability,
    /// Declared with `models`.
    pub many: bool,
    /// Empty where the file leaves it abstract and nothing outside binds it.
    pub bindings: Vec<Binding>,
    pub span: Span,
}

/// One concrete model.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What stands in the `model` column; unique within its `models`.
    pub name: Arc<str>,
    pub kind: BindingKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BindingKind {
    /// A provider's model, with the sampling settings stated in the binding.
    Remote { provider: Arc<str>, model: Arc<str>, settings: Vec<Setting<Value>> },
    /// Replies recorded in a JSONL or CSV file: `reply` names the field that holds them, and the
    /// fields named in `key` equal the row's columns of the same names.
    Replay { path: Arc<str>, key: Vec<Arc<str>>, reply: Arc<str> },
    /// Planted behaviour; what it does at a step is that step's [`Step::local_models`]. Its author
    /// has `named` it, or it is one under test, whose name stands in the rows; otherwise it goes by
    /// its model's name, which decides nothing.
    Scripted { named: bool },
}

/// `temperature 0` and the like.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    pub name: Arc<str>,
    pub value: T,
}

/// Which model an expression asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelRef {
    Declared(ModelId),
    /// The function's model parameter of that number.
    Parameter(u32),
    /// The judge whose turn it is.
    Judge,
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: Arc<str>,
    /// Values fill the first locals of its frame, in order.
    pub parameters: u32,
    /// Models are handed over apart from values.
    pub models: u32,
    pub lets: Vec<(Local, Expr)>,
    pub result: Expr,
    /// Locals in its frame, parameters and lambda parameters among them.
    pub frame: u32,
    /// Of its name.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub name: Arc<str>,
    pub kind: NodeKind,
    pub docs: Docs,
    /// The table that the steps start from, then those that steps name, each once.
    pub inputs: Vec<NodeId>,
    pub steps: Vec<Step>,
    /// What stands in the node's table.
    pub schema: Schema,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    /// Locals that its expressions need.
    pub frame: u32,
    /// How models that live in the program itself answer at this step: by model and by place in
    /// its bindings.
    pub local_models: BTreeMap<(ModelId, u32), LocalModel>,
    pub span: Span,
}

/// A model that needs no network.
#[derive(Clone, Debug)]
pub enum LocalModel {
    Script(Arc<Script>),
    /// The row's values that the recorded key fields must equal, in the order of
    /// [`BindingKind::Replay`]'s `key`.
    Replay {
        key: Vec<Slot>,
    },
}

/// Planted behaviour: the first arm that applies answers.
#[derive(Clone, Debug)]
pub struct Script {
    pub arms: Vec<Arm>,
    /// Locals in its frame; the first six are given, see [`Script::PROMPT`] and after.
    pub frame: u32,
}

impl Script {
    /// The text asked: the last user turn, the image prompt, the query or the address.
    pub const PROMPT: Local = Local(0);
    /// The system text; missing where there is none.
    pub const SYSTEM: Local = Local(1);
    /// What a planted picture shows (text); missing where no picture was sent.
    pub const SEEN: Local = Local(2);
    /// Which user turn is answered, from 0.
    pub const TURN: Local = Local(3);
    /// The model's name.
    pub const MODEL: Local = Local(4);
    /// The sample's number, from 0.
    pub const SAMPLE: Local = Local(5);
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub guard: Guard,
    pub reply: ScriptReply,
}

#[derive(Clone, Debug)]
pub enum Guard {
    /// Applies when the row's draw falls into this arm's share; shares of one script use one draw
    /// and stand side by side, so that `0.8` and `0.1` leave `0.1` for what follows.
    Share(f64),
    When(Expr),
    Always,
}

#[derive(Clone, Debug)]
pub enum ScriptReply {
    /// Text for chat, vision and image; else what the capability returns.
    Value(Expr),
    Blocked,
    Cut(Expr),
    Empty,
    Failed,
}

#[derive(Clone, Debug)]
pub enum StepKind {
    Read(Read),
    /// Rows written in the file; `fields` are evaluated with Local(0) = the row's number from 0.
    Rows {
        count: u64,
        fields: Vec<Expr>,
    },
    /// Rows of a list of records.
    Listed {
        rows: Vec<Vec<Expr>>,
    },
    /// Identity becomes the hash of these values; equal ones are an error.
    Key(Vec<Slot>),
    /// Keeps the rows for which it is true.
    Where(Expr),
    /// Appends one slot.
    Let(Expr),
    /// One row an element; appends one slot with the element.
    Explode {
        list: Expr,
    },
    /// One row a value; appends one slot. Unlike explode, identity goes by the value.
    Cross {
        list: Expr,
    },
    /// Appends the columns at `adds` of the other table (`input` is a place in `Node::inputs`).
    Join {
        input: u32,
        keys: Vec<(Slot, Slot)>,
        adds: Vec<Slot>,
        kind: Option<JoinKind>,
    },
    /// Adds the other table's rows; `columns` says where each of this table's slots stands there.
    Union {
        input: u32,
        columns: Vec<Slot>,
    },
    /// One row a group: the keys' values, the identities named in `lineage`, then the columns.
    /// Identity is the hash of the keys.
    Group {
        keys: Vec<Slot>,
        columns: Vec<Aggregation>,
    },
    /// Picks by hashed identity. Not `up_to`: fewer rows than `count` is an error.
    Sample {
        count: u64,
        per: Vec<Slot>,
        up_to: bool,
    },
    /// Appends one slot with the number, from 0.
    Repeat {
        count: u64,
    },
    /// Keeps the row of smallest identity among those with equal values.
    Dedup(Expr),
    /// Orders for people: `show`, exports and reports; identity and sampling don't notice.
    Order {
        by: Expr,
        descending: bool,
    },
    /// One row a `count` rows: a slot with the list of records of `columns`.
    Batch {
        count: u64,
        columns: Vec<Slot>,
    },
    /// Undoes the batch in slot `list`: lays the records' fields out as slots again.
    Unbatch {
        list: Slot,
        columns: u32,
    },
    /// One row a hit; appends one slot with `{ url, title, text }`, or the image for image search.
    Search {
        model: ModelRef,
        query: Expr,
        top: u32,
        images: bool,
        otherwise: Otherwise,
    },
    /// Appends one slot with `{ url, title, text }`.
    Fetch {
        page: ModelRef,
        address: Expr,
        otherwise: Otherwise,
    },
    Vary(Vary),
    Query(Query),
    /// Appends one slot with the verdict (missing where it has none) and, where several judges
    /// vote, one with the list of `{ judge: text, verdict }`.
    Verdict(Verdict),
    /// Appends one slot with people's verdict of that row, missing where there is none.
    Labels {
        read: Read,
        keys: Vec<(Slot, u32)>,
        label: u32,
    },
    Measure(Box<Measure>),
    /// Lays the row out as these slots: ends each node but measure.
    Project(Vec<Slot>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub format: Format,
    /// As written: relative to the file's folder, `http(s)://`, or `hf://`.
    pub path: Arc<str>,
    pub fields: Arc<[Field]>,
    pub on_error: OnError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    Csv,
    Tsv,
    Jsonl,
    Json,
    Parquet,
    Yaml,
    /// A folder of text files: fields `name` and `text`.
    Texts,
    /// A folder of pictures: fields `name` and `image`.
    Images,
}

#[derive(Clone, Debug)]
pub struct Vary {
    /// What is varied: a slot, or one element of the list or turns in it.
    pub on: Vec<(Slot, Option<Expr>)>,
    pub variations: Vec<Variation>,
    /// `one of`: each row gets one variation, chosen at random, rather than all.
    pub one: bool,
    /// Adds the row as it was, with variant `original`.
    pub keep_original: bool,
    /// The slot that holds the gold answer, where variations may rewrite it.
    pub gold: Option<Slot>,
    /// Slots of `origin`: the values before variation.
    pub origin: Vec<Slot>,
}

/// One way of varying. Appends two slots: `variant` (text) and `origin` (a record whose first
/// field is the origin's identity and the others the slots named in [`Vary::origin`]).
#[derive(Clone, Debug)]
pub struct Variation {
    pub name: Arc<str>,
    /// Local(0) is the value to vary and Local(1) the gold answer, where there is one. Gives the
    /// new value or, where `rewrites_gold`, a record of the new value and the new gold.
    pub value: Expr,
    pub rewrites_gold: bool,
}

/// Appends slots in this order: `model` text, `sample` int, `reply`, `ending`
/// `complete | cut | blocked | empty`, `blocked` bool, and where wanted `usage`
/// `{ input: int, output: int }` and `latency` float seconds.
#[derive(Clone, Debug)]
pub struct Query {
    pub models: Vec<ModelId>,
    pub message: Message,
    pub samples: u32,
    pub usage: bool,
    pub latency: bool,
    /// The reply's type: text, list of text for turns, image.
    pub reply: Type,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Message {
    pub system: Option<Expr>,
    pub body: Body,
    pub images: Vec<Expr>,
    pub settings: Vec<Setting<Expr>>,
}

#[derive(Clone, Debug)]
pub enum Body {
    User(Expr),
    /// A conversation; each user turn is answered before the next is sent.
    Turns(Expr),
}

#[derive(Clone, Debug)]
pub struct Verdict {
    pub kind: Type,
    /// Tried first, in order; no call is made where one holds.
    pub when: Vec<(Expr, Expr)>,
    pub value: Expr,
    /// Tried in order where the value is missing.
    pub otherwise: Vec<Expr>,
    /// Empty where no judge is asked.
    pub judges: Vec<ModelId>,
    pub vote: Option<Vote>,
    /// `compare`: the two are swapped at random or shown in both orders. Local(0) and Local(1)
    /// are the first and the second; the verdict is turned back.
    pub compare: Option<Compare>,
}

#[derive(Clone, Debug)]
pub struct Compare {
    pub first: Expr,
    pub second: Expr,
    pub order: CompareOrder,
}

#[derive(Clone, Debug)]
pub enum Otherwise {
    /// The row goes to the node's failures.
    Fail,
    /// The row is left out.
    Drop,
    Value(Expr),
}

#[derive(Clone, Debug)]
pub struct Measure {
    pub by: Vec<Slot>,
    pub metrics: Vec<Metric>,
    pub baseline: Option<Baseline>,
    pub totals: Vec<TotalOver>,
    pub interval: Option<Interval>,
    pub missing: MissingPolicy,
}

/// The measure's table has a row for each group and metric, then for each total and metric:
/// the `by` columns (missing where a total runs over them), `metric` text, `value` float?,
/// `low` float?, `high` float?, `n` int, `missing` int, `total` `(pooled | macro)?`.
#[derive(Clone, Debug)]
pub struct Metric {
    pub name: Arc<str>,
    pub aggregation: Aggregation,
    pub condition: Option<Expr>,
    pub direction: Direction,
    /// Always between 0 and 1 and the mean of a condition: Wilson's interval applies.
    pub is_rate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    Higher,
    Lower,
    Near(f64),
}

/// Numbers out of many rows: the leaves gather, the result combines them.
#[derive(Clone, Debug)]
pub struct Aggregation {
    pub leaves: Vec<Aggregate>,
    /// Local(n) is the value of leaf n; missing where a leaf has none (a mean over nothing).
    pub result: Expr,
    pub frame: u32,
    pub kind: Type,
}

#[derive(Clone, Debug)]
pub struct Aggregate {
    pub kind: AggregateKind,
    /// Over the row; in a measure with a baseline, [`Expr::Baseline`] reaches the baseline's row.
    pub arguments: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AggregateKind {
    /// Rows, or rows for which the argument is true.
    Count,
    /// Share of true.
    Rate,
    Mean,
    Sum,
    Min,
    Max,
    /// Sample standard deviation.
    Std,
    Quantile(f64),
    All,
    Any,
    /// The values as a list, in the order of row identity.
    Collect,
    /// The value of the row of smallest identity.
    First,
    /// Agreement of two raters on labels, beyond chance.
    Kappa,
    /// Krippendorff's alpha, nominal.
    Alpha,
}

#[derive(Clone, Debug)]
pub struct Baseline {
    /// Which rows are the baseline; they are in no group and no total themselves.
    pub condition: Expr,
    /// A row and its baseline agree on these.
    pub keys: Vec<Slot>,
}

#[derive(Clone, Debug)]
pub struct TotalOver {
    /// Places in [`Measure::by`].
    pub over: Vec<u32>,
    pub how: Total,
}

#[derive(Clone, Debug)]
pub struct Interval {
    /// Such as 0.95.
    pub level: f64,
    /// `None`: Wilson for rates, normal for what is a mean, bootstrap for the rest.
    pub method: Option<IntervalMethod>,
    /// What tells clusters apart; `None`: each row is one.
    pub cluster: Option<Slot>,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Constant(Value),
    Slot(Slot),
    Local(Local),
    Template(Vec<TemplatePart>),
    List(Vec<Expr>),
    Record(Vec<Expr>),
    /// By place in the record's type.
    Field(Box<Expr>, u32),
    /// Of a list or of turns, from 0, negative from the end; past the end the row fails as undefined.
    Index(Box<Expr>, Box<Expr>),
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    IsPresent {
        operand: Box<Expr>,
        present: bool,
    },
    /// A function built into the program.
    Native(NativeCall),
    Call {
        function: FunctionId,
        arguments: Vec<Expr>,
        models: Vec<ModelRef>,
        site: u32,
    },
    Ask(Box<Ask>),
    /// An int as a float.
    ToFloat(Box<Expr>),
    /// In a measure: the same expression on the baseline's row.
    Baseline(Box<Expr>),
}

#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(Arc<str>),
    /// With the type, which says how the value reads.
    Hole(Expr, Type),
}

#[derive(Clone, Debug)]
pub struct NativeCall {
    /// Such as `text.typo`: module and name, as declared in `stdlib/`.
    pub name: Arc<str>,
    pub arguments: Vec<NativeArgument>,
    /// Types of the arguments, for natives that read them (comparison, rendering, JSON).
    pub kinds: Vec<Type>,
    /// Set for a random native: its number among those of the step or function.
    pub random: Option<u32>,
}

#[derive(Clone, Debug)]
pub enum NativeArgument {
    Value(Expr),
    /// `x => ...`: the parameters' places in the enclosing frame, and the body.
    Lambda {
        parameters: Vec<Local>,
        body: Expr,
    },
    /// A model (`embed(text, by = m)`, `classify`).
    Model(ModelRef),
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Returns {
    pub kind: Type,
    /// The most elements of a list.
    pub most: Option<u32>,
    /// The model writes down its reason before the answer; it is no part of the value.
    pub reason_first: bool,
}

impl Returns {
    /// The field of a reply that a reason before the answer stands in.
    pub const REASON: &str = "reason";
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub model: ModelRef,
    pub message: Message,
    pub returns: Returns,
    /// Further tries after an answer that is not of the type or does not satisfy `until`.
    pub retries: u32,
    /// With the answer in local `it`.
    pub until: Option<Expr>,
    pub it: Local,
    pub otherwise: Otherwise,
    /// Above 1, the answer is a list of that many.
    pub samples: u32,
    /// Number of this ask among those of the step or function: tells equal asks apart only where
    /// they draw at random.
    pub site: u32,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub entries: Vec<ReportEntry>,
}

#[derive(Clone, Debug)]
pub enum ReportEntry {
    Title(Arc<str>),
    Text(Arc<str>),
    Table(NodeId),
    Failures { node: NodeId, condition: Option<Expr> },
}

#[derive(Clone, Debug)]
pub struct TestName {
    pub name: Arc<str>,
    pub span: Span,
}

/// One `expect` of a test.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// As written, for the message.
    pub text: Arc<str>,
    pub span: Span,
    /// What the expression needs of the tables: Local(n) is the value of cell n.
    pub cells: Vec<Cell>,
    pub value: Expr,
    /// `within TOLERANCE of TARGET`
    pub within: Option<(Expr, Expr)>,
    pub frame: u32,
}

#[derive(Clone, Debug)]
pub enum Cell {
    /// The one value of a metric among the rows of a measure that satisfy the condition (over the
    /// measure's table); none or several is a failure of the test.
    Metric { node: NodeId, metric: Arc<str>, column: MetricColumn, condition: Option<Expr> },
    /// Rows of a node that did not fail, and satisfy the condition.
    Rows { node: NodeId, condition: Option<Expr> },
    /// Rows that failed, in one node or in all; of a suite, in all of its runs.
    Failed(Option<NodeId>),
    /// A suite's score of the one model that satisfies the condition (over a row of the model's name
    /// alone); none or several is a failure of the test.
    Score { score: u32, condition: Option<Expr> },
    /// An aggregation over a node's rows that did not fail.
    Aggregate { node: NodeId, aggregation: Aggregation, condition: Option<Expr> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricColumn {
    Value,
    Low,
    High,
    Count,
    Missing,
}

/// What a suite combines.
#[derive(Clone, Debug)]
pub struct Suite {
    pub runs: Vec<SuiteRun>,
    pub scores: Vec<SuiteScore>,
    /// Places in `scores`; empty where the suite states no leaderboard.
    pub leaderboard: Vec<u32>,
}

#[derive(Clone, Debug)]
pub struct SuiteRun {
    pub name: Arc<str>,
    /// As written: relative to the suite's folder. Its own paths start at its own folder.
    pub path: Arc<str>,
    pub program: Arc<Program>,
}

#[derive(Clone, Debug)]
pub struct SuiteScore {
    pub name: Arc<str>,
    /// Over locals: Local(n) is the score, 0 to 100 and higher is better, of part n for one model.
    pub value: Expr,
    pub parts: Vec<SuitePart>,
    pub frame: u32,
}

#[derive(Clone, Debug)]
pub enum SuitePart {
    /// The number stands in the measure's group of the model or, where `total` says so, in the
    /// total over all other columns.
    Metric {
        run: u32,
        node: NodeId,
        metric: Arc<str>,
        direction: Direction,
        total: Option<Total>,
    },
    Score(u32),
}
