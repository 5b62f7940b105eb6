//! One-edit slips, as a finger, an editor or a half-finished thought makes them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::token::{Token, TokenKind, tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SlipKind {
    LetterChanged,
    LetterDropped,
    LetterDoubled,
    BracketLost,
    QuoteLost,
    KeywordLost,
    TypeSwapped,
    ClauseRemoved,
}

#[allow(dead_code, reason = "the census names the kinds")]
impl SlipKind {
    pub(crate) const ALL: [SlipKind; 8] = [
        SlipKind::LetterChanged,
        SlipKind::LetterDropped,
        SlipKind::LetterDoubled,
        SlipKind::BracketLost,
        SlipKind::QuoteLost,
        SlipKind::KeywordLost,
        SlipKind::TypeSwapped,
        SlipKind::ClauseRemoved,
    ];

    pub(crate) fn called(self) -> &'static str {
        match self {
            SlipKind::LetterChanged => "a letter of a name changed",
            SlipKind::LetterDropped => "a letter of a name dropped",
            SlipKind::LetterDoubled => "a letter of a name doubled",
            SlipKind::BracketLost => "a bracket lost",
            SlipKind::QuoteLost => "a quote lost",
            SlipKind::KeywordLost => "a keyword lost",
            SlipKind::TypeSwapped => "a type swapped",
            SlipKind::ClauseRemoved => "a clause removed",
        }
    }
}

/// One edit of a text.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) kind: SlipKind,
    /// What is replaced, in the sound text.
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
    /// Where the bracket or quote stands that lost its like.
    pub(crate) partner: Option<usize>,
}

impl Slip {
    pub(crate) fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.with, &text[self.range.end..])
    }
}

/// The words of the grammar. Some may be names too, where they stand as such.
fn keywords() -> BTreeSet<&'static str> {
    let grammar = include_str!("../../grammar/tgp.pest");
    let words = grammar.lines().filter(|line| line.starts_with("kw_"));
    let words = words.filter_map(|line| line.split('"').nth(1));
    let more = ["and", "or", "not", "true", "false", "pipeline", "library", "suite", "curate", "generate"];
    let kinds = ["vary", "query", "judge", "measure", "excluded", "pooled", "macro", "models", "model"];
    words.chain(more).chain(kinds).collect()
}

const TYPES: [&str; 9] = ["text", "int", "float", "bool", "date", "json", "image", "path", "turns"];
const CAPABILITIES: [&str; 6] = ["chat", "vision", "image", "embed", "classify", "search"];

/// What begins a clause that stands on a line of its own.
const CLAUSES: &[&str] = &[
    "read",
    "rows",
    "key",
    "search",
    "fetch",
    "where",
    "sample",
    "dedup",
    "order",
    "require",
    "let",
    "keep",
    "drop",
    "rename",
    "explode",
    "cross",
    "repeat",
    "join",
    "union",
    "group",
    "batch",
    "unbatch",
    "on",
    "with",
    "one",
    "gold",
    "user",
    "system",
    "turns",
    "image",
    "samples",
    "temperature",
    "max_tokens",
    "verdict",
    "when",
    "otherwise",
    "compare",
    "labels",
    "by",
    "metric",
    "baseline",
    "total",
    "interval",
    "missing",
    "title",
    "text",
    "table",
    "failures",
    "bind",
    "set",
    "replace",
    "take",
    "seeds",
    "expect",
    "returns",
    "reason",
    "retry",
    "seed",
    "allow",
    "dynamic",
];

/// Every slip of a sound file that has its canonical layout.
pub(crate) fn slips(text: &str) -> Vec<Slip> {
    let keywords = keywords();
    let tokens = tokens(text);
    let mut slips = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let written = &text[token.range.clone()];
        match token.kind {
            TokenKind::Word => {
                let before = &text[..token.range.start];
                let is_keyword = keywords.contains(written)
                    && !before.trim_end().ends_with(['.', ':'])
                    && !text[token.range.end..].trim_start().starts_with([':', '=']);
                if is_keyword {
                    slips.push(lost(SlipKind::KeywordLost, token, None));
                } else if written != "_" {
                    letters(written, token.range.start, &mut slips);
                }
                types(text, &tokens, at, &mut slips);
            }
            TokenKind::Bracket | TokenKind::Quote => {
                let kind =
                    if token.kind == TokenKind::Quote { SlipKind::QuoteLost } else { SlipKind::BracketLost };
                let partner = token.partner.map(|partner| tokens[partner].range.start);
                slips.push(lost(kind, token, partner));
                // One of three quotes, one of two braces.
                if written.len() > 1 {
                    let range = token.range.start..token.range.start + 1;
                    slips.push(Slip { kind, range, with: String::new(), partner });
                }
            }
            TokenKind::Sign if written == "?" => optional(text, token, &mut slips),
            TokenKind::Sign | TokenKind::Number => {}
        }
    }
    clauses(text, &mut slips);
    parts(text, &tokens, &mut slips);
    slips
}

