//! Text to tree.

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::SourceId;

use super::brackets::Brackets;
use super::grammar::{self, Rule};
use super::lower::Lowering;
use super::reader::Reader;
use super::recovery::Recovery;
use super::scan::Scan;
use super::tree::{Expr, File};

/// Reads a file. What could not be read is `Broken` in the tree and told in the diagnostics, in the
/// order of the text; all else is in the tree.
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    let scan = Scan::new(text);
    let reader = Reader { source, text, scan: &scan };
    parse_whole(&reader).unwrap_or_else(|| Recovery::new(reader).file())
}

/// The file, where all of it can be read.
fn parse_whole(reader: &Reader<'_>) -> Option<(File, Vec<Diagnostic>)> {
    let tokens = &reader.scan.tokens;
    if !reader.faults(tokens, &Brackets::of(tokens)).is_empty() {
        return None;
    }
    let pairs = grammar::read(Rule::file, reader.text).ok()?;
    let mut lowering = Lowering::new(reader.source, reader.scan, 0);
    let file = lowering.file(pairs).ok()?;
    Some((file, lowering.finish()))
}

/// Reads one expression, such as one given on the command line.
pub fn parse_expr(source: SourceId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let scan = Scan::new(text);
    let reader = Reader { source, text, scan: &scan };
    let mut diagnostics = reader.faults(&scan.tokens, &Brackets::of(&scan.tokens));
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let end = scan.tokens.last().map_or(0, |last| last.end);
    let expr = reader.read(Rule::loose_expr, 0..end, None, Lowering::loose_expr, &mut diagnostics);
    expr.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
}
