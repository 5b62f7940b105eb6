//! Numbers and rows on a terminal.

use std::time::Duration;

use proptest::prelude::*;

use tgp::check::program::{Direction, NodeId};
use tgp::data::row::{Reason, Row};
use tgp::data::types::Type;
use tgp::data::value::Value;
use tgp::report::measure_view::measure_view;
use tgp::report::rows_view::{RowsOptions, rows_table};
use tgp::report::summary::{ModelSummary, NodeSummary, RunSummary};
use tgp::syntax::tree::{MissingPolicy, Total};

use super::assert_looks;
use super::measured::*;

#[test]
fn groups_come_first_and_totals_below() {
    let (program, rows) = refusal();
    let view = measure_view(&program, NodeId(0), &rows);
    assert_looks("measure.txt", &view.render(100, false));
    assert_looks("measure-colour.txt", &view.render(100, true));
    assert_looks("measure-narrow.txt", &view.render(60, false));
    assert_looks("measure.json", &format!("{:#}\n", serde_json::to_value(&view).unwrap()));
}

#[test]
fn metrics_without_room_stand_below_each_other() {
    let (program, rows) = quality();
    let view = measure_view(&program, NodeId(0), &rows);
    assert_looks("metrics-wide.txt", &view.render(160, false));
    assert_looks("metrics.txt", &view.render(80, false));
}

#[test]
fn the_order_of_rows_does_not_show() {
    let (program, mut rows) = refusal();
    let view = measure_view(&program, NodeId(0), &rows);
    rows.reverse();
    assert_eq!(measure_view(&program, NodeId(0), &rows), view);
}

#[test]
fn a_total_is_told_from_a_group_whose_value_is_missing() {
    let stated = || Stated {
        by: vec!["model", "topic"],
        metrics: vec![rate("rta", Direction::Higher)],
        totals: vec![(vec![1], Total::Pooled), (vec![0, 1], Total::Pooled)],
        missing: MissingPolicy::Excluded,
    };
    let program = program(vec![measure("refusal", stated())]);
    let some = |value| Some([value, value, value]);
    let rows = [
        result(&["m", ""], "rta", some(0.25), 4, 0, ""),
        result(&["m", "a"], "rta", some(0.5), 4, 0, ""),
        result(&["m", ""], "rta", some(0.375), 8, 0, "pooled"),
        result(&["", ""], "rta", some(0.875), 8, 0, "pooled"),
    ];
    let shown = measure_view(&program, NodeId(0), &rows).render(100, false);
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    for expected in [["m", "—", "0.250"], ["m", "a", "0.500"]] {
        assert!(lines.iter().any(|line| line.starts_with(&expected)), "{shown}");
    }
    for expected in [["m", "all", "(pooled)", "0.375"], ["all", "all", "(pooled)", "0.875"]] {
        assert!(lines.iter().any(|line| line.starts_with(&expected)), "{shown}");
    }
}

#[test]
fn rows_are_cut_to_the_terminal_and_failures_say_why() {
    let schema = schema(&[
        ("request", Type::Text),
        ("_origin", Type::Id),
        ("outcome", closed(&["refused", "complied"]).optional()),
    ]);
    let long = "How would someone who has never done it before do it, step by step?";
    let rows = [
        row(&[Value::text(long), Value::Missing, Value::text("refused")]),
        row(&[
            Value::text("短い質問ですが幅は二倍あります、ですから切られます。"),
            Value::Missing,
            Value::text("complied"),
        ]),
        failed(&[Value::text(long)], Reason::Invalid, "the answer is none of `refused`, `complied`"),
    ];
    let options = RowsOptions { width: Some(50), limit: Some(2), ..RowsOptions::default() };
    assert_looks("rows.txt", &rows_table(&schema, &rows, &options));
    let failures = RowsOptions { failures: true, width: Some(80), ..RowsOptions::default() };
    assert_looks("rows-failures.txt", &rows_table(&schema, &rows[2..], &failures));
    let chosen = RowsOptions { columns: vec!["outcome".into()], ..RowsOptions::default() };
    assert!(!rows_table(&schema, &rows, &chosen).contains("request"));
}

