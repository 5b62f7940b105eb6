//! The tree of a `.tgp` file, with the place of everything in it.
//!
//! It holds what was written, not what it means: a name is a name, a clause stands in whatever
//! node it was written in, and `check` says whether it belongs there.

use std::sync::Arc;

use crate::diagnostics::source::{Span, Spanned};

pub type Name = Spanned<Arc<str>>;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// The `##` comment before the header.
    pub docs: Docs,
    pub header: Option<Header>,
    /// In the order written.
    pub items: Vec<Item>,
}

/// Lines of a doc comment without their `##`.
pub type Docs = Vec<Arc<str>>;

/// `pipeline a.b @ 1.2.0`
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub kind: FileKind,
    pub name: Name,
    pub version: Spanned<Arc<str>>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Pipeline,
    Library,
    Suite,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub docs: Docs,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    Use(Use),
    Param(Param),
    Model(Model),
    Type(TypeItem),
    Function(Function),
    Stage(Stage),
    Node(Node),
    Report(Report),
    Test(Test),
    /// `dynamic`
    Dynamic,
    /// `allow self`
    AllowSelf,
    /// `seed 7`
    Seed(Spanned<i64>),
    Run(Run),
    Score(Score),
    Leaderboard(Leaderboard),
    /// What could not be read; its diagnostic has been given.
    Broken,
}

/// `use std.text { typo, swap as swap_letters }`, `use "../lib/rubric.tgp" as rubric`,
/// `use other.package.name @ ^1.2`
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    pub from: UseSource,
    pub version: Option<Spanned<Arc<str>>>,
    pub rename: Option<Name>,
    pub names: Vec<UseName>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum UseSource {
    /// Dotted name of a standard module or a package.
    Module(Name),
    /// Path of a file, relative to this one.
    File(Spanned<Arc<str>>),
    /// A path with a hole, which has been reported.
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UseName {
    pub name: Name,
    pub rename: Option<Name>,
}

/// `param n: int = 200`
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Name,
    pub kind: TypeExpr,
    pub default: Option<Expr>,
}

/// `model judge: chat`, `model judge = openai("gpt-4o")`, `models targets: vision = [...]`
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// `models` rather than `model`.
    pub many: bool,
    pub name: Name,
    pub capability: Option<Name>,
    pub bound: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeItem {
    pub name: Name,
    pub kind: TypeExpr,
}

/// `fn numbered(xs: list<text>) -> text = ...`, or with a block of `let`s and a last expression,
/// or `native fn` / `random native fn` without a body (the standard library only).
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub returns: TypeExpr,
    pub body: FunctionBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FunctionBody {
    Expr(Expr),
    /// `{ let a = ...  let b = ...  EXPR }`
    Block {
        lets: Vec<Let>,
        result: Expr,
    },
    /// Built into the program; `random` when its result depends on the row's seed.
    Native {
        random: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: Name,
    /// A type, or a capability where a model is wanted.
    pub kind: TypeExpr,
    pub default: Option<Expr>,
}

/// `stage examples_of(about: text, by: chat) adds { example: text } { STEPS }`: steps that
/// several pipelines share. Columns made inside are gone after it, but for those it adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub adds: Vec<TypeField>,
    pub steps: Vec<Step>,
}

