//! Statements that are too long for a line.

use std::ops::Range;

use super::marks::Seam;
use super::{Layout, STEP, WIDTH};
use crate::syntax::scan::TokenKind;

impl Layout<'_> {
    /// Begins new lines within the statements of a block that are too long, as if their author had.
    pub(super) fn part_at_seams(&mut self, block: Range<usize>, indentation: usize) {
        let mut at = self.comments_end(block.start, block.end);
        while at < block.end {
            let next = self.next_start(at, block.end);
            let end = self.statement_end(at..next);
            let is_too_long = |flat: String| indentation + flat.chars().count() > WIDTH;
            if self.flat(at..end).is_some_and(is_too_long) {
                for seam in self.seams(at..end) {
                    self.tokens[seam].first = true;
                }
            }
            let mut inner = at;
            while inner < end {
                if self.marks.blocks.contains(&self.tokens[inner].start) {
                    let close = self.brackets.end(inner);
                    self.part_at_seams(inner + 1..close, indentation + STEP);
                    inner = close;
                }
                inner += 1;
            }
            at = self.comments_end(next, block.end);
        }
    }

    /// The best places to part a statement at: those of one kind, outside of brackets.
    fn seams(&self, statement: Range<usize>) -> Vec<usize> {
        let mut seams: Vec<(Seam, usize)> = Vec::new();
        let mut at = statement.start;
        while at < statement.end {
            let token = self.tokens[at];
            seams.extend(self.marks.seams.get(&token.start).map(|seam| (*seam, at)));
            at = if matches!(token.kind, TokenKind::Open(_)) { self.brackets.end(at) } else { at + 1 };
        }
        let Some(best) = seams.iter().map(|(seam, _)| *seam).min() else { return Vec::new() };
        let seams: Vec<usize> =
            seams.into_iter().filter(|(seam, _)| *seam == best).map(|(_, at)| at).collect();
        // A single method is no chain.
        if best == Seam::Method && seams.len() == 1 { Vec::new() } else { seams }
    }
}
