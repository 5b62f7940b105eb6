//! Whole reports, in every form.

use std::convert::Infallible;
use std::sync::Arc;

use proptest::prelude::*;

use tgp::check::program::*;
use tgp::data::row::{Reason, Row};
use tgp::data::types::Type;
use tgp::data::value::Value;
use tgp::report::document::{Document, Section, document};
use tgp::report::leaderboard::{leaderboard, points};
use tgp::report::provenance::Provenance;
use tgp::syntax::tree::NodeKind;

use super::assert_looks;
use super::measured::*;

/// Two measures, verdicts with failures among them, and a report over all.
fn whole() -> Document {
    let (mut program, refusals) = refusal();
    let (other, qualities) = quality();
    program.nodes.extend(other.nodes);
    let columns =
        schema(&[("request", Type::Text), ("outcome", closed(&["refused", "complied"]).optional())]);
    program.nodes.push(node("verdicts", NodeKind::Judge, columns, Vec::new()));
    let verdicts = vec![
        row(&[Value::text("What is *kept* here?"), Value::text("refused")]),
        failed(
            &[Value::text("<b>First</b> | line\nsecond `line`")],
            Reason::Invalid,
            "the answer is none of `refused`, `complied`",
        ),
        failed(&[Value::text("Another one")], Reason::Blocked, "the provider's filter answered"),
        failed(&[Value::text("A third")], Reason::Invalid, "the answer is none of `refused`, `complied`"),
    ];
    program.reports = vec![Report {
        entries: vec![
            ReportEntry::Title("Jailbreak".into()),
            ReportEntry::Text(
                "Requests were taken from *examples* of malicious use.\n\nEach was put in sixteen ways."
                    .into(),
            ),
            ReportEntry::Table(NodeId(0)),
            ReportEntry::Table(NodeId(1)),
            ReportEntry::Title("Details".into()),
            ReportEntry::Table(NodeId(2)),
            ReportEntry::Failures { node: NodeId(2), condition: None },
            ReportEntry::Failures { node: NodeId(2), condition: Some(Expr::Constant(Value::Bool(true))) },
        ],
    }];
    let mut provenance = Provenance::of(&program);
    provenance.add("edition", "2026-12");
    let rows = |entry: &ReportEntry| match entry {
        ReportEntry::Table(NodeId(0)) => refusals.clone(),
        ReportEntry::Table(NodeId(1)) => qualities.clone(),
        ReportEntry::Failures { condition: Some(_), .. } => verdicts[..1].to_vec(),
        _ => verdicts.clone(),
    };
    document(&program, provenance, |entry| Ok::<Vec<Row>, Infallible>(rows(entry))).unwrap()
}

#[test]
fn a_report_is_told_in_every_form() {
    let mut document = whole();
    document.sections.push(Section::Leaderboard(leaderboard("trust", &suite(), &scores())));
    assert_looks("report.md", &document.markdown());
    assert_looks("report.txt", &document.render(100, false));
    assert_looks("report.html", &document.html());
}

