//! What stands between two tokens of a statement.

use super::Layout;
use crate::syntax::scan::{Bracket, Token, TokenKind};

impl Layout<'_> {
    /// Whether the author's new line between two tokens is kept.
    pub(super) fn keeps_line(&self, before: usize, after: usize) -> bool {
        let (before, after) = (self.tokens[before], self.tokens[after]);
        let is_kept = self.marks.breaks_before.contains(&after.start)
            || self.marks.breaks_after.contains(&before.start);
        after.first && is_kept
    }

    /// Whether two tokens on one line stand apart.
    pub(super) fn is_apart(&self, before: usize, after: usize) -> bool {
        let marks = &self.marks;
        let (left, right) = (self.tokens[before], self.tokens[after]);
        let inside_round_or_square = |kind| matches!(kind, Bracket::Round | Bracket::Square);
        if marks.is_glued(right.start) || marks.signs.contains(&left.start) {
            return false;
        }
        if self.is_mark(left, ".") || marks.open_angles.contains(&left.start) {
            return false;
        }
        match (left.kind, right.kind) {
            (TokenKind::Open(_), TokenKind::Close(_)) => return false,
            (TokenKind::Open(kind), _) if inside_round_or_square(kind) => return false,
            (_, TokenKind::Close(kind)) if inside_round_or_square(kind) => return false,
            _ => {}
        }
        let belongs_to_left = self.is_mark(right, ",")
            || self.is_mark(right, ":")
            || self.is_mark(right, ".")
            || marks.optionals.contains(&right.start)
            || marks.open_angles.contains(&right.start)
            || marks.close_angles.contains(&right.start)
            || marks.tight_brackets.contains(&right.start);
        !belongs_to_left
    }

    pub(super) fn is_mark(&self, token: Token, mark: &str) -> bool {
        token.kind == TokenKind::Symbol && self.text.get(token.start..token.end) == Some(mark)
    }
}