/// `judge verdicts from replies by judge, second with vote majority { STEPS }`
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: Spanned<NodeKind>,
    pub name: Name,
    pub from: Vec<Name>,
    /// `to targets` (query)
    pub to: Vec<Name>,
    /// `by judge, second` (judge)
    pub by: Vec<Name>,
    /// `with vote majority` (judge)
    pub vote: Option<Spanned<Vote>>,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    Curate,
    Generate,
    Vary,
    Query,
    Judge,
    Measure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    Majority,
    Unanimous,
    Mean,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub docs: Docs,
    pub kind: StepKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    Read(Read),
    /// `rows 300 { group = "g{{i % 3}}" }` or `rows [ { a = 1 }, { a = 2 } ]`
    Rows(Rows),
    /// `key group, topic`
    Key(Vec<Name>),
    /// `where EXPR`
    Where(Expr),
    Let(Let),
    /// `keep a, b`
    Keep(Vec<Name>),
    /// `drop a, b`
    Drop(Vec<Name>),
    /// `rename a as b, c as d`
    Rename(Vec<(Name, Name)>),
    /// `explode EXPR as NAME`
    Explode {
        list: Expr,
        name: Name,
    },
    /// `cross NAME in EXPR`
    Cross {
        name: Name,
        list: Expr,
    },
    Join(Join),
    /// `union OTHER`
    Union(Name),
    /// `group a, b { n = count(), xs = collect(x) }`; a key may be a column or an earlier node
    Group {
        keys: Vec<Name>,
        columns: Vec<NamedExpr>,
    },
    /// `sample N [per a, b]`, `sample up to N [per a, b]`
    Sample {
        count: Expr,
        per: Vec<Name>,
        up_to: bool,
    },
    /// `repeat K as NAME`
    Repeat {
        count: Expr,
        name: Name,
    },
    /// `dedup by EXPR`
    Dedup(Expr),
    /// `order by EXPR [descending]`
    Order {
        by: Expr,
        descending: bool,
    },
    /// `batch K as NAME`
    Batch {
        count: Expr,
        name: Name,
    },
    /// `unbatch`
    Unbatch,
    /// `require a, b`
    Require(Vec<Name>),
    /// `search engine "query" [top N] [images] as hit [otherwise drop]`
    Search {
        model: Name,
        query: Expr,
        top: Option<Expr>,
        images: bool,
        name: Name,
        otherwise: Option<Otherwise>,
    },
    /// `fetch EXPR as page [otherwise drop]`
    Fetch {
        address: Expr,
        name: Name,
        otherwise: Option<Otherwise>,
    },
    /// `examples_of("...", by = author)`: a stage by name
    Stage(Expr),

    // vary
    /// `on request` or `on dialogue[0]`
    On(Vec<Expr>),
    /// `with [typo, paraphrase(by = author)]`, `with all_attacks(by = author)`
    With(Expr),
    /// `one of [ ... ]`
    OneOf(Expr),
    /// `keep original`
    KeepOriginal,
    /// `gold COL`
    Gold(Name),

    // query (`image` and the parameters too)
    /// `user EXPR`
    User(Expr),
    /// `system EXPR`
    System(Expr),
    /// `turns EXPR`
    Turns(Expr),
    /// `image EXPR`
    Image(Expr),
    /// `samples K`
    Samples(Expr),
    /// `temperature 0`, `max_tokens 200`, `top_p`, `seed`, `stop`, `reasoning_effort`, `size`
    Setting {
        name: Name,
        value: Expr,
    },

    // judge
    /// `verdict NAME: TYPE = EXPR`
    Verdict {
        name: Name,
        kind: TypeExpr,
        value: Expr,
    },
    /// `when COND -> VALUE`, before the verdict it belongs to or after it: binds to all verdicts
    /// whose type it fits, or to `NAME` in `when COND -> NAME = VALUE`
    When {
        condition: Expr,
        verdict: Option<Name>,
        value: Expr,
    },
    /// `otherwise EXPR`: where the verdict above has no value
    Otherwise(Expr),
    /// `compare A, B swap random` / `both orders`
    Compare {
        first: Expr,
        second: Expr,
        order: Option<Spanned<CompareOrder>>,
    },
    /// `labels jsonl "human.jsonl" as { ... } on id`: verdicts by people
    Labels {
        read: Read,
        on: Vec<Name>,
    },

    // measure
    /// `by model, variant`
    By(Vec<Name>),
    Metric(Metric),
    /// `baseline COND on KEYS`
    Baseline {
        condition: Expr,
        on: Vec<Name>,
    },
    /// `total over variant macro`
    Total {
        over: Vec<Name>,
        how: Spanned<Total>,
    },
    /// `interval 95% [wilson|bootstrap|normal] [by CLUSTER]`
    Interval {
        level: Spanned<f64>,
        method: Option<Spanned<IntervalMethod>>,
        by: Option<Name>,
    },
    /// `missing excluded`
    Missing(Spanned<MissingPolicy>),

    /// What could not be read; its diagnostic has been given.
    Broken(BrokenStep),
}

