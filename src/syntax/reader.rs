//! Reads stretches of a text with the grammar, and says what is wrong with those it cannot read.

use std::ops::Range;

use pest::iterators::Pairs;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{SourceId, Span};

use super::brackets::{Brackets, Fault};
use super::explain::{Unread, sides};
use super::forms::Place;
use super::grammar::{self, Rule};
use super::lower::{Lowered, Lowering};
use super::mistake::Mistake;
use super::scan::{Scan, Token, TokenKind, UnclosedPart};

/// A text with its tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'t> {
    pub(super) source: SourceId,
    pub(super) text: &'t str,
    pub(super) scan: &'t Scan,
}

impl<'t> Reader<'t> {
    pub(super) fn span(&self, bytes: Range<usize>) -> Span {
        Span::new(self.source, bytes.start, bytes.end)
    }

    pub(super) fn written(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    /// What `rule` and `lower` make of a stretch of the text; what goes wrong is added to
    /// `diagnostics`.
    pub(super) fn read<T>(
        &self,
        rule: Rule,
        stretch: Range<usize>,
        place: Option<Place>,
        lower: impl FnOnce(&mut Lowering<'t>, Pairs<'_, Rule>) -> Lowered<T>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let written = &self.text[stretch.clone()];
        self.read_as(rule, written, stretch, place, lower, diagnostics)
    }

    /// The same, with something else `written` where the stretch is.
    pub(super) fn read_as<T>(
        &self,
        rule: Rule,
        written: &str,
        stretch: Range<usize>,
        place: Option<Place>,
        lower: impl FnOnce(&mut Lowering<'t>, Pairs<'_, Rule>) -> Lowered<T>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let pairs = match grammar::read(rule, written) {
            Ok(pairs) => pairs,
            Err(failure) => {
                let (mistake, at) = Unread { text: self.text, stretch, place }.explain(&failure);
                diagnostics.push(mistake.at(self.span(at)));
                return None;
            }
        };
        let mut lowering = Lowering::new(self.source, self.scan, stretch.start);
        let lowered = lower(&mut lowering, pairs);
        diagnostics.extend(lowering.finish());
        lowered
            .map_err(|mismatch| {
                let at = stretch.start + mismatch.at;
                diagnostics.push(Mistake::Mismatch.at(self.span(at..stretch.end.max(at))));
            })
            .ok()
    }

    /// The strings and brackets of a stretch that do not come out even.
    pub(super) fn faults(&self, tokens: &[Token], brackets: &Brackets) -> Vec<Diagnostic> {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Vec::new() };
        let mut diagnostics = self.unclosed_strings(first.start..last.end);
        diagnostics.extend(brackets.faults.iter().filter_map(|fault| self.fault(tokens, *fault)));
        diagnostics
    }

    pub(super) fn unclosed_strings(&self, stretch: Range<usize>) -> Vec<Diagnostic> {
        let unclosed = self.scan.unclosed.iter().filter(|unclosed| stretch.contains(&unclosed.start));
        let diagnostics = unclosed.map(|unclosed| {
            let (mistake, marks) = match unclosed.what {
                UnclosedPart::String => (Mistake::UnclosedString { quotes: "\"" }, 1),
                UnclosedPart::Block => (Mistake::UnclosedString { quotes: "\"\"\"" }, 3),
                UnclosedPart::Hole => (Mistake::UnclosedHole, 2),
            };
            mistake.at(self.span(unclosed.start..unclosed.start + marks))
        });
        diagnostics.collect()
    }

    pub(super) fn fault(&self, tokens: &[Token], fault: Fault) -> Option<Diagnostic> {
        let token = *tokens.get(fault.token())?;
        let bytes = token.start..token.end;
        let mistake = match fault {
            Fault::TooDeep { .. } => Mistake::NestedTooDeep,
            Fault::Unmatched { .. } => Mistake::UnmatchedBracket { close: self.written(token).to_owned() },
            Fault::Unclosed { before, .. } => {
                let TokenKind::Open(bracket) = token.kind else { return None };
                let (open, close) = sides(bracket);
                let inside = tokens.get(..before)?.iter().rev();
                let last = inside.into_iter().find(|token| !token.is_comment())?;
                let mistake = Mistake::UnclosedBracket { open, close, opening: self.span(bytes) };
                return Some(mistake.at(self.span(last.end..last.end)));
            }
        };
        Some(mistake.at(self.span(bytes)))
    }
}
