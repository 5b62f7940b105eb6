use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use tgp::diagnostics::diagnostic::{Diagnostic, Label};
use tgp::diagnostics::source::{Source, SourceId};
use tgp::syntax::parse::parse;

/// The files of a folder of the corpus, by name, with their texts.
pub(crate) fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/syntax").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "tgp")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn place(source: &Source, label: &Label) -> String {
    let (line, column) = source.position(label.span.start);
    match source.position(label.span.end) {
        (end_line, end) if end_line == line => format!("{line}:{column}-{end}"),
        (end_line, end) => format!("{line}:{column}-{end_line}:{end}"),
    }
}

fn told(text: &str, diagnostics: &[Diagnostic]) -> String {
    let source = Source::new("corpus", None, text);
    let mut told = String::new();
    for diagnostic in diagnostics {
        let primary = place(&source, &diagnostic.primary);
        writeln!(told, "{primary} {}: {}", diagnostic.code, diagnostic.message).unwrap();
        if !diagnostic.primary.text.is_empty() {
            writeln!(told, "  here: {}", diagnostic.primary.text).unwrap();
        }
        for other in &diagnostic.others {
            writeln!(told, "  {}: {}", place(&source, other), other.text).unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(told, "  help: {help}").unwrap();
        }
    }
    told
}

#[test]
fn what_is_right_can_be_read() {
    for (path, text) in files("ok") {
        let (file, diagnostics) = parse(SourceId(0), &text);
        assert_eq!(told(&text, &diagnostics), "", "{}", path.display());
        assert!(!file.items.is_empty(), "{}", path.display());
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (path, text) in files("err") {
        let (_, diagnostics) = parse(SourceId(0), &text);
        let told = told(&text, &diagnostics);
        let expected = path.with_extension("diagnostics");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        assert_eq!(told, fs::read_to_string(&expected).unwrap(), "{}", path.display());
        assert_ne!(told, "", "{}", path.display());
    }
}