/// What is known of a step that could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BrokenStep {
    /// The word of the step that it was meant to be, where one is like what it begins with.
    pub meant: Option<&'static str>,
    /// All words in it, those of its texts too.
    pub words: Vec<Arc<str>>,
}

/// `read jsonl PATH as { fields } [on_error skip]`
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// `jsonl`, `csv`, ...
    pub format: Name,
    pub path: Expr,
    pub fields: Vec<TypeField>,
    pub on_error: Option<Spanned<OnError>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The run stops.
    Stop,
    /// The broken line is left out and counted.
    Skip,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// `300 rows { a = "x{{i}}" }`: `i` counts from 0.
    Counted { count: Expr, fields: Vec<NamedExpr> },
    /// `[ { a = 1 }, { a = 2 } ]`
    Listed(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpr {
    pub name: Name,
    pub value: Expr,
}

/// `let NAME = EXPR`, `let NAME: TYPE = EXPR`, `let { a, b } = EXPR`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    pub pattern: Pattern,
    pub kind: Option<TypeExpr>,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    Name(Name),
    Fields(Vec<Name>),
}

/// `join OTHER on a, b [left|random]`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub other: Name,
    pub on: Vec<Name>,
    pub how: Option<Spanned<JoinKind>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Rows without a partner stay, with the partner's columns missing.
    Left,
    /// One partner each, chosen at random.
    Random,
}

