//! The words and marks of a file, as an author's finger meets them: without a grammar, and into the
//! holes of strings.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    /// A bracket, or the two braces of a hole.
    Bracket,
    /// One `"` or `"""`.
    Quote,
    Sign,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) range: Range<usize>,
    /// Of a bracket or quote: where its like stands, among the tokens.
    pub(crate) partner: Option<usize>,
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Token>,
    /// Open brackets, among the tokens.
    open: Vec<usize>,
}

/// The tokens of a sound file, without comments and the texts of strings.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Tokens { text, at: 0, found: Vec::new(), open: Vec::new() };
    tokens.code(false);
    tokens.found
}

impl Tokens<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: TokenKind, length: usize) -> usize {
        self.found.push(Token { kind, range: self.at..self.at + length, partner: None });
        self.at += length;
        self.found.len() - 1
    }

    fn open(&mut self, length: usize) {
        let opening = self.push(TokenKind::Bracket, length);
        self.open.push(opening);
    }

    fn close(&mut self, length: usize) {
        let closing = self.push(TokenKind::Bracket, length);
        if let Some(opening) = self.open.pop() {
            self.pair(opening, closing);
        }
    }

    fn pair(&mut self, one: usize, other: usize) {
        self.found[one].partner = Some(other);
        self.found[other].partner = Some(one);
    }

    /// Reads to the end of the text, or of the hole.
    fn code(&mut self, hole: bool) {
        let outside = self.open.len();
        while let Some(first) = self.rest().chars().next() {
            let rest = self.rest();
            match first {
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                '"' => self.string(),
                '}' if hole && self.open.len() == outside => return,
                '<' if self.text[..self.at].ends_with("list") => self.open(1),
                '>' if self
                    .open
                    .last()
                    .is_some_and(|open| &self.text[self.found[*open].range.clone()] == "<")
                    && !self.text[..self.at].ends_with(['=', '-']) =>
                {
                    self.close(1)
                }
                '(' | '[' | '{' => self.open(1),
                ')' | ']' | '}' => self.close(1),
                _ if first.is_alphabetic() || first == '_' => {
                    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                    self.push(TokenKind::Word, length);
                }
                _ if first.is_ascii_digit() => {
                    let length = rest
                        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
                        .unwrap_or(rest.len());
                    self.push(TokenKind::Number, length);
                }
                _ if first.is_whitespace() => self.at += first.len_utf8(),
                _ => drop(self.push(TokenKind::Sign, first.len_utf8())),
            }
        }
    }

    fn string(&mut self) {
        let quotes = if self.rest().starts_with("\"\"\"") { 3 } else { 1 };
        let opening = self.push(TokenKind::Quote, quotes);
        let mark = &"\"\"\""[..quotes];
        while let Some(first) = self.rest().chars().next() {
            if self.rest().starts_with(mark) {
                let closing = self.push(TokenKind::Quote, quotes);
                return self.pair(opening, closing);
            }
            if first == '\\' {
                self.at += 1 + self.rest()[1..].chars().next().map_or(0, char::len_utf8);
            } else if self.rest().starts_with("{{") {
                self.open(2);
                self.code(true);
                self.close(2);
            } else {
                self.at += first.len_utf8();
            }
        }
    }
}
