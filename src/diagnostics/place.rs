//! Where a diagnostic is, as people and tools name places.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Severity};
use super::source::{Sources, Span};

/// A span that surely lies within its text, with lines and columns from 1, columns in characters.
/// Of a span that points nowhere: no file, and line 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub file: Option<Arc<str>>,
    /// In bytes, at borders of characters.
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub column: u32,
    /// Of the first character after the place.
    pub end_line: u32,
    pub end_column: u32,
}

impl Place {
    pub fn of(span: Span, sources: &Sources) -> Place {
        let Some(source) = sources.get(span.source) else { return Place::default() };
        let start = source.text.floor_char_boundary(span.start as usize);
        let end = source.text.ceil_char_boundary(span.end as usize).max(start);
        let (line, column) = source.position(start as u32);
        let (end_line, end_column) = source.position(end as u32);
        Place { file: Some(source.name.clone()), start, end, line, column, end_line, end_column }
    }
}

/// `path:line:column`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{file}:{}:{}", self.line, self.column),
            None => f.write_str("(no place)"),
        }
    }
}

/// By place, then as given.
pub(super) fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| (diagnostic.primary.span.source, diagnostic.primary.span.start));
    ordered
}

/// `3 errors, 1 warning`
pub fn tally(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let counted = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        many => Some(format!("{many} {word}s")),
    };
    let parts = [counted(count(Severity::Error), "error"), counted(count(Severity::Warning), "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The text without what a terminal would obey, every byte where it was: control characters other
/// than tabs and line breaks become marks of the same length.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let mut chars = text.chars().peekable();
    let mut plain = String::new();
    let mut changed = false;
    while let Some(c) = chars.next() {
        let shown = match c {
            '\r' if chars.peek() == Some(&'\n') => c,
            '\n' | '\t' => c,
            c if c.is_control() && c.len_utf8() == 1 => '?',
            c if c.is_control() => '¿',
            // Marks that turn the direction of writing show code other than it is.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        };
        changed |= shown != c;
        plain.push(shown);
    }
    if changed { Cow::Owned(plain) } else { Cow::Borrowed(text) }
}
