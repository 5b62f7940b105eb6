//! The one canonical layout of a file.

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::SourceId;

use super::grammar::{self, Rule};
use super::layout::Layout;
use super::mistake::Mistake;
use super::parse::parse;
use super::scan::Scan;
use crate::diagnostics::source::Span;

/// Lays a file out anew: two spaces an indentation, one step a line, lists broken where they are too
/// long or where their author broke them, comments where they were. The meaning stays.
///
/// # Errors
/// A file that cannot be read has no layout; the diagnostics are those of [`parse`].
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let source = SourceId::default();
    let (_, diagnostics) = parse(source, text);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let scan = Scan::new(text);
    let pairs = grammar::read(Rule::file, text)
        .map_err(|_| vec![Mistake::Mismatch.at(Span::new(source, 0, text.len()))])?;
    Ok(Layout::new(text, scan, pairs).file())
}
