//! A first look at a text: its words, strings, brackets and comments, without any grammar.
//!
//! It never fails. What the grammar could only stumble over, such as a string without an end, is
//! found here, where it begins.

use std::ops::Range;

use pest::unicode::{XID_CONTINUE, XID_START};

/// The tokens of a text, in order, and the strings among them that have no end.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    pub(super) tokens: Vec<Token>,
    pub(super) unclosed: Vec<Unclosed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether nothing but blanks stands before it on its line.
    pub(super) first: bool,
    /// Bytes from the start of its line.
    pub(super) column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    /// A string with all that is in it.
    Text,
    Open(Bracket),
    Close(Bracket),
    /// An operator or a mark.
    Symbol,
    /// `# ...`
    Comment,
    /// `## ...`
    Doc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

/// A part of a string that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    pub(super) what: UnclosedPart,
    /// Where it begins.
    pub(super) start: usize,
    /// Where it was given up.
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnclosedPart {
    /// `"`
    String,
    /// `"""`
    Block,
    /// `{{`
    Hole,
}

impl Token {
    pub(super) fn is_comment(self) -> bool {
        matches!(self.kind, TokenKind::Comment | TokenKind::Doc)
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Scan {
    pub(super) fn new(text: &str) -> Scan {
        let scan = Scanner::new(text, false).all();
        // A lost `"""` turns texts and code inside out up to the last one: the layout tells where.
        if scan.unclosed.iter().any(|unclosed| unclosed.what == UnclosedPart::Block) {
            return Scanner::new(text, true).all();
        }
        scan
    }

    /// Where the last word before `end` ends, given that no blanks stand right before `end`.
    pub(super) fn end_of_words(&self, end: usize) -> usize {
        let before = self.tokens.partition_point(|token| token.start < end);
        let tokens = self.tokens.get(..before).unwrap_or_default();
        match tokens.iter().rev().find(|token| token.kind != TokenKind::Comment) {
            Some(word) if tokens.last().is_some_and(|last| last.kind == TokenKind::Comment) => word.end,
            _ => end,
        }
    }
}

const SYMBOLS: &[&str] = &["==", "!=", "<=", ">=", "->", "=>", "??"];

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    line_start: usize,
    first: bool,
    /// A block string ends before a line that is not indented.
    by_layout: bool,
    scan: Scan,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str, by_layout: bool) -> Scanner<'t> {
        Scanner { text, at: 0, line_start: 0, first: true, by_layout, scan: Scan::default() }
    }

    fn all(mut self) -> Scan {
        while self.token() {}
        self.scan
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next token; false at the end of the text.
    fn token(&mut self) -> bool {
        let Some(next) = self.rest().chars().next() else { return false };
        if next == '\n' {
            self.at += 1;
            self.line_start = self.at;
            self.first = true;
            return true;
        }
        if matches!(next, ' ' | '\t' | '\r' | '\u{feff}') {
            self.at += next.len_utf8();
            return true;
        }
        let (kind, length) = self.kind(next);
        let token = Token {
            kind,
            start: self.at,
            end: self.at + length,
            first: self.first,
            column: self.at - self.line_start,
        };
        self.at = token.end;
        self.first = false;
        if let Some(line) = self.text.get(token.start..token.end).and_then(|written| written.rfind('\n')) {
            self.line_start = token.start + line + 1;
        }
        self.scan.tokens.push(token);
        true
    }

    fn kind(&mut self, next: char) -> (TokenKind, usize) {
        let rest = self.rest();
        if next == '#' {
            let doc = rest.starts_with("##") && !rest.starts_with("###");
            let kind = if doc { TokenKind::Doc } else { TokenKind::Comment };
            return (kind, memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len()));
        }
        if next == '"' {
            return (TokenKind::Text, self.string());
        }
        if next.is_ascii_digit() {
            return (TokenKind::Number, number(rest));
        }
        if next == '_' || XID_START(next) {
            return (TokenKind::Word, rest.find(|other| !XID_CONTINUE(other)).unwrap_or(rest.len()));
        }
        let kind = match next {
            '(' => TokenKind::Open(Bracket::Round),
            '[' => TokenKind::Open(Bracket::Square),
            '{' => TokenKind::Open(Bracket::Curly),
            ')' => TokenKind::Close(Bracket::Round),
            ']' => TokenKind::Close(Bracket::Square),
            '}' => TokenKind::Close(Bracket::Curly),
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                return (TokenKind::Symbol, symbol.map_or(next.len_utf8(), |symbol| symbol.len()));
            }
        };
        (kind, 1)
    }

    /// The length of a string; where it has no end, of what belongs to it in all likelihood.
    fn string(&mut self) -> usize {
        let rest = self.rest();
        let block = rest.starts_with(BLOCK);
        let layout_end = if block && self.by_layout { block_layout_end(rest) } else { rest.len() };
        match string_end(rest) {
            Ok(end) if layout_end < end => {
                let unclosed =
                    Unclosed { what: UnclosedPart::Block, start: self.at, end: self.at + layout_end };
                self.scan.unclosed.push(unclosed);
                layout_end
            }
            Ok(end) => end,
            Err(hole) => {
                // Without the holes a closing quote may still be found: then a hole is to blame.
                let (end, closed) = if block { block_end(rest) } else { line_string_end(rest) };
                let (what, at) = match hole {
                    Some(hole) if closed && hole < end => (UnclosedPart::Hole, hole),
                    _ if block => (UnclosedPart::Block, 0),
                    _ => (UnclosedPart::String, 0),
                };
                self.scan.unclosed.push(Unclosed { what, start: self.at + at, end: self.at + end });
                end
            }
        }
    }
}

