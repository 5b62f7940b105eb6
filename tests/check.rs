//! The checker over a corpus: each file beside what it is told.
//!
//! `UPDATE=1 cargo test --test integration check` writes the expected diagnostics anew.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests read their own files")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tgp::check::{LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::{Source, Sources, Span};

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
    let mut files: Vec<PathBuf> = std::fs::read_dir(corpus())
        .unwrap()
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