fn lost(kind: SlipKind, token: &Token, partner: Option<usize>) -> Slip {
    Slip { kind, range: token.range.clone(), with: String::new(), partner }
}

fn letters(word: &str, start: usize, slips: &mut Vec<Slip>) {
    for (at, letter) in word.char_indices() {
        let range = start + at..start + at + letter.len_utf8();
        let mut slip =
            |kind, with: String| slips.push(Slip { kind, range: range.clone(), with, partner: None });
        // A neighbour in the alphabet, another one at each place.
        let shift = 1 + (start + at) as u32 % 24;
        let other = match letter {
            'a'..='z' => char::from_u32('a' as u32 + (letter as u32 - 'a' as u32 + shift) % 26).unwrap(),
            _ => 'x',
        };
        slip(SlipKind::LetterChanged, other.to_string());
        if word.len() > 1 {
            slip(SlipKind::LetterDropped, String::new());
        }
        slip(SlipKind::LetterDoubled, format!("{letter}{letter}"));
    }
}

/// A type where a type stands, swapped for another one.
fn types(text: &str, tokens: &[Token], at: usize, slips: &mut Vec<Slip>) {
    let written = &text[tokens[at].range.clone()];
    let before = text[..tokens[at].range.start].trim_end();
    let stands_as_type = before.ends_with(':')
        || before.ends_with("->")
        || before.ends_with("list<")
        || before.ends_with("returns");
    if !stands_as_type {
        return;
    }
    let line = text[..tokens[at].range.start].rsplit('\n').next().unwrap_or("").trim_start();
    let declares_model = line.starts_with("model ") || line.starts_with("models ");
    let others: &[&str] = if declares_model || CAPABILITIES.contains(&written) && written != "image" {
        &CAPABILITIES
    } else if TYPES.contains(&written) {
        &TYPES
    } else {
        return;
    };
    let others: Vec<&str> = others.iter().copied().filter(|other| *other != written).collect();
    let range = tokens[at].range.clone();
    // Another one at each place.
    let other = others[range.start % others.len()];
    slips.push(Slip { kind: SlipKind::TypeSwapped, range, with: other.to_owned(), partner: None });
}

/// `T?` that becomes `T`.
fn optional(text: &str, token: &Token, slips: &mut Vec<Slip>) {
    let beside_another = text[token.range.end..].starts_with('?') || text[..token.range.start].ends_with('?');
    if !beside_another {
        slips.push(lost(SlipKind::TypeSwapped, token, None));
    }
}

/// A line that begins with the word of a clause, with the deeper lines after it.
fn clauses(text: &str, slips: &mut Vec<Slip>) {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line));
        start += line.len();
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    for (number, (start, line)) in lines.iter().enumerate() {
        let word = line.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        let is_assigned = line.trim_start()[word.len()..].trim_start().starts_with(['=', ':', '.', ',']);
        let flag = matches!(word, "seed" | "allow" | "dynamic");
        if !CLAUSES.contains(&word) || is_assigned || (indent(line) == 0) != flag {
            continue;
        }
        let deeper = |line: &str| line.trim().is_empty() || indent(line) > indent(lines[number].1);
        let mut end = number + 1;
        while end < lines.len() && deeper(lines[end].1) {
            end += 1;
        }
        // The bracket that closes what the line opened.
        let opens = line.trim_end().ends_with(['{', '[', '(']) || line.trim_end().ends_with("\"\"\"");
        if opens && end < lines.len() && indent(lines[end].1) == indent(line) {
            end += 1;
        }
        while end > number + 1 && lines[end - 1].1.trim().is_empty() {
            end -= 1;
        }
        let range = *start..lines[end - 1].0 + lines[end - 1].1.len();
        // A whole test of one clause is none.
        slips.push(Slip { kind: SlipKind::ClauseRemoved, range, with: String::new(), partner: None });
    }
}

/// A part of a clause: its word with the one after it.
fn parts(text: &str, tokens: &[Token], slips: &mut Vec<Slip>) {
    const PARTS: &[&str] =
        &["from", "to", "by", "better", "per", "pooled", "macro", "left", "random", "up", "otherwise", "as"];
    for pair in tokens.windows(2) {
        let word = &text[pair[0].range.clone()];
        let begins_line = text[..pair[0].range.start].rsplit('\n').next().unwrap_or("").trim().is_empty();
        let is_called = pair[1].range.start == pair[0].range.end;
        if !PARTS.contains(&word) || begins_line || is_called || pair[0].kind != TokenKind::Word {
            continue;
        }
        let alone = matches!(word, "pooled" | "macro" | "left" | "random");
        if !alone && pair[1].kind != TokenKind::Word {
            continue;
        }
        let end = if alone { pair[0].range.end } else { pair[1].range.end };
        let range = pair[0].range.start..end;
        slips.push(Slip { kind: SlipKind::ClauseRemoved, range, with: String::new(), partner: None });
    }
}