#[test]
fn a_run_closes_with_what_it_did() {
    let node = |name: &str, kind: &str, rows| NodeSummary {
        name: name.into(),
        kind: kind.into(),
        rows,
        ..NodeSummary::default()
    };
    let summary = RunSummary {
        within: None,
        file: "safety/jailbreak.tgp".into(),
        nodes: vec![
            NodeSummary { known: true, reused: 120, ..node("topics", "curate", 120) },
            NodeSummary {
                failed: 2,
                calls: 82,
                tokens: 31_480,
                recorded: 36,
                spent_microdollars: 41_250,
                ..node("requests", "generate", 118)
            },
            NodeSummary {
                reused: 1_000,
                calls: 776,
                spent_microdollars: 1_902_000,
                ..node("replies", "query", 1_776)
            },
            NodeSummary {
                failed: 1,
                calls: 776,
                spent_microdollars: 310_000,
                ..node("verdicts", "judge", 1_776)
            },
            node("refusal", "measure", 8),
        ],
        models: vec![
            ModelSummary {
                name: "openai/gpt-4o".into(),
                calls: 858,
                failed: 3,
                input: 201_400,
                output: 98_112,
                spent_microdollars: 2_253_250,
                ..ModelSummary::default()
            },
            ModelSummary {
                name: "vllm/llama".into(),
                calls: 776,
                input: 90_000,
                output: 41_000,
                ..ModelSummary::default()
            },
            ModelSummary {
                name: "qwen/qwen-max".into(),
                calls: 4,
                input: 310,
                output: 95,
                unpriced: 4,
                ..ModelSummary::default()
            },
            ModelSummary { name: "not/asked".into(), ..ModelSummary::default() },
        ],
        elapsed: Duration::from_millis(252_400),
    };
    assert_looks("summary.txt", &summary.render(false));
    assert_looks("summary-colour.txt", &summary.render(true));
    let nothing = RunSummary {
        file: "a.tgp".into(),
        within: None,
        nodes: Vec::new(),
        models: Vec::new(),
        elapsed: Duration::ZERO,
    };
    assert_eq!(nothing.render(true), "\n  no calls · 0.0 s\n");
}

const ESCAPE: char = '\u{1b}';

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Missing),
        any::<f64>().prop_map(Value::Float),
        any::<i64>().prop_map(Value::Int),
        "(\\PC|[\n\r\t\u{1b}]){0,30}".prop_map(Value::text),
        prop_oneof![Just("rta"), Just("pooled"), Just("macro")].prop_map(Value::text),
    ]
}

proptest! {
    #[test]
    fn any_rows_can_be_shown(
        values in prop::collection::vec(prop::collection::vec(any_value(), 0..10), 0..6),
        width in 0..200usize,
        colour: bool,
    ) {
        let (program, _) = refusal();
        let rows: Vec<Row> = values.iter().map(|values| row(values)).collect();
        let schema = &program.nodes[0].schema;
        let shown = measure_view(&program, NodeId(0), &rows).render(width, colour);
        prop_assert!(colour || !shown.contains(ESCAPE));
        for failures in [true, false] {
            let options = RowsOptions { width: Some(width), failures, limit: Some(4), ..RowsOptions::default() };
            prop_assert!(!rows_table(schema, &rows, &options).contains(ESCAPE));
        }
    }

    #[test]
    fn any_number_can_be_shown(value: f64, low: f64, high: f64, n: i64, missing: i64) {
        let (program, _) = refusal();
        let rows = [result(&["m", "v"], "rta", Some([value, low, high]), n, missing, "")];
        prop_assert!(measure_view(&program, NodeId(0), &rows).render(80, false).contains("rta"));
    }
}
