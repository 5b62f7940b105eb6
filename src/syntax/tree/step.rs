//! Steps and clauses of nodes.

use std::sync::Arc;

use super::{Docs, Expr, Name, TypeExpr, TypeField};
use crate::diagnostics::source::{Span, Spanned};

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
