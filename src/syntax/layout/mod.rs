//! Lays out the tokens of a text.
//!
//! A block holds chunks: a statement with the comments above it and behind it. A statement is a run
//! of tokens; the brackets in it are groups, which stand on one line or have a line for each of
//! their elements. A group is broken where it does not fit, and where its author began a new line
//! right after the opening bracket: so what is laid out once stays as it is.

mod group;
mod marks;
mod seams;
mod spacing;
mod writer;

use std::ops::Range;

use pest::iterators::Pairs;

use super::brackets::Brackets;
use super::grammar::Rule;
use super::scan::{Scan, Token, TokenKind};
use marks::Marks;
use writer::Writer;

/// Spaces a level.
const STEP: usize = 2;
/// Characters that fit a line.
const WIDTH: usize = 100;

pub(super) struct Layout<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    brackets: Brackets,
    marks: Marks,
}

/// A statement with its comments, laid out.
struct Chunk {
    text: String,
    /// Whether a line was left free above it.
    spaced: bool,
    /// Whether its statement takes several lines.
    tall: bool,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, scan: Scan, pairs: Pairs<'_, Rule>) -> Layout<'t> {
        let marks = Marks::of(pairs);
        let tokens: Vec<Token> = scan.tokens.into_iter().flat_map(|token| split(token, &marks)).collect();
        let mut layout = Layout { text, brackets: Brackets::of(&tokens), tokens, marks };
        layout.part_at_seams(0..layout.tokens.len(), 0);
        layout
    }

    /// The whole file. Items of several lines stand apart.
    pub(super) fn file(&self) -> String {
        let mut text = String::new();
        let mut tall = false;
        for (at, chunk) in self.chunks(0..self.tokens.len(), 0).into_iter().enumerate() {
            let is_header = at == 1;
            if at > 0 && (chunk.spaced || chunk.tall || tall || is_header) {
                text.push('\n');
            }
            tall = chunk.tall;
            text.push_str(&chunk.text);
        }
        text
    }

    /// The lines of a block.
    fn block(&self, range: Range<usize>, indentation: usize) -> String {
        let mut text = String::new();
        for (at, chunk) in self.chunks(range, indentation).into_iter().enumerate() {
            if at > 0 && chunk.spaced {
                text.push('\n');
            }
            text.push_str(&chunk.text);
        }
        text
    }

    fn chunks(&self, range: Range<usize>, indentation: usize) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let statement = self.comments_end(at, range.end);
            let next = self.next_start(statement, range.end);
            let mut text = self.comments(at..statement, indentation);
            let mut tall = false;
            let mut end = statement;
            if statement < range.end {
                if at < statement && self.is_spaced(statement) {
                    text.push('\n');
                }
                end = self.statement_end(statement..next);
                let mut writer = Writer::indented(indentation);
                self.statement(statement..end, indentation, &mut writer);
                tall = writer.text.contains('\n');
                text.push_str(&writer.text);
                end = self.trailing_comment(end, next, &mut text);
                text.push('\n');
            }
            chunks.push(Chunk { text, spaced: self.is_spaced(at), tall });
            at = end;
        }
        chunks
    }

    /// Where the comments that begin at `at` end.
    fn comments_end(&self, at: usize, end: usize) -> usize {
        (at..end).find(|at| !self.tokens[*at].is_comment()).unwrap_or(end)
    }

    /// Comments with a line each.
    fn comments(&self, range: Range<usize>, indentation: usize) -> String {
        let mut text = String::new();
        for at in range.clone() {
            if at > range.start && self.is_spaced(at) {
                text.push('\n');
            }
            text.extend(std::iter::repeat_n(' ', indentation));
            text.push_str(self.written(at));
            text.push('\n');
        }
        text
    }

    /// Where the statement after the one at `at` begins, with its comments or without.
    fn next_start(&self, at: usize, end: usize) -> usize {
        let mut next = at + 1;
        let mut inside = self.inside_end(at);
        while next < end {
            if next >= inside && self.marks.starts.contains(&self.tokens[next].start) {
                return next;
            }
            if next >= inside {
                inside = self.inside_end(next);
            }
            next += 1;
        }
        end
    }

    /// Where the inside of the bracket at `at` ends, if there is one.
    fn inside_end(&self, at: usize) -> usize {
        match self.tokens.get(at) {
            Some(Token { kind: TokenKind::Open(_), .. }) => self.brackets.end(at),
            _ => at,
        }
    }

    /// Where a statement ends, without the comments that follow it.
    fn statement_end(&self, range: Range<usize>) -> usize {
        let last = range.clone().rev().find(|at| !self.tokens[*at].is_comment());
        last.map_or(range.end, |last| last + 1)
    }

    /// Writes the comment at `at` if it stands behind something on its line; gives what comes next.
    fn trailing_comment(&self, at: usize, end: usize, text: &mut String) -> usize {
        match self.tokens.get(at) {
            Some(token) if at < end && token.kind == TokenKind::Comment && !token.first => {
                text.push_str("  ");
                text.push_str(self.written(at));
                at + 1
            }
            _ => at,
        }
    }

    /// A run of tokens. Lines that carry it on are indented by one level more.
    fn statement(&self, range: Range<usize>, indentation: usize, writer: &mut Writer) {
        let mut at = range.start;
        let mut before: Option<usize> = None;
        let mut line_ended = false;
        while at < range.end {
            let token = self.tokens[at];
            if token.is_comment() {
                if token.first || token.kind == TokenKind::Doc || line_ended {
                    writer.line(indentation + STEP);
                } else {
                    writer.write("  ");
                }
                writer.write(self.written(at));
                line_ended = true;
                at += 1;
                continue;
            }
            if let Some(before) = before {
                if line_ended || self.keeps_line(before, at) {
                    writer.line(indentation + STEP);
                } else if self.is_apart(before, at) {
                    writer.write(" ");
                }
            }
            line_ended = false;
            if matches!(token.kind, TokenKind::Open(_)) {
                self.group(at, range.end, writer);
                at = self.brackets.end(at);
            } else {
                writer.write(self.written(at));
            }
            before = Some(at);
            at += 1;
        }
    }

    fn written(&self, at: usize) -> &'t str {
        let token = self.tokens[at];
        let written = &self.text[token.start..token.end];
        if token.is_comment() { written.trim_end() } else { written }
    }

    /// Whether a line is left free above a token.
    fn is_spaced(&self, at: usize) -> bool {
        let end = at.checked_sub(1).map_or(0, |before| self.tokens[before].end);
        let between = self.text.get(end..self.tokens[at].start).unwrap_or_default();
        between.bytes().filter(|byte| *byte == b'\n').count() > 1
    }
}

/// `>=` is two tokens where the `>` ends a type.
fn split(token: Token, marks: &Marks) -> impl Iterator<Item = Token> {
    let second = marks.close_angles.contains(&token.start) && token.end > token.start + 1;
    let middle = if second { token.start + 1 } else { token.end };
    let rest = Token { start: middle, first: false, column: token.column + 1, ..token };
    std::iter::once(Token { end: middle, ..token }).chain(second.then_some(rest))
}
