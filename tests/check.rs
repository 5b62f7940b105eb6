//! The checker over a corpus: each file beside what it is told.
//!
//! `UPDATE=1 cargo test --test integration check` writes the expected diagnostics anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tgp::check::program::{
    Binding, BindingKind, Cell, Direction, Expr, LocalModel, ModelId, NodeId, Program, StepKind, SuitePart,
};
use tgp::check::{Checked, LoadProblem, Loader, Overrides, check, check_condition};
use tgp::data::types::Type;
use tgp::data::value::Value;
use tgp::diagnostics::source::{Source, SourceId, Sources, Span};

/// Reads files beside the one that uses them.
struct Beside;

impl Loader for Beside {
    fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new(""));
        let path = folder.join(path);
        read(&path).map_err(|_| LoadProblem::NotFound { path: path.file_name().unwrap().into() })
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

fn read(path: &Path) -> std::io::Result<Source> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Ok(Source::new(name, Some(path), std::fs::read_to_string(path)?))
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/check")
}

/// The corpus files, libraries that others use aside.
fn files() -> Vec<PathBuf> {
    let folders = [corpus(), corpus().join("never_implicit")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tgp"))
        .collect();
    files.sort();
    files
}

fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source).unwrap();
    let (line, column) = source.position(span.start);
    if span.source.0 == 0 { format!("{line}:{column}") } else { format!("{} {line}:{column}", source.name) }
}

