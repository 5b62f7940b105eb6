//! Where items, and the steps in them, begin: without a grammar, so that one that cannot be read
//! does not take its neighbours along.

use std::ops::Range;

use super::brackets::Brackets;
use super::forms::ITEMS;
use super::scan::{Token, TokenKind};

/// Words that carry on what stands on the line above.
const CARRYING_ON: &[&str] =
    &["and", "or", "in", "is", "not", "then", "else", "as", "from", "to", "with", "better", "until"];

/// The items of a file, as stretches of its tokens. A word of an item at the start of a line begins
/// one, even where a bracket of the item before is still open.
pub(super) fn items(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            TokenKind::Word if token.first => {
                let word = &text[token.start..token.end];
                let is_item = ITEMS.form(word).is_some() && is_followed_as_an_item(tokens.get(at + 1));
                let is_top = depth == 0 && token.column == 0 && !CARRYING_ON.contains(&word);
                if is_top || is_item && (depth == 0 || token.column == 0) {
                    starts.push(at);
                    depth = 0;
                }
            }
            _ => {}
        }
    }
    between(tokens, 0..tokens.len(), starts)
}

/// `type`, `model` and others are names of columns too: `type: text`.
fn is_followed_as_an_item(next: Option<&Token>) -> bool {
    next.is_none_or(|next| {
        next.first
            || matches!(next.kind, TokenKind::Word | TokenKind::Text | TokenKind::Number)
            || next.kind == TokenKind::Open(super::scan::Bracket::Curly)
    })
}

/// The steps or clauses in the stretch `body` of `tokens`, likewise.
pub(super) fn steps(
    text: &str,
    tokens: &[Token],
    brackets: &Brackets,
    body: Range<usize>,
) -> Vec<Range<usize>> {
    let mut usual_column = None;
    let mut starts = Vec::new();
    let mut at = body.start;
    while at < body.end {
        let token = tokens[at];
        if token.first && token.kind == TokenKind::Word {
            let usual = *usual_column.get_or_insert(token.column);
            if token.column <= usual && !CARRYING_ON.contains(&&text[token.start..token.end]) {
                starts.push(at);
            }
        }
        at = if matches!(token.kind, TokenKind::Open(_)) { brackets.end(at).max(at + 1) } else { at + 1 };
    }
    between(tokens, body, starts)
}

/// What lies between the starts; comments above a start go with it.
fn between(tokens: &[Token], whole: Range<usize>, starts: Vec<usize>) -> Vec<Range<usize>> {
    let is_above = |at: usize| match tokens[at].kind {
        TokenKind::Doc => true,
        TokenKind::Comment => tokens[at].first,
        _ => false,
    };
    let mut cuts = vec![whole.start];
    for mut start in starts {
        let last = cuts.last().copied().unwrap_or(whole.start);
        while start > last && is_above(start - 1) {
            start -= 1;
        }
        if start > last {
            cuts.push(start);
        }
    }
    cuts.push(whole.end);
    let stretches = cuts.windows(2).map(|cut| cut[0]..cut[1]);
    stretches.filter(|stretch| !stretch.is_empty()).collect()
}
