//! Text to tree.

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{SourceId, Span};

use super::grammar::{self, Rule};
use super::lower::Lowering;
use super::mistake::Mistake;
use super::scan::Scan;
use super::tree::{Expr, File};

/// Reads a file. What could not be read is `Broken` in the tree and told in the diagnostics; all
/// else is in the tree.
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    let scan = Scan::new(text);
    match grammar::read(Rule::file, text) {
        Ok(pairs) => {
            let mut lowering = Lowering::new(source, &scan, 0);
            let file = lowering.file(pairs).unwrap_or_default();
            (file, lowering.finish())
        }
        Err(failure) => {
            let at = match failure.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
            };
            let mistake = Mistake::Unexpected { found: format!("{failure}"), expected: "else".into() };
            (File::default(), vec![mistake.at(Span::new(source, at, at))])
        }
    }
}

/// Reads one expression.
pub fn parse_expr(source: SourceId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let scan = Scan::new(text);
    let mut lowering = Lowering::new(source, &scan, 0);
    let mut pairs = match grammar::read(Rule::loose_expr, text) {
        Ok(pairs) => pairs,
        Err(failure) => {
            let mistake = Mistake::Unexpected { found: format!("{failure}"), expected: "else".into() };
            return Err(vec![mistake.at(Span::new(source, 0, text.len()))]);
        }
    };
    let expr = pairs.next().map(|pair| lowering.expr(pair));
    let diagnostics = lowering.finish();
    match expr {
        Some(Ok(expr)) if diagnostics.is_empty() => Ok(expr),
        _ if !diagnostics.is_empty() => Err(diagnostics),
        _ => Err(vec![Mistake::Mismatch.at(Span::new(source, 0, text.len()))]),
    }
}
