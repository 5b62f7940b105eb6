//! Brackets and what is in them.

use std::ops::Range;

use super::writer::Writer;
use super::{Layout, STEP, WIDTH};
use crate::syntax::scan::{Bracket, TokenKind};

impl Layout<'_> {
    /// Writes the bracket at `open` with all that is in it; the statement goes on to `end`.
    pub(super) fn group(&self, open: usize, end: usize, writer: &mut Writer) {
        let close = self.brackets.end(open);
        let flat = self.flat(open..close + 1);
        let fits = |flat: &String| writer.column + flat.chars().count() + self.tail(close, end) <= WIDTH;
        if let Some(flat) = flat.as_ref().filter(|flat| fits(flat)) {
            return writer.write(flat);
        }
        let indentation = writer.indentation;
        let elements = self.elements(open + 1..close);
        if self.marks.blocks.contains(&self.tokens[open].start) {
            writer.write(self.written(open));
            let mut trailing = String::new();
            let first = self.trailing_comment(open + 1, close, &mut trailing);
            writer.write(&trailing);
            writer.lines(&self.block(first..close, indentation + STEP));
            writer.line(indentation);
            writer.write(self.written(close));
        } else if flat.is_none() && !self.is_opened_wide(open) && self.is_alone(open, close, &elements) {
            self.embraced(open, close, elements, writer);
        } else {
            self.broken(open, close, elements, writer);
        }
    }

    /// Whether a bracket holds one element and no comment beside it.
    fn is_alone(&self, open: usize, close: usize, elements: &[Range<usize>]) -> bool {
        let [only] = elements else { return false };
        only.start == open + 1 && !self.tokens[only.end..close].iter().any(|token| token.is_comment())
    }

    /// One element of several lines, with its brackets next to it.
    fn embraced(&self, open: usize, close: usize, elements: Vec<Range<usize>>, writer: &mut Writer) {
        let curly = matches!(self.tokens[open].kind, TokenKind::Open(Bracket::Curly));
        let blank = if curly { " " } else { "" };
        writer.write(self.written(open));
        writer.write(blank);
        let indentation = writer.indentation;
        for element in elements {
            self.statement(element, indentation, writer);
        }
        writer.write(blank);
        writer.write(self.written(close));
    }

    /// A line for each element.
    fn broken(&self, open: usize, close: usize, elements: Vec<Range<usize>>, writer: &mut Writer) {
        let outer = writer.indentation;
        let inner = outer + STEP;
        let comma = if self.marks.bare_brackets.contains(&self.tokens[open].start) { "" } else { "," };
        writer.write(self.written(open));
        let mut at = self.write_trailing_comment(open + 1, close, writer);
        for element in elements {
            at = self.write_comments(at, element.start, inner, writer);
            self.write_line_before(at, inner, at > open + 1, writer);
            self.statement(element.clone(), inner, writer);
            writer.write(comma);
            at = element.end;
            at = self.write_trailing_comment(at, close, writer);
            if at < close && self.is_mark(self.tokens[at], ",") {
                at = self.write_trailing_comment(at + 1, close, writer);
            }
        }
        self.write_comments(at, close, inner, writer);
        writer.line(outer);
        writer.write(self.written(close));
    }

    fn write_trailing_comment(&self, at: usize, end: usize, writer: &mut Writer) -> usize {
        let mut comment = String::new();
        let next = self.trailing_comment(at, end, &mut comment);
        writer.write(&comment);
        next
    }

    /// Writes the comments from `at` on, with a line each, and gives what comes after them.
    fn write_comments(&self, at: usize, end: usize, indentation: usize, writer: &mut Writer) -> usize {
        let comments = (at..end).filter(|at| self.tokens[*at].is_comment());
        for (number, comment) in comments.enumerate() {
            self.write_line_before(comment, indentation, number > 0, writer);
            writer.write(self.written(comment));
        }
        end
    }

    fn write_line_before(&self, at: usize, indentation: usize, may_be_spaced: bool, writer: &mut Writer) {
        if may_be_spaced && self.is_spaced(at) {
            writer.text.push('\n');
        }
        writer.line(indentation);
    }

    /// The stretches between the commas of a bracket, without the comments around them.
    fn elements(&self, inside: Range<usize>) -> Vec<Range<usize>> {
        let mut elements = Vec::new();
        let mut start = inside.start;
        let mut at = inside.start;
        while at <= inside.end {
            let ends = at == inside.end || self.is_mark(self.tokens[at], ",");
            if ends {
                let first = self.comments_end(start, at);
                if first < at {
                    elements.push(first..self.statement_end(first..at));
                }
                start = at + 1;
            }
            at = if at < inside.end { self.inside_end(at).max(at) + 1 } else { at + 1 };
        }
        elements
    }

    /// Tokens on one line, if they can stand so.
    pub(super) fn flat(&self, range: Range<usize>) -> Option<String> {
        let mut flat = String::new();
        let mut before: Option<usize> = None;
        for at in range.clone() {
            let token = self.tokens[at];
            let written = self.written(at);
            let is_forced = matches!(token.kind, TokenKind::Open(_)) && self.is_forced(at);
            if token.is_comment() || written.contains('\n') || is_forced {
                return None;
            }
            let closes_next =
                self.tokens.get(at + 1).is_some_and(|next| matches!(next.kind, TokenKind::Close(_)));
            if self.is_mark(token, ",") && closes_next {
                continue;
            }
            if let Some(before) = before {
                if self.keeps_line(before, at) {
                    return None;
                }
                let opens = matches!(self.tokens[before].kind, TokenKind::Open(_));
                let is_clause = self.marks.starts.contains(&token.start) && !opens;
                flat.push_str(match self.is_apart(before, at) {
                    true if is_clause => "  ",
                    true => " ",
                    false => "",
                });
            }
            flat.push_str(written);
            before = Some(at);
        }
        Some(flat)
    }

    /// Whether a bracket never stands on one line.
    fn is_forced(&self, open: usize) -> bool {
        let empty = self.brackets.end(open) == open + 1;
        let tall = self.marks.tall_blocks.contains(&self.tokens[open].start);
        !empty && (tall || self.is_opened_wide(open))
    }

    /// Whether a new line was begun right after the opening bracket.
    fn is_opened_wide(&self, open: usize) -> bool {
        self.tokens.get(open + 1).is_some_and(|next| next.first)
    }

    /// How many characters after a closing bracket go with it on its line at the least.
    fn tail(&self, close: usize, end: usize) -> usize {
        let mut width = 0;
        let mut before = close;
        for at in close + 1..end {
            let token = self.tokens[at];
            if token.is_comment() || self.keeps_line(before, at) {
                return width;
            }
            let text = self.written(at);
            width += usize::from(self.is_apart(before, at))
                + text.chars().take_while(|next| *next != '\n').count();
            if matches!(token.kind, TokenKind::Open(_)) || text.contains('\n') {
                return width;
            }
            before = at;
        }
        // A comma may follow.
        width + 1
    }
}
