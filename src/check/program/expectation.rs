//! Tests, and what they demand of the tables.

use std::sync::Arc;

use super::{Aggregation, Expr, NodeId};
use crate::diagnostics::source::Span;

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
    /// Rows of a node that satisfy the condition; none that failed, unless it is about failures.
    Rows { node: NodeId, condition: Option<Expr>, of_failures: bool },
    /// Rows that failed, in one node or in all; of a suite, in all of its runs.
    Failed(Option<NodeId>),
    /// A suite's score of the one model that satisfies the condition (over a row of the model's name
    /// alone); none or several is a failure of the test.
    Score { score: u32, condition: Option<Expr> },
    /// An aggregation over a node's rows; over none that failed, unless it is about failures.
    Aggregate { node: NodeId, aggregation: Aggregation, condition: Option<Expr>, of_failures: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricColumn {
    Value,
    Low,
    High,
    Count,
    Missing,
}
