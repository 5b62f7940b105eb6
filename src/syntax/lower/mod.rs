//! pest's pairs to the tree.
//!
//! The grammar says what there is and in which order, so a part that is not there is a
//! disagreement between grammar and lowering, not the author's mistake: a [`Mismatch`].

mod asks;
mod clauses;
mod exprs;
mod items;
mod nodes;
mod numbers;
mod operators;
mod parts;
mod steps;
mod strings;
mod types;

use std::sync::Arc;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{SourceId, Span, Spanned};

use super::grammar::{Pair, Rule};
use super::mistake::Mistake;
use super::scan::Scan;
use super::tree::{Docs, Name};
use parts::Parts;

/// How deep the tree may be. The program walks it by recursion in many places; this keeps all of
/// them far from the end of a small thread's stack.
pub(super) const DEEPEST: usize = 128;

/// The grammar gave something else than the lowering asks for, at this byte of the stretch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mismatch {
    pub(super) at: usize,
}

pub(super) type Lowered<T> = Result<T, Mismatch>;

/// Lowers the pairs of one stretch of a text.
pub(super) struct Lowering<'s> {
    source: SourceId,
    scan: &'s Scan,
    /// Where the stretch begins in the text.
    offset: usize,
    depth: usize,
    /// Whether something was too deep already.
    too_deep: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Lowering<'s> {
    pub(super) fn new(source: SourceId, scan: &'s Scan, offset: usize) -> Lowering<'s> {
        Lowering { source, scan, offset, depth: 0, too_deep: false, diagnostics: Vec::new() }
    }

    /// What was found wrong on the way.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    fn report(&mut self, mistake: Mistake, span: Span) {
        self.diagnostics.push(mistake.at(span));
    }

    /// pest counts blanks and comments before an absent last part as part of a rule; a span does not.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        let start = self.offset + span.start();
        let end = self.scan.end_of_words(start + pair.as_str().trim_end().len());
        Span::new(self.source, start, end)
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Spanned::new(Arc::from(pair.as_str()), self.span(pair))
    }

    fn next_name(&self, parts: &mut Parts<'_>) -> Lowered<Name> {
        Ok(self.name(&parts.expect(Rule::name)?))
    }

    /// The names of a part that holds nothing else.
    fn names(&self, part: Pair<'_>) -> Vec<Name> {
        Parts::of(part).map(|name| self.name(&name)).collect()
    }

    fn next_names(&self, parts: &mut Parts<'_>) -> Lowered<Vec<Name>> {
        Ok(self.names(parts.expect(Rule::names)?))
    }

    /// The names of a clause such as `per a, b`; none where it is not there.
    fn clause_names(&self, parts: &mut Parts<'_>, rule: Rule) -> Lowered<Vec<Name>> {
        parts.accept(rule).map_or(Ok(Vec::new()), |clause| self.next_names(&mut Parts::of(clause)))
    }

    fn docs(&self, parts: &mut Parts<'_>) -> Docs {
        std::iter::from_fn(|| parts.accept(Rule::doc)).map(|doc| self.doc(&doc)).collect()
    }

    fn doc(&self, pair: &Pair<'_>) -> Arc<str> {
        let text = pair.as_str().trim_start_matches('#');
        Arc::from(text.strip_prefix(' ').unwrap_or(text).trim_end())
    }

    /// The value that a word of a closed set stands for.
    fn choice<T: Copy>(&self, pair: &Pair<'_>, values: &[(&str, T)]) -> Lowered<Spanned<T>> {
        let found = values.iter().find(|(word, _)| *word == pair.as_str());
        let (_, value) = found.ok_or(Mismatch { at: pair.as_span().start() })?;
        Ok(Spanned::new(*value, self.span(pair)))
    }
}

/// What a pair that the caller has no case for amounts to.
fn mismatch<T>(pair: &Pair<'_>) -> Lowered<T> {
    Err(Mismatch { at: pair.as_span().start() })
}
