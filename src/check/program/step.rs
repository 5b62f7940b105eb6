//! What the steps of a node do.

use std::sync::Arc;

use super::{Aggregation, Expr, Measure, ModelId, ModelRef, Setting, Slot};
use crate::data::types::{Field, Type};
use crate::diagnostics::source::Span;
use crate::syntax::tree::{CompareOrder, JoinKind, OnError, Vote};

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
    /// Appends one slot with the list of what had to be repaired in the answers that the step just
    /// before was given for the row.
    Repaired {
        /// What that step made of them.
        of: Slot,
        /// That step made several rows of one row's answers.
        spread: bool,
    },
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

impl StepKind {
    /// Whether it appends the row's own identity, and nothing else.
    pub fn carries_identity(&self) -> bool {
        matches!(self, StepKind::Let(Expr::Native(call)) if &*call.name == "row.id")
    }

    /// Whether it only lays out what other steps made of the row.
    pub fn is_layout(&self) -> bool {
        self.carries_identity() || matches!(self, StepKind::Project(_))
    }
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
    /// Of the query or the `ask`.
    pub span: Span,
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