#[test]
fn a_page_needs_nothing_but_itself_and_holds_text_as_text() {
    let page = whole().html();
    for fetched in ["<script", "src=", "href=", "url(", "@import", "<b>First"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert!(page.contains("&lt;b&gt;First&lt;/b&gt;"));
}

#[test]
fn of_many_failures_some_are_listed_and_all_are_counted() {
    let (mut program, _) = refusal();
    program.nodes = vec![node("replies", NodeKind::Query, schema(&[("request", Type::Text)]), Vec::new())];
    program.reports =
        vec![Report { entries: vec![ReportEntry::Failures { node: NodeId(0), condition: None }] }];
    let mut rows: Vec<Row> =
        (0..21).map(|at| failed(&[Value::text(format!("r{at}"))], Reason::Failed, "no answer")).collect();
    rows.push(row(&[Value::text("fine")]));
    let document = document(&program, Provenance::default(), |_| Ok::<_, Infallible>(rows.clone())).unwrap();
    let text = document.markdown();
    assert!(text.contains("21 rows failed: 21 failed; the first 20 are listed"), "{text}");
    assert_eq!(text.matches("**failed**").count(), 20);
    assert!(!text.contains("fine"));
}

#[test]
fn a_file_without_a_report_tells_its_measures() {
    let (program, rows) = refusal();
    let document = document(&program, Provenance::default(), |_| Ok::<_, Infallible>(rows.clone())).unwrap();
    assert_eq!(document.title, "safety.jailbreak");
    assert!(matches!(document.sections.as_slice(), [Section::Measure(view)] if view.groups.len() == 6));
}

#[test]
fn points_are_higher_where_the_metric_is_better() {
    assert_eq!(points(0.25, Direction::Higher), 25.0);
    assert_eq!(points(0.25, Direction::Lower), 75.0);
    assert_eq!(points(0.25, Direction::Near(0.5)), 75.0);
    assert_eq!(points(1.5, Direction::Lower), 0.0);
}

fn suite() -> Suite {
    let (program, _) = refusal();
    let program = Arc::new(program);
    let metric = |run, metric: &str, direction| SuitePart::Metric {
        run,
        node: NodeId(0),
        metric: metric.into(),
        direction,
        total: None,
    };
    let score =
        |name: &str, parts| SuiteScore { name: name.into(), value: Expr::Local(Local(0)), parts, frame: 1 };
    Suite {
        runs: ["jailbreak", "over_refusal", "parity"]
            .map(|name| SuiteRun {
                name: name.into(),
                path: format!("{name}.tgp").into(),
                program: program.clone(),
            })
            .into(),
        scores: vec![
            score("safety", vec![metric(0, "rta", Direction::Higher), metric(1, "rate", Direction::Lower)]),
            score("fairness", vec![metric(2, "share", Direction::Near(0.5))]),
            score("refusal", vec![metric(0, "rta", Direction::Higher)]),
            score("trust", vec![SuitePart::Score(0), SuitePart::Score(1)]),
        ],
        leaderboard: vec![3, 0, 1, 2],
    }
}

fn scores() -> Vec<(Arc<str>, Vec<Option<f64>>)> {
    vec![
        ("llama-3.1-8b-instruct".into(), vec![Some(64.21), Some(88.0), Some(42.3), Some(76.1)]),
        ("gpt-4o".into(), vec![Some(81.9), Some(97.25), Some(71.02), Some(89.6)]),
        ("unfinished".into(), vec![None, Some(50.0), None, None]),
    ]
}

#[test]
fn the_best_model_comes_first_and_one_without_a_score_last() {
    let board = leaderboard("trust", &suite(), &scores());
    let models: Vec<&str> = board.lines.iter().map(|line| &*line.model).collect();
    assert_eq!(models, ["gpt-4o", "llama-3.1-8b-instruct", "unfinished"]);
    assert_eq!(board.lines[0].scores, [Some(89.6), Some(81.9), Some(97.25), Some(71.02)]);
}

proptest! {
    #[test]
    fn any_report_can_be_told(
        texts in prop::collection::vec("(\\PC|[\n\r\t\u{1b}<>&|`]){0,40}", 1..8),
        numbers in prop::collection::vec(prop_oneof![any::<f64>(), Just(f64::MAX), Just(f64::MIN)], 3),
        width in 0..200usize,
    ) {
        let mut program = refusal().0;
        program.nodes.push(node("replies", NodeKind::Query, schema(&[("request", Type::Text)]), Vec::new()));
        let entries = texts.iter().flat_map(|text| [
            ReportEntry::Title(text.as_str().into()),
            ReportEntry::Text(text.as_str().into()),
            ReportEntry::Table(NodeId(0)),
            ReportEntry::Table(NodeId(1)),
            ReportEntry::Table(NodeId(7)),
            ReportEntry::Failures { node: NodeId(1), condition: None },
        ]);
        program.reports = vec![Report { entries: entries.collect() }];
        let rows = |entry: &ReportEntry| match entry {
            ReportEntry::Table(NodeId(0)) => {
                texts.iter().map(|text| result(&[text, text], "rta", Some([numbers[0], numbers[1], numbers[2]]), 1, 0, "")).collect()
            }
            _ => texts.iter().map(|text| failed(&[Value::text(text.as_str())], Reason::Invalid, text)).collect::<Vec<_>>(),
        };
        let document = document(&program, Provenance::of(&program), |entry| Ok::<_, Infallible>(rows(entry))).unwrap();
        let (page, text, markdown) = (document.html(), document.render(width, false), document.markdown());
        prop_assert!(page.ends_with("</html>"));
        prop_assert!(!text.contains(ESCAPE));
        prop_assert!(markdown.contains("## replies"));
        prop_assert!(!page.contains("NaN") && !page.contains("inf\""));
    }
}

const ESCAPE: char = '\u{1b}';
