//! Whatever a file holds, the checker and the planner finish: on the text of every file of the project
//! with pieces moved, and on deep nesting.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use tgp::check::{Checked, Overrides, check};
use tgp::diagnostics::source::Source;
use tgp::plan::Plan;

use crate::slips::sound::Beside;
use crate::syntax::mutations::{apply, edits};

fn gather(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "tgp") {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
}

/// The `.tgp` files of the project, those with mistakes too.
fn files() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["tests/corpus", "pipelines", "stdlib"] {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    files
}

fn finished(path: &Path, text: &str) -> Checked {
    let mut checked = check(Source::new("case.tgp", Some(path), text), &Beside, &Overrides::default());
    assert_eq!(
        checked.program.is_none(),
        !checked.diagnostics.is_empty(),
        "refused in silence, or passed with a mistake: {:?}",
        checked.diagnostics
    );
    for told in &checked.diagnostics {
        for label in std::iter::once(&told.primary).chain(&told.others) {
            let source = checked.sources.get(label.span.source).unwrap();
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(source.text.get(start..end).is_some(), "{label:?} is not in its text");
        }
        assert!(!told.message.is_empty() && !told.message.contains('\n'), "{told:?}");
    }
    if let Some(program) = checked.program.take() {
        let models = program.models.iter().map(|model| {
            model.bindings.iter().map(|one| tgp::digest::Digest::of(one.name.as_bytes())).collect::<Vec<_>>()
        });
        let models: Vec<_> = models.collect();
        drop(Plan::new(Arc::new(program), &models));
    }
    checked
}

fn cases() -> u32 {
    std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_mutated_file_is_checked_or_told(which in any::<proptest::sample::Index>(), edits in edits()) {
        let all = files();
        let (path, text) = which.get(&all);
        finished(path, &apply(text, &edits));
    }
}

/// On the stack that a thread gets by default, in a debug build too.
fn on_a_small_thread(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// Each way of nesting, as the value of a column, a parameter, a type or a function's result.
#[test]
fn what_is_nested_deeply_is_checked_or_refused() {
    const NESTS: [(&str, &str); 16] = [
        ("(", ")"),
        ("[", "]"),
        ("{ a = ", " }"),
        ("upper(", ")"),
        ("xs[", "]"),
        ("\"{{", "}}\""),
        ("if n > 1 then n else ", ""),
        ("xs.map(x => ", ")"),
        ("not ", ""),
        ("-", ""),
        ("1 + (", ")"),
        ("1 + ", ""),
        ("n ?? ", ""),
        ("ask m { user ", " }"),
        ("n == 1 and ", ""),
        ("[n, ", "]"),
    ];
    on_a_small_thread(|| {
        for (open, close) in NESTS {
            for levels in [20, 99, 199, 2_000, 6_000] {
                let nested = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                let files = [
                    format!(
                        "curate a {{\n  rows [{{ n = 1, xs = [1] }}]\n  let y = {nested}\n  where y == y\n}}\n"
                    ),
                    format!("param p: int = {nested}\n"),
                    format!("fn f(n: int, xs: list<int>) -> int = {nested}\n"),
                    format!("test \"t\" {{\n  expect {nested}\n}}\n"),
                ];
                for file in files {
                    let text = format!("pipeline deep.file @ 1.0.0\n\nmodel m: chat\n\n{file}");
                    let checked = finished(Path::new("deep.tgp"), &text);
                    let deep = checked.diagnostics.iter().any(|told| told.code == "nested-too-deep");
                    assert!(levels < 199 || deep, "{open} {levels}: {:?}", checked.diagnostics);
                    if let Ok(once) = tgp::syntax::format::format(&text) {
                        assert_eq!(tgp::syntax::format::format(&once).unwrap(), once);
                    }
                }
            }
        }
        for levels in [100, 300, 5_000] {
            let kinds = format!("{}int{}", "list<".repeat(levels), ">".repeat(levels));
            finished(Path::new("deep.tgp"), &format!("pipeline deep.file @ 1.0.0\n\nparam p: {kinds}?\n"));
            let kinds = format!("{}int{}", "{ a: ".repeat(levels), " }".repeat(levels));
            finished(Path::new("deep.tgp"), &format!("pipeline deep.file @ 1.0.0\n\ntype t = {kinds}\n"));
        }
    });
}

/// Long chains of things that use each other: nothing goes round in them, and nothing runs out.
#[test]
fn long_chains_are_checked() {
    on_a_small_thread(|| {
        let chain = |item: &dyn Fn(usize) -> String| (0..400).map(item).collect::<Vec<_>>().join("\n") + "\n";
        let files = [
            chain(&|at| match at {
                0 => "fn f0(x: int) -> int = x".to_owned(),
                _ => format!("fn f{at}(x: int) -> int = f{}(x) + 1", at - 1),
            }),
            chain(&|at| match at {
                0 => "type t0 = { a: int }".to_owned(),
                _ => format!("type t{at} = {{ a: t{} }}", at - 1),
            }),
            chain(&|at| match at {
                0 => "param p0: int = 1".to_owned(),
                _ => format!("param p{at}: int = p{}", at - 1),
            }),
            chain(&|at| match at {
                0 => "stage s0() adds { c: int } {\n  let c = 1\n}".to_owned(),
                _ => format!("stage s{at}() adds {{ c: int }} {{\n  s{}()\n}}", at - 1),
            }),
        ];
        for text in files {
            // In the order written and against it.
            let turned: Vec<&str> = text.lines().rev().collect();
            finished(Path::new("chain.tgp"), &format!("pipeline long.chain @ 1.0.0\n\n{text}"));
            finished(
                Path::new("chain.tgp"),
                &format!("pipeline long.chain @ 1.0.0\n\n{}\n", turned.join("\n")),
            );
        }
    });
}
