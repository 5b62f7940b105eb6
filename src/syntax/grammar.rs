//! The parser that pest makes of `grammar/tgp.pest`.

use pest::Parser;
use pest::iterators::Pairs;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/tgp.pest"]
pub(super) struct Grammar;

pub(super) type Pair<'i> = pest::iterators::Pair<'i, Rule>;
pub(super) type Failure = Box<pest::error::Error<Rule>>;

/// What `rule` makes of `text`.
pub(super) fn read(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Failure> {
    Grammar::parse(rule, text).map_err(Box::new)
}
