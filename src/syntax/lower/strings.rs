//! Strings: escapes, holes, and the indentation of block strings.

use std::sync::Arc;

use super::parts::Parts;
use super::{Lowered, Lowering};
use crate::diagnostics::source::Span;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::mistake::Mistake;
use crate::syntax::tree::{Expr, ExprKind, Template, TemplatePart};

impl Lowering<'_> {
    /// A string or block string.
    pub(super) fn string(&mut self, pair: Pair<'_>) -> Lowered<Expr> {
        let span = self.span(&pair);
        let block = pair.as_rule() == Rule::block_string;
        let indentation = if block { Some(Indentation::of(&pair)) } else { None };
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut braces = Braces::default();
        for part in Parts::of(pair) {
            if let Some(unopened) = braces.pass(&part) {
                let start = self.offset + part.as_span().start();
                let span = Span::new(self.source, start + unopened.start, start + unopened.end);
                self.report(Mistake::UnopenedHole, span);
            }
            match part.as_rule() {
                Rule::hole => {
                    push_text(&mut parts, &mut text);
                    parts.push(TemplatePart::Hole(self.next_expr(&mut Parts::of(part))?));
                }
                Rule::block_text => {
                    if let Some(indentation) = &indentation {
                        indentation.take_off(&part, &mut text);
                    }
                }
                _ => text.push_str(&self.characters(&part)),
            }
        }
        push_text(&mut parts, &mut text);
        Ok(Expr { kind: ExprKind::Template(Template { parts, block }), span })
    }

    /// What a stretch of a string that is not a hole stands for.
    pub(super) fn characters(&mut self, pair: &Pair<'_>) -> String {
        if pair.as_rule() != Rule::escape {
            return pair.as_str().to_owned();
        }
        let escaped = unescape(pair.as_str());
        if escaped.is_none() {
            let span = self.span(pair);
            self.report(Mistake::BadEscape { written: pair.as_str().to_owned() }, span);
        }
        escaped.map(String::from).unwrap_or_default()
    }
}

fn push_text(parts: &mut Vec<TemplatePart>, text: &mut String) {
    if !text.is_empty() {
        parts.push(TemplatePart::Text(Arc::from(std::mem::take(text))));
    }
}

fn unescape(written: &str) -> Option<char> {
    match written.strip_prefix('\\')? {
        "n" => Some('\n'),
        "t" => Some('\t'),
        "\"" => Some('"'),
        "\\" => Some('\\'),
        "{" => Some('{'),
        "}" => Some('}'),
        other => {
            let digits = other.strip_prefix("u{")?.strip_suffix('}')?;
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        }
    }
}

/// The single braces of a string that are open, so far: JSON in a text may close two at once.
#[derive(Default)]
struct Braces {
    open: usize,
}

impl Braces {
    /// Passes over a part of the string. Gives the first `}}` in it that closes nothing: the end of a
    /// hole whose beginning is lost.
    fn pass(&mut self, part: &Pair<'_>) -> Option<std::ops::Range<usize>> {
        let written = part.as_str();
        match part.as_rule() {
            Rule::hole => return None,
            Rule::escape => {
                self.open += usize::from(written == "\\{");
                return None;
            }
            _ => {}
        }
        let mut unopened = None;
        let mut at = 0;
        while let Some(next) = written.get(at..).and_then(|rest| rest.find(['{', '}'])) {
            at += next;
            let rest = written.get(at..).unwrap_or_default();
            let closing = rest.bytes().take_while(|byte| *byte == b'}').count();
            if closing == 0 {
                self.open += 1;
                at += 1;
                continue;
            }
            if closing > 1 && closing > self.open {
                unopened.get_or_insert(at..at + closing);
            }
            self.open = self.open.saturating_sub(closing);
            at += closing;
        }
        unopened
    }
}

/// The blanks that all lines of a block string begin with, and where its text begins and ends.
struct Indentation {
    width: usize,
    /// Bytes of the text, without the line ends next to the quotes.
    text: std::ops::Range<usize>,
    /// Whether the text begins on a line of its own.
    own_line: bool,
}

impl Indentation {
    fn of(pair: &Pair<'_>) -> Indentation {
        let start = pair.as_span().start() + QUOTES;
        let written = pair.as_str();
        let written = written.get(QUOTES..written.len().saturating_sub(QUOTES)).unwrap_or_default();
        let opening = written.find('\n').filter(|end| written[..*end].trim().is_empty());
        let closing = written.rfind('\n').filter(|end| written[*end..].trim().is_empty());
        let from = opening.map_or(0, |end| end + 1);
        let to = closing.map_or(written.len(), |end| end.max(from));
        let own_line = opening.is_some();
        let lines = written[from..to].split('\n').skip(usize::from(!own_line));
        let widths = lines.filter(|line| !line.trim().is_empty()).map(blanks);
        Indentation { width: widths.min().unwrap_or(0), text: start + from..start + to, own_line }
    }

    /// Appends a stretch of the string without what is layout in it.
    fn take_off(&self, part: &Pair<'_>, text: &mut String) {
        let span = part.as_span();
        let from = span.start().max(self.text.start);
        let to = span.end().min(self.text.end);
        if from >= to {
            return;
        }
        let kept = &part.as_str()[from - span.start()..to - span.start()];
        let mut at_line_start = self.own_line && from == self.text.start;
        for (number, line) in kept.split('\n').enumerate() {
            if number > 0 {
                text.push('\n');
                at_line_start = true;
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            text.push_str(if at_line_start { &line[blanks(line).min(self.width)..] } else { line });
        }
    }
}

/// How many bytes the quotes of a block string take.
const QUOTES: usize = 3;

fn blanks(line: &str) -> usize {
    line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
