//! Which bracket closes which, and which is left over.
//!
//! Where the brackets of a stretch don't come out even, its layout says where the missing one
//! should be: what an open bracket holds is indented deeper than the line that opened it.

use super::lower::DEEPEST;
use super::scan::{Token, TokenKind};

/// The brackets of a stretch. Tokens are named by their place in it.
#[derive(Clone, Debug)]
pub(super) struct Brackets {
    /// For each opening bracket the token at which its inside ends.
    ends: Vec<usize>,
    pub(super) faults: Vec<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// `open` is never closed; it should be, before the token `before`.
    Unclosed { open: usize, before: usize },
    /// `close` closes nothing.
    Unmatched { close: usize },
    /// `open` is one level too deep.
    TooDeep { open: usize },
}

impl Fault {
    /// The bracket at fault.
    pub(super) fn token(self) -> usize {
        match self {
            Fault::Unclosed { open, .. } | Fault::TooDeep { open } => open,
            Fault::Unmatched { close } => close,
        }
    }
}

impl Brackets {
    pub(super) fn of(tokens: &[Token]) -> Brackets {
        let plain = Brackets::walk(tokens, false);
        if plain.faults.is_empty() { plain } else { Brackets::walk(tokens, true) }
    }

    /// Where the inside of the opening bracket at `open` ends.
    pub(super) fn end(&self, open: usize) -> usize {
        self.ends.get(open).copied().unwrap_or(open)
    }

    fn walk(tokens: &[Token], by_layout: bool) -> Brackets {
        let mut brackets = Brackets { ends: vec![tokens.len(); tokens.len()], faults: Vec::new() };
        // The open brackets, each with the indentation of its line.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut indentation = 0;
        for (at, token) in tokens.iter().enumerate() {
            if matches!(token.kind, TokenKind::Comment | TokenKind::Doc) {
                continue;
            }
            if token.first {
                indentation = token.column;
                let closes = matches!(token.kind, TokenKind::Close(_));
                let is_outside = |inside: usize| token.column < inside || token.column == inside && !closes;
                while let Some((bracket, _)) = open.pop_if(|(_, inside)| by_layout && is_outside(*inside)) {
                    brackets.leave_open(bracket, at);
                }
            }
            match token.kind {
                TokenKind::Open(_) => {
                    if open.len() == DEEPEST {
                        brackets.faults.push(Fault::TooDeep { open: at });
                    }
                    open.push((at, indentation));
                }
                TokenKind::Close(kind) => {
                    let is_partner = |(opening, inside): &(usize, usize)| {
                        tokens[*opening].kind == TokenKind::Open(kind)
                            && !(by_layout && is_displaced(tokens, *opening, *inside, at))
                    };
                    let Some(partner) = open.iter().rposition(is_partner) else {
                        brackets.faults.push(Fault::Unmatched { close: at });
                        continue;
                    };
                    for (bracket, _) in open.drain(partner + 1..).rev() {
                        brackets.leave_open(bracket, at);
                    }
                    if let Some((bracket, _)) = open.pop() {
                        brackets.ends[bracket] = at;
                    }
                }
                _ => {}
            }
        }
        for (bracket, _) in open.into_iter().rev() {
            brackets.leave_open(bracket, tokens.len());
        }
        brackets.faults.sort_by_key(|fault| fault.token());
        brackets
    }

    fn leave_open(&mut self, open: usize, before: usize) {
        self.ends[open] = before;
        self.faults.push(Fault::Unclosed { open, before });
    }
}

/// Whether the layout says that the bracket at `close` belongs to another one than that at `open`,
/// whose line is indented by `inside`: it begins a line that is indented deeper, or ends a line while
/// what `open` holds began on a line of its own.
fn is_displaced(tokens: &[Token], open: usize, inside: usize, close: usize) -> bool {
    let token = tokens[close];
    if token.first {
        return token.column > inside;
    }
    if !tokens.get(open + 1).is_some_and(|next| next.first) {
        return false;
    }
    let line = tokens[open + 1..close].iter().rposition(|token| token.first).map(|at| open + 1 + at);
    let begins_by_closing = line.is_some_and(|first| matches!(tokens[first].kind, TokenKind::Close(_)));
    // A string over several lines ends where it likes.
    let is_text = line.is_some_and(|first| {
        let first = tokens[first];
        token.start - first.start != token.column.wrapping_sub(first.column)
    });
    line.is_some() && !begins_by_closing && !is_text
}