const BLOCK: &str = "\"\"\"";

/// What a scan of a string is inside of, from the outside in.
enum Inside {
    Line,
    Block,
    /// A hole, where it began, and how many `{` are open in it.
    Hole {
        start: usize,
        braces: usize,
    },
}

/// The length of the string that `text` begins with. Where it has no end: the start of the first
/// hole that has none.
fn string_end(text: &str) -> Result<usize, Option<usize>> {
    let bytes = text.as_bytes();
    let starts = |at: usize, mark: &str| bytes[at..].starts_with(mark.as_bytes());
    let mut inside: Vec<Inside> = Vec::new();
    // How many of those are strings that end on their line.
    let mut on_one_line = 0_usize;
    let mut at = 0;
    loop {
        // The outermost hole stands in the outermost string.
        let open_hole = match inside.get(1) {
            Some(Inside::Hole { start, .. }) => Some(*start),
            _ => None,
        };
        let Some(byte) = bytes.get(at) else { return Err(open_hole) };
        if *byte == b'\n' && on_one_line > 0 {
            return Err(open_hole);
        }
        match inside.last_mut() {
            Some(Inside::Hole { braces, .. }) if *byte == b'}' => {
                if *braces > 0 {
                    *braces -= 1;
                } else if starts(at, "}}") {
                    inside.pop();
                    at += 1;
                }
                at += 1;
            }
            Some(Inside::Hole { braces, .. }) if *byte == b'{' => {
                *braces += 1;
                at += 1;
            }
            Some(Inside::Hole { .. }) if *byte == b'#' => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
            }
            None | Some(Inside::Hole { .. }) => {
                if starts(at, BLOCK) {
                    inside.push(Inside::Block);
                    at += BLOCK.len();
                } else {
                    if *byte == b'"' {
                        inside.push(Inside::Line);
                        on_one_line += 1;
                    }
                    at += 1;
                }
            }
            Some(_) if *byte == b'\\' => at = (at + 2).min(bytes.len()),
            Some(_) if starts(at, "{{") => {
                inside.push(Inside::Hole { start: at, braces: 0 });
                at += 2;
            }
            Some(Inside::Line) if *byte == b'"' => {
                inside.pop();
                on_one_line -= 1;
                at += 1;
            }
            Some(Inside::Block) if starts(at, BLOCK) => {
                inside.pop();
                at += BLOCK.len();
            }
            Some(_) => at += 1,
        }
        if inside.is_empty() {
            return Ok(at);
        }
    }
}

/// The length of a string on one line whose holes are left out of account, and whether it is closed.
fn line_string_end(text: &str) -> (usize, bool) {
    let mut escaped = true;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => return (text[..at].trim_end().len(), false),
            b'"' if !escaped => return (at + 1, true),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    (text.trim_end().len(), false)
}

/// The same for a block string; one without an end is taken to end before the next line that is
/// not indented.
fn block_end(text: &str) -> (usize, bool) {
    let body = text.get(BLOCK.len()..).unwrap_or_default();
    if let Some(end) = body.find(BLOCK) {
        return (end + 2 * BLOCK.len(), true);
    }
    (block_layout_end(text), false)
}

/// Where a block string ends by the layout: before the next line that is not indented.
fn block_layout_end(text: &str) -> usize {
    let body = text.get(BLOCK.len()..).unwrap_or_default();
    let lines = body.match_indices('\n').find(|(at, _)| {
        let line = &body[at + 1..];
        line.starts_with(|first| first == '}' || first == '#' || XID_START(first))
    });
    let end = lines.map_or(body.len(), |(at, _)| at);
    BLOCK.len() + body[..end].trim_end().len()
}

/// The length of a number, with all that is glued to it.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let sign_of_exponent = matches!(next, '+' | '-')
            && at > 0
            && matches!(bytes[at - 1], b'e' | b'E')
            && bytes[..at - 1].iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
            && is_digit(at + 1);
        let point = next == '.' && is_digit(at + 1);
        if !(XID_CONTINUE(next) || sign_of_exponent || point) {
            break;
        }
        at += next.len_utf8();
    }
    at
}