fn told(path: &Path) -> String {
    let checked = check(read(path).unwrap(), &Beside, &Overrides::default());
    let mut text = String::new();
    for told in &checked.diagnostics {
        let at = place(&checked.sources, told.primary.span);
        writeln!(text, "{at} {}: {}", told.code, told.message).unwrap();
        for other in &told.others {
            writeln!(text, "  at {}: {}", place(&checked.sources, other.span), other.text).unwrap();
        }
        if let Some(help) = &told.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}

#[test]
fn the_corpus_is_told_what_it_is_told() {
    let update = std::env::var("UPDATE").is_ok();
    let mut wrong = String::new();
    for path in files() {
        let beside = path.with_extension("diagnostics");
        let got = told(&path);
        if update {
            std::fs::write(&beside, &got).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if got != expected {
            writeln!(wrong, "{}:\nexpected:\n{expected}\ngot:\n{got}", path.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

pub(crate) fn checked(text: &str, overrides: &Overrides) -> Checked {
    check(Source::new("case.tgp", Some(&corpus().join("case.tgp")), text), &Beside, overrides)
}

fn program(text: &str) -> Program {
    let checked = checked(text, &Overrides::default());
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    checked.program.unwrap()
}

fn corpus_text(name: &str) -> String {
    std::fs::read_to_string(corpus().join(name)).unwrap()
}

/// What the language never leaves implicit: for each of the fourteen the cases that show it, and
/// what they are told.
const NEVER_IMPLICIT: [(u32, &str, &[&str]); 16] = [
    (1, "what-missing-counts-as", &["may-be-missing", "missing-policy"]),
    (2, "gold-goes-with-the-form", &["gold-not-tracked"]),
    (3, "every-hole-bound-every-binding-used", &["unused-binding"]),
    (3, "what-is-asked-is-read", &["unused-binding"]),
    (3, "hole-without-a-column", &["unknown-column"]),
    (4, "seeds-are-local", &["repeated-clause"]),
    (5, "direction", &["metric-direction"]),
    (6, "pooled-or-macro", &["syntax"]),
    (7, "per-row-or-per-row-and-model", &["same-for-all-models"]),
    (8, "a-conversation-stays-one", &["type-mismatch"]),
    (9, "the-variation-is-on-every-row", &["duplicate-name", "unknown-label"]),
    (10, "parameters-are-sent-or-refused", &["wrong-capability", "type-mismatch"]),
    (11, "identity-is-no-position", &["type-mismatch"]),
    // Nothing to refuse: that a reply stays text is shown by running it, in corpus/run.
    (12, "a-reply-stays-text", &[]),
    (13, "a-closed-set-of-verdicts", &["unknown-label"]),
    (14, "judging-oneself", &["judges-itself"]),
];

#[test]
fn what_is_never_implicit_is_refused_where_it_would_be() {
    let folder = corpus().join("never_implicit");
    let mut shown = std::collections::BTreeSet::new();
    for (number, name, codes) in NEVER_IMPLICIT {
        let path = folder.join(format!("{number:02}-{name}.tgp"));
        let checked = check(read(&path).unwrap(), &Beside, &Overrides::default());
        let told: std::collections::BTreeSet<&str> =
            checked.diagnostics.iter().map(|told| told.code).collect();
        assert_eq!(told, codes.iter().copied().collect(), "{}", path.display());
        shown.insert(number);
    }
    assert_eq!(shown, (1..=14).collect());
    let cases = files().into_iter().filter(|path| path.starts_with(&folder)).count();
    assert_eq!(cases, NEVER_IMPLICIT.len(), "a case that the list does not name");
}

#[test]
fn every_code_has_its_page_and_its_case() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
    let all: String = files().iter().map(|path| told(path)).collect();
    for code in tgp::check::codes::ALL {
        assert!(docs.join(format!("{code}.md")).exists(), "no page for {code}");
        // Only the command line asks for a test by name.
        if code != "unknown-test" {
            assert!(all.contains(&format!(" {code}: ")), "no case for {code}");
        }
    }
}

#[test]
fn an_unknown_test_is_told() {
    let overrides = Overrides { test: Some("planted".into()), ..Overrides::default() };
    let checked = checked(&corpus_text("quickstart.tgp"), &overrides);
    assert_eq!(checked.diagnostics[0].code, "unknown-test");
    assert!(checked.program.is_none());
}

#[test]
fn a_test_is_the_program_with_what_it_changes() {
    let name = "planted accuracy is recovered".to_owned();
    let overrides = Overrides { test: Some(name), ..Overrides::default() };
    let program = checked(&corpus_text("quickstart.tgp"), &overrides).program.unwrap();
    assert_eq!(program.parameters[0].value, Value::Int(50));
    let StepKind::Rows { count, fields } = &program.nodes[0].steps[0].kind else { panic!() };
    assert_eq!((*count, fields.len()), (20, 2));
    assert!(matches!(program.nodes[0].steps.last().unwrap().kind, StepKind::Project(_)));
    assert_eq!(program.expectations.len(), 5);
    assert_eq!(&*program.expectations[2].text, "expect failed == 0");
    assert!(matches!(program.expectations[2].cells[..], [Cell::Failed(None)]));
}

#[test]
fn settings_from_outside_follow_the_parameters_type() {
    let set = |value: &str| Overrides { set: vec![("n".into(), value.into())], ..Overrides::default() };
    let text = corpus_text("quickstart.tgp");
    let program = checked(&text, &set("9")).program.unwrap();
    assert_eq!(program.parameters[0].value, Value::Int(9));
    assert_eq!(checked(&text, &set("nine")).diagnostics[0].code, "bad-setting");
}

#[test]
fn a_parameter_is_a_constant_and_recorded_replies_are_found_by_slots() {
    let program = program(&corpus_text("bbq.tgp"));
    let BindingKind::Replay { path, reply, .. } = &program.models[0].bindings[0].kind else { panic!() };
    assert_eq!(&**path, "data/bbq_sample_replies.jsonl");
    assert_eq!(&**reply, "unifiedqa-t5-11b_pred_race");
    assert_eq!(&*program.models[0].bindings[0].name, "unifiedqa-race");
    let query = program.nodes[2].steps.iter().find(|step| matches!(step.kind, StepKind::Query(_))).unwrap();
    let LocalModel::Replay { key } = &query.local_models[&(ModelId(0), 0)] else { panic!() };
    assert_eq!(program.nodes[1].schema.columns[key[0].0 as usize].name.as_ref(), "example_id");
}

/// The file stands as it is written, whatever a test or the command line puts in the place of a
/// part of it.
#[test]
fn what_goes_over_a_part_of_the_file_leaves_no_name_idle() {
    let text = "pipeline p @ 1.0.0\n\nparam folder: text = \"data\"\nparam file: path = \"{{folder}}/replies.jsonl\"\n\n\
        models targets = [replay(\"old\", from = file, key = [id], reply = \"answer\")]\n\n\
        curate items {\n  rows [{ id = 1, question = \"a\" }]\n}\n\n\
        query replies from items to targets {\n  user question\n}\n\n\
        judge verdicts from replies {\n  verdict said: bool = reply != \"\"\n}\n\n\
        measure spoken from verdicts {\n  metric share = rate(said) better higher\n  missing excluded\n}\n\n\
        test \"planted\" {\n  bind targets = [scripted(\"a\") { _ => question }]\n  expect spoken.share == 1\n}\n\n\
        test \"another\" {\n  bind targets = [scripted(\"b\") { _ => \"{{id}}\" }]\n  expect spoken.share == 1\n}\n";
    let sound = |overrides: Overrides| {
        let told = checked(text, &overrides).diagnostics;
        assert!(told.is_empty(), "{told:#?}");
    };
    sound(Overrides::default());
    sound(Overrides { test: Some("planted".into()), ..Overrides::default() });
    sound(Overrides { set: vec![("file".into(), "other.jsonl".into())], ..Overrides::default() });
    let kind = BindingKind::Remote { provider: "openai".into(), model: "m".into(), settings: Vec::new() };
    let bound = Binding { name: "m".into(), kind, span: Span::default() };
    sound(Overrides { bind: vec![("targets".into(), vec![bound])], ..Overrides::default() });

    let idle = text.replace("param folder", "param spare: int = 1\nparam folder");
    let set = Overrides { set: vec![("file".into(), "other.jsonl".into())], ..Overrides::default() };
    for overrides in [Overrides::default(), set] {
        let told = checked(&idle, &overrides).diagnostics;
        assert_eq!(told.len(), 1, "{told:#?}");
        assert_eq!(told[0].message, "the parameter `spare` is never used");
    }
}

#[test]
fn clusters_travel_in_hidden_columns() {
    let program = program(&corpus_text("bbq.tgp"));
    let items = &program.nodes[0];
    let hidden = items.schema.columns.last().unwrap();
    assert!(hidden.hidden && hidden.kind == Type::Id);
    let bias = program.nodes.iter().find(|node| &*node.name == "bias").unwrap();
    let StepKind::Measure(measure) = &bias.steps[0].kind else { panic!() };
    let cluster = measure.interval.as_ref().unwrap().cluster.unwrap();
    let verdicts = &program.nodes[3].schema.columns[cluster.0 as usize];
    assert_eq!((verdicts.hidden, &verdicts.kind), (true, &Type::Id));
    assert!(!measure.metrics[0].is_rate);
    assert_eq!(measure.metrics[0].direction, Direction::Near(0.0));
}

#[test]
fn random_natives_of_a_step_have_numbers_of_their_own() {
    let program = program(
        "pipeline a.b @ 1.0.0\n\ncurate items {\n  rows [ { n = 1 } ]\n  \
         let pair = [choose([1, 2]), choose([1, 2])]\n  where pair.length() == 2\n}\n",
    );
    let StepKind::Let(Expr::List(items)) = &program.nodes[0].steps[1].kind else { panic!() };
    let numbers: Vec<Option<u32>> = items
        .iter()
        .map(|item| match item {
            Expr::Native(call) => call.random,
            _ => None,
        })
        .collect();
    assert_eq!(numbers, [Some(0), Some(1)]);
}

#[test]
fn names_change_nothing_but_names() {
    let text = corpus_text("quickstart.tgp");
    let renamed = text.replace("question_asked", "asked").replace("cases", "kases");
    let steps = |text: &str| {
        let program = program(text);
        program.nodes.iter().map(|node| without_places(&format!("{:?}", kinds(node)))).collect::<Vec<_>>()
    };
    assert_eq!(steps(&text), steps(&renamed));
}

/// What is written of a program, without the places that its messages stand at.
fn without_places(written: &str) -> String {
    let mut parts = written.split("Span {");
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |text, part| text + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// What a node does, without places and names.
fn kinds(node: &tgp::check::program::Node) -> Vec<&StepKind> {
    // The origin's type names its columns for people.
    let shown = |kind: &&StepKind| {
        !format!("{kind:?}").contains("question_asked") && !format!("{kind:?}").contains("asked")
    };
    node.steps.iter().map(|step| &step.kind).filter(shown).collect()
}

#[test]
fn a_condition_is_checked_over_a_nodes_columns() {
    let program = program(&corpus_text("quickstart.tgp"));
    let node = NodeId(program.nodes.iter().position(|node| &*node.name == "verdicts").unwrap() as u32);
    let source = SourceId(9);
    assert!(check_condition(&program, node, source, "mark == wrong and words(reply) > 2").is_ok());
    let told = check_condition(&program, node, source, "mark == wrogn").unwrap_err();
    assert_eq!(told[0].code, "unknown-label");
    let told = check_condition(&program, node, source, "repyl == \"x\"").unwrap_err();
    assert_eq!(told[0].help.as_deref().map(|help| help.contains("`reply`")), Some(true));
}

#[test]
fn a_suite_knows_its_runs_and_scores() {
    let program = program(&corpus_text("suite.tgp"));
    let suite = program.suite.unwrap();
    assert_eq!(suite.runs.len(), 2);
    assert_eq!(suite.runs[0].program.parameters[0].value, Value::Int(1));
    assert!(matches!(suite.scores[1].parts[..], [SuitePart::Score(0), SuitePart::Metric { run: 0, .. }]));
    assert_eq!(suite.leaderboard, [1, 0]);
}

/// Files with a piece cut out, at places that a fixed step picks.
#[test]
fn no_slip_makes_the_checker_panic() {
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
        for skipped in (0..words.len()).step_by(29) {
            let cut: String =
                words.iter().enumerate().filter(|(at, _)| *at != skipped).map(|(_, word)| *word).collect();
            checked(&cut, &Overrides::default());
        }
    }
}

/// A file of a thousand nodes, as wide as pipelines are.
fn large() -> String {
    let mut text =
        String::from("pipeline big.file @ 1.0.0\n\ncurate n0 {\n  rows [ { a = 1, b = \"x\" } ]\n}\n");
    for at in 1..1000 {
        let from = if at % 10 == 0 { 0 } else { at - 1 };
        writeln!(
            text,
            "\ncurate n{at} from n{from} {{\n  let c{at} = a + {at}\n  where words(\"{{{{b}}}} {{{{c{at}}}}}\") > 1\n}}"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_thousand_nodes_check() {
    assert_eq!(program(&large()).nodes.len(), 1000);
}

#[test]
fn deep_expressions_are_checked_or_refused() {
    let around = |expr: &str| {
        format!(
            "pipeline a.b @ 1.0.0\n\ncurate items {{\n  rows [ {{ n = 1, xs = [\"a\"] }} ]\n  where {expr}\n}}\n"
        )
    };
    for depth in [50, 150, 199, 2000] {
        let sums = format!("n{} > 0", " + 1".repeat(depth));
        let parentheses = format!("{}n{} > 0", "(".repeat(depth), ")".repeat(depth));
        let nots = format!("{}true", "not ".repeat(depth));
        let calls = format!("xs{}.length() > 0", ".reverse()".repeat(depth));
        let branches = format!("{}true", "if n > 1 then false else ".repeat(depth));
        let lambdas = format!("{}true{}", "xs.all(x => ".repeat(depth), ")".repeat(depth));
        for expr in [sums, parentheses, nots, calls, branches, lambdas] {
            checked(&around(&expr), &Overrides::default());
        }
    }
}
