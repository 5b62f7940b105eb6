//! A program with a measure, and rows as its measure makes them.

use std::sync::Arc;

use tgp::check::program::*;
use tgp::data::row::{Failure, Reason, Row, RowId};
use tgp::data::schema::{Column, Schema};
use tgp::data::types::Type;
use tgp::data::value::Value;
use tgp::diagnostics::source::Span;
use tgp::syntax::tree::{FileKind, MissingPolicy, NodeKind, Total};

pub(crate) fn closed(labels: &[&str]) -> Type {
    Type::Closed(labels.iter().map(|label| Arc::from(*label)).collect())
}

pub(crate) fn schema(columns: &[(&str, Type)]) -> Schema {
    let column = |(name, kind): &(&str, Type)| Column {
        name: Arc::from(name.trim_start_matches('_')),
        kind: kind.clone(),
        hidden: name.starts_with('_'),
    };
    Schema { columns: columns.iter().map(column).collect() }
}

pub(crate) fn row(values: &[Value]) -> Row {
    Row { id: RowId(0), values: values.to_vec(), failure: None }
}

pub(crate) fn failed(values: &[Value], reason: Reason, message: &str) -> Row {
    let failure = Failure { reason, message: message.into(), attempts: 3, excerpt: "I'm sor".into() };
    Row { failure: Some(Arc::new(failure)), ..row(values) }
}

fn metric(name: &str, kind: Type, is_rate: bool, direction: Direction) -> Metric {
    let aggregation = Aggregation { leaves: Vec::new(), result: Expr::Local(Local(0)), frame: 1, kind };
    Metric { name: name.into(), aggregation, condition: None, direction, is_rate }
}

/// A measure as the file would state it: `total over` the places given.
pub(crate) struct Stated {
    pub(crate) by: Vec<&'static str>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) totals: Vec<(Vec<u32>, Total)>,
    pub(crate) missing: MissingPolicy,
}

pub(crate) fn rate(name: &str, direction: Direction) -> Metric {
    metric(name, Type::Float, true, direction)
}

pub(crate) fn mean(name: &str, direction: Direction) -> Metric {
    metric(name, Type::Float, false, direction)
}

pub(crate) fn count(name: &str) -> Metric {
    metric(name, Type::Int, false, Direction::Lower)
}

pub(crate) fn node(name: &str, kind: NodeKind, schema: Schema, steps: Vec<StepKind>) -> Node {
    let step = |kind| Step { kind, frame: 0, local_models: Default::default(), span: Span::default() };
    Node {
        name: name.into(),
        kind,
        docs: Vec::new(),
        inputs: Vec::new(),
        steps: steps.into_iter().map(step).collect(),
        schema,
        span: Span::default(),
    }
}

pub(crate) fn measure(name: &str, stated: Stated) -> Node {
    let mut columns: Vec<(&str, Type)> = stated.by.iter().map(|by| (*by, Type::Text)).collect();
    columns.push(("metric", Type::Text));
    columns.extend(["value", "low", "high"].map(|name| (name, Type::Float.optional())));
    columns.extend(["n", "missing"].map(|name| (name, Type::Int)));
    columns.push(("total", closed(&["pooled", "macro"]).optional()));
    let measure = Measure {
        by: (0..stated.by.len() as u32).map(Slot).collect(),
        metrics: stated.metrics,
        baseline: None,
        totals: stated.totals.into_iter().map(|(over, how)| TotalOver { over, how }).collect(),
        interval: Some(Interval { level: 0.95, method: None, cluster: None }),
        missing: stated.missing,
    };
    node(name, NodeKind::Measure, schema(&columns), vec![StepKind::Measure(Box::new(measure))])
}

pub(crate) fn program(nodes: Vec<Node>) -> Program {
    Program {
        kind: FileKind::Pipeline,
        name: "safety.jailbreak".into(),
        version: "1.2.0".into(),
        docs: vec!["Refusal of harmful requests under sixteen ways of asking.".into()],
        seed: 0,
        dynamic: false,
        parameters: Vec::new(),
        models: Vec::new(),
        functions: Vec::new(),
        nodes,
        reports: Vec::new(),
        tests: Vec::new(),
        expectations: Vec::new(),
        test_seeds: 1,
        suite: None,
    }
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Missing } else { Value::text(text) }
}

