//! Diagnostics for tools.

use serde::Serialize;

use super::diagnostic::{Diagnostic, Label, Severity};
use super::place::{Place, in_order};
use super::source::Sources;

/// One diagnostic as tools read it. Fields may be added; none is renamed or removed.
#[derive(Serialize)]
struct Told<'a> {
    file: Option<String>,
    code: &'a str,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
    primary: Pointed<'a>,
    others: Vec<Pointed<'a>>,
}

/// A place with what is said there: bytes from 0, lines and columns from 1, columns in characters.
#[derive(Serialize)]
struct Pointed<'a> {
    file: Option<String>,
    start: usize,
    end: usize,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

impl<'a> Pointed<'a> {
    fn new(label: &'a Label, sources: &Sources) -> Pointed<'a> {
        let Place { file, start, end, line, column, end_line, end_column } = Place::of(label.span, sources);
        let file = file.map(|file| file.to_string());
        Pointed { file, start, end, line, column, end_line, end_column, text: &label.text }
    }
}

/// A JSON array with one object a diagnostic, ordered by place.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let told = |diagnostic: &Diagnostic| {
        let primary = Pointed::new(&diagnostic.primary, sources);
        serde_json::json!(Told {
            file: primary.file.clone(),
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            primary,
            others: diagnostic.others.iter().map(|label| Pointed::new(label, sources)).collect(),
        })
    };
    let all: serde_json::Value = in_order(diagnostics).into_iter().map(told).collect();
    format!("{all:#}\n")
}
