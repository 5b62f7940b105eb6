//! What the grammar knows of the places of a text that matters for its layout.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pest::iterators::Pairs;

use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::spoken::Spoken;

/// Places are bytes, at which the token they speak of begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// First words of the header, items, steps, clauses and arms: each has a line of its own in a
    /// block that is not on one line.
    pub(super) starts: BTreeSet<usize>,
    /// Braces around steps, clauses or arms.
    pub(super) blocks: BTreeSet<usize>,
    /// Those that never stand on one line.
    pub(super) tall_blocks: BTreeSet<usize>,
    /// Brackets around one expression: no comma may stand before the closing one.
    pub(super) bare_brackets: BTreeSet<usize>,
    /// Brackets that belong to what stands before them.
    pub(super) tight_brackets: BTreeSet<usize>,
    /// Signs: nothing stands between them and their number.
    pub(super) signs: BTreeSet<usize>,
    pub(super) open_angles: BTreeSet<usize>,
    pub(super) close_angles: BTreeSet<usize>,
    /// The `?` of optional types.
    pub(super) optionals: BTreeSet<usize>,
    /// Where a line of the author's is kept: before these tokens, and after those.
    pub(super) breaks_before: BTreeSet<usize>,
    pub(super) breaks_after: BTreeSet<usize>,
    /// Where a statement that is too long for its line comes apart.
    pub(super) seams: BTreeMap<usize, Seam>,
    /// By their starts: stretches of several tokens with nothing between them.
    glued: Vec<Range<usize>>,
}

/// Where a statement comes apart, from the first choice to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seam {
    /// `where`, `better`, `until`, `otherwise`
    Clause,
    /// `then`, `else`
    Branch,
    Or,
    And,
    Method,
}

impl Marks {
    pub(super) fn of(pairs: Pairs<'_, Rule>) -> Marks {
        let mut marks = Marks::default();
        for pair in pairs.flatten() {
            marks.add(&pair);
            marks.add_seam(&pair);
        }
        marks
    }

    fn add(&mut self, pair: &Pair<'_>) {
        let span = pair.as_span();
        let start = span.start();
        match pair.as_rule() {
            Rule::header => _ = self.starts.insert(start),
            Rule::item | Rule::step => {
                let first = pair.clone().into_inner().find(|part| part.as_rule() != Rule::doc);
                self.starts.extend(first.map(|first| first.as_span().start()));
            }
            Rule::ask_clause | Rule::test_clause | Rule::report_entry | Rule::arm => {
                self.starts.insert(start);
            }
            Rule::function_block => {
                let lines = pair.clone().into_inner().filter(|part| !part.as_rule().is_mark());
                self.starts.extend(lines.map(|line| line.as_span().start()));
                self.add_block(pair, true);
            }
            Rule::steps | Rule::report | Rule::test => self.add_block(pair, true),
            Rule::test_clauses | Rule::ask_clauses | Rule::arms => self.add_block(pair, false),
            Rule::parenthesised => _ = self.bare_brackets.insert(start),
            Rule::index => {
                self.bare_brackets.insert(start);
                self.tight_brackets.insert(start);
            }
            Rule::arguments | Rule::parameters => _ = self.tight_brackets.insert(start),
            Rule::negate => _ = self.signs.insert(start),
            Rule::open_angle => _ = self.open_angles.insert(start),
            Rule::close_angle => _ = self.close_angles.insert(start),
            Rule::optional => _ = self.optionals.insert(start),
            Rule::version | Rule::percent => self.glued.push(start..span.end()),
            Rule::kw_then | Rule::kw_else | Rule::kw_better | Rule::kw_until => {
                self.breaks_before.insert(start);
            }
            Rule::metric_where | Rule::otherwise => _ = self.breaks_before.insert(start),
            Rule::assign | Rule::arrow | Rule::gives => _ = self.breaks_after.insert(start),
            rule if rule.spoken() == Spoken::Operator => _ = self.breaks_before.insert(start),
            _ => {}
        }
    }

    fn add_seam(&mut self, pair: &Pair<'_>) {
        let seam = match pair.as_rule() {
            Rule::metric_where | Rule::kw_better | Rule::kw_until | Rule::otherwise => Seam::Clause,
            Rule::kw_then | Rule::kw_else => Seam::Branch,
            Rule::fallback | Rule::or => Seam::Or,
            Rule::and => Seam::And,
            Rule::method => Seam::Method,
            _ => return,
        };
        self.seams.insert(pair.as_span().start(), seam);
    }

    fn add_block(&mut self, pair: &Pair<'_>, tall: bool) {
        let braces = pair.clone().into_inner().flatten().find(|part| part.as_rule() == Rule::open_curly);
        if let Some(brace) = braces {
            self.blocks.insert(brace.as_span().start());
            if tall {
                self.tall_blocks.insert(brace.as_span().start());
            }
        }
    }

    /// Whether a byte lies within, and not at the start of, tokens that stand together.
    pub(super) fn is_glued(&self, at: usize) -> bool {
        let before = self.glued.partition_point(|glued| glued.start < at);
        before.checked_sub(1).and_then(|last| self.glued.get(last)).is_some_and(|glued| at < glued.end)
    }
}