/// One row of a measure's table; an empty text is missing.
pub(crate) fn result(
    by: &[&str],
    metric: &str,
    value: Option<[f64; 3]>,
    n: i64,
    missing: i64,
    total: &str,
) -> Row {
    let number = |at: usize| {
        value.map_or(Value::Missing, |numbers| match numbers[at] {
            number if number.is_nan() => Value::Missing,
            number => Value::Float(number),
        })
    };
    let mut values: Vec<Value> = by.iter().map(|by| text(by)).collect();
    values.extend([
        text(metric),
        number(0),
        number(1),
        number(2),
        Value::Int(n),
        Value::Int(missing),
        text(total),
    ]);
    row(&values)
}

/// Refusals of two models under three variants, pooled over variants.
pub(crate) fn refusal() -> (Program, Vec<Row>) {
    let stated = Stated {
        by: vec!["model", "variant"],
        metrics: vec![rate("rta", Direction::Higher)],
        totals: vec![(vec![1], Total::Pooled), (vec![1], Total::Macro)],
        missing: MissingPolicy::Excluded,
    };
    let rows = vec![
        result(&["gpt-4o", ""], "rta", Some([0.7102, 0.6873, 0.7322]), 1788, 12, "pooled"),
        result(&["gpt-4o", ""], "rta", Some([0.7111, 0.6874, 0.7331]), 1788, 12, "macro"),
        result(&["gpt-4o", "original"], "rta", Some([0.9967, 0.9879, 0.9991]), 600, 0, ""),
        result(&["gpt-4o", "base64"], "rta", Some([0.0005, 0.0, 0.0064]), 600, 0, ""),
        result(&["gpt-4o", "role_play"], "rta", Some([0.5472, 0.5071, 0.5868]), 588, 12, ""),
        result(&["llama-3.1-8b-instruct", "original"], "rta", Some([1.0, 0.9936, 1.0]), 600, 0, ""),
        result(&["llama-3.1-8b-instruct", "base64"], "rta", None, 0, 600, ""),
        result(&["llama-3.1-8b-instruct", "role_play"], "rta", Some([0.4233, 0.3844, 0.4632]), 600, 0, ""),
        result(&["llama-3.1-8b-instruct", ""], "rta", Some([0.7117, 0.6854, 0.7366]), 1200, 600, "pooled"),
        result(&["llama-3.1-8b-instruct", ""], "rta", None, 1200, 600, "macro"),
    ];
    (program(vec![measure("refusal", stated)]), rows)
}

/// Metrics of several kinds that stand on different rows.
pub(crate) fn quality() -> (Program, Vec<Row>) {
    let stated = Stated {
        by: vec!["model"],
        metrics: vec![
            rate("accuracy", Direction::Higher),
            mean("toxicity", Direction::Lower),
            mean("length", Direction::Near(120.0)),
            count("leaks"),
        ],
        totals: vec![(vec![0], Total::Macro)],
        missing: MissingPolicy::Zero,
    };
    let mut rows = Vec::new();
    let nan = f64::NAN;
    for (model, total, numbers) in [
        (
            "claude",
            "",
            [[0.913, 0.894, 0.929], [0.0021, 0.0004, 0.0038], [131.25, 128.4, 134.1], [3.0, nan, nan]],
        ),
        (
            "gpt",
            "",
            [[0.882, 0.861, 0.901], [0.0174, 0.0119, 0.0229], [1042.6, 1001.9, 1083.3], [1417.0, nan, nan]],
        ),
        (
            "",
            "macro",
            [[0.898, 0.884, 0.911], [0.0098, 0.0069, 0.0127], [586.9, 566.5, 607.3], [710.0, nan, nan]],
        ),
    ] {
        let sizes = [(1000, 0), (950, 4), (1000, 0), (1000, 0)];
        for ((metric, value), (n, missing)) in
            ["accuracy", "toxicity", "length", "leaks"].iter().zip(numbers).zip(sizes)
        {
            let times = if total.is_empty() { 1 } else { 2 };
            rows.push(result(&[model], metric, Some(value), n * times, missing * times, total));
        }
    }
    (program(vec![measure("quality", stated)]), rows)
}
