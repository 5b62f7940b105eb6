//! The parts of a pair, in order, without the words and marks between them.

use pest::iterators::Pairs;

use super::{Lowered, Mismatch};
use crate::syntax::grammar::{Pair, Rule};

#[derive(Clone, Debug)]
pub(super) struct Parts<'i> {
    pairs: Pairs<'i, Rule>,
    /// Where they stand, for a [`Mismatch`].
    at: usize,
}

impl<'i> Parts<'i> {
    pub(super) fn of(pair: Pair<'i>) -> Parts<'i> {
        let at = pair.as_span().start();
        Parts { pairs: pair.into_inner(), at }
    }

    fn peek(&mut self) -> Option<Rule> {
        while self.pairs.peek()?.as_rule().is_mark() {
            self.pairs.next();
        }
        self.pairs.peek().map(|pair| pair.as_rule())
    }

    /// The next part, whichever it is.
    pub(super) fn part(&mut self) -> Lowered<Pair<'i>> {
        self.next().ok_or(Mismatch { at: self.at })
    }

    /// The next part, which is a `rule`.
    pub(super) fn expect(&mut self, rule: Rule) -> Lowered<Pair<'i>> {
        self.accept(rule).ok_or(Mismatch { at: self.at })
    }

    /// The next part if it is a `rule`.
    pub(super) fn accept(&mut self, rule: Rule) -> Option<Pair<'i>> {
        if self.peek()? == rule { self.pairs.next() } else { None }
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Pair<'i>;

    fn next(&mut self) -> Option<Pair<'i>> {
        self.peek()?;
        self.pairs.next()
    }
}
