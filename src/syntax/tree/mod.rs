//! The tree of a `.tgp` file, with the place of everything in it.
//!
//! It holds what was written, not what it means: a name is a name, a clause stands in whatever
//! node it was written in, and `check` says whether it belongs there.

mod expr;
mod step;
mod type_expr;

use std::sync::Arc;

use crate::diagnostics::source::{Span, Spanned};

pub use expr::*;
pub use step::*;
pub use type_expr::*;

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
