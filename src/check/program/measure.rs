//! What a measure counts.

use std::sync::Arc;

use super::{Expr, Slot};
use crate::data::types::Type;
use crate::syntax::tree::{IntervalMethod, MissingPolicy, Total};

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
    /// The arguments read why the row failed, so that rows that did count too.
    pub of_failures: bool,
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