/// `metric NAME = AGG [where COND] better higher`
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub name: Name,
    pub value: Expr,
    pub condition: Option<Expr>,
    /// `None` is refused by `check`, which can say more about it than the grammar.
    pub direction: Option<Spanned<Direction>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Direction {
    Higher,
    Lower,
    Near(Box<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Pooled,
    Macro,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalMethod {
    Wilson,
    Bootstrap,
    Normal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPolicy {
    Excluded,
    Zero,
    One,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOrder {
    /// `swap random`
    Random,
    /// `both orders`
    Both,
}

/// What to do with a row that an `ask`, `search` or `fetch` has no value for.
#[derive(Clone, Debug, PartialEq)]
pub enum Otherwise {
    Drop(Span),
    Fail(Span),
    Value(Box<Expr>),
}

/// `report { title "..."  table accuracy  failures verdicts where ...  text "..." }`
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub entries: Vec<ReportEntry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReportEntry {
    pub kind: ReportEntryKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ReportEntryKind {
    Title(Expr),
    Text(Expr),
    Table(Name),
    Failures { node: Name, condition: Option<Expr> },
    Broken,
}

/// `test "name" { ... }`
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: Spanned<Arc<str>>,
    pub clauses: Vec<TestClause>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestClause {
    pub kind: TestClauseKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TestClauseKind {
    /// `bind judge = scripted { ... }`
    Bind {
        name: Name,
        value: Expr,
    },
    /// `set n = 5`
    Set {
        name: Name,
        value: Expr,
    },
    /// `replace NODE with 300 rows { ... }` / `with [ { ... } ]`
    Replace {
        node: Name,
        rows: Rows,
    },
    /// `take 20` (of every source) / `take 20 from NODE`
    Take {
        count: Expr,
        node: Option<Name>,
    },
    /// `seeds 5`
    Seeds(Expr),
    /// `expect EXPR` / `expect EXPR within 0.05 of 0.80`
    Expect {
        value: Expr,
        within: Option<(Expr, Expr)>,
    },
    Broken,
}

/// `run "safety/jailbreak.tgp" as jailbreak { set n = 5  bind judge = judge }` (suite)
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub path: Spanned<Arc<str>>,
    pub name: Name,
    pub clauses: Vec<TestClause>,
}

/// `score safety = macro(jailbreak.rta, over_refusal.score)` (suite)
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub name: Name,
    pub value: Expr,
}

/// `leaderboard` or `leaderboard { safety, fairness }` (suite)
#[derive(Clone, Debug, PartialEq)]
pub struct Leaderboard {
    pub scores: Vec<Name>,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    pub kind: TypeExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `text`, `question`, `chat`, or a single label of a closed set: `check` says which.
    Name(Name),
    /// `list<T> up to 5`
    List {
        of: Box<TypeExpr>,
        most: Option<Spanned<i64>>,
    },
    Record(Vec<TypeField>),
    /// `refused | complied`
    Closed(Vec<Name>),
    Optional(Box<TypeExpr>),
    /// `(A, B) => C` in native signatures
    Function(Vec<TypeExpr>, Box<TypeExpr>),
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeField {
    pub docs: Docs,
    pub name: Name,
    pub kind: TypeExpr,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string; every string is a template.
    Template(Template),
    /// A column, local, parameter, label, model, function or node.
    Name(Arc<str>),
    /// `[a, b as name]`; a name is for variations
    List(Vec<ListItem>),
    /// `{ a = 1, b = 2 }`
    Record(Vec<NamedExpr>),
    /// `a.b`
    Field(Box<Expr>, Name),
    /// `a[0]`, and `refusal.rta[model == "x"]` in tests
    Index(Box<Expr>, Box<Expr>),
    /// `f(a, name = b)`; the function is a name or a dotted name
    Call {
        function: Name,
        arguments: Vec<Argument>,
    },
    /// `x.f(a)`, the same as `f(x, a)`
    Method {
        receiver: Box<Expr>,
        function: Name,
        arguments: Vec<Argument>,
    },
    /// `x => EXPR`, `(x, y) => EXPR`
    Lambda {
        parameters: Vec<Name>,
        body: Box<Expr>,
    },
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    Binary {
        operator: Spanned<BinaryOperator>,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Unary {
        operator: Spanned<UnaryOperator>,
        operand: Box<Expr>,
    },
    /// `x is missing` (`present: false`) or `x is present`
    IsPresent {
        operand: Box<Expr>,
        present: bool,
    },
    Ask(Box<Ask>),
    /// `scripted("cautious") { 0.8 => "no"  when COND => "yes"  _ => "perhaps" }`
    Scripted {
        arguments: Vec<Argument>,
        arms: Vec<Arm>,
    },
    /// In parentheses; kept for the formatter.
    Parenthesised(Box<Expr>),
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    pub value: Expr,
    pub rename: Option<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    /// `a ?? b`: b where a is missing
    Else,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnaryOperator {
    Not,
    Negate,
}

/// A string with its holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
    /// Written with three quotes: indentation common to all lines is not part of the text.
    pub block: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// With escapes resolved.
    Text(Arc<str>),
    Hole(Expr),
}

/// `ask MODEL STRING`, `ask MODEL { clauses }`, `ask { clauses }` (the judge of the node)
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub model: Option<Name>,
    pub body: AskBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AskBody {
    Short(Expr),
    Clauses(Vec<AskClause>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct AskClause {
    pub kind: AskClauseKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AskClauseKind {
    System(Expr),
    User(Expr),
    Turns(Expr),
    Image(Expr),
    Returns(TypeExpr),
    /// `reason first`
    ReasonFirst,
    /// `retry 3`, `retry 3 until words(it) > 4`
    Retry {
        times: Expr,
        until: Option<Expr>,
    },
    Otherwise(Otherwise),
    Samples(Expr),
    Setting {
        name: Name,
        value: Expr,
    },
    Broken,
}

/// One arm of a scripted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    pub guard: Guard,
    pub reply: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// `0.8 =>`: with this probability, drawn once a row.
    Share(Spanned<f64>),
    /// `when COND =>`
    When(Expr),
    /// `_ =>`
    Always,
}
