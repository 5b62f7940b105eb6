//! The parser that pest makes of `grammar/tgp.pest`.

use memchr::memmem;
use pest::error::{Error, ErrorVariant};
use pest::iterators::Pairs;
use pest::{Parser, Position};

use super::lower::DEEPEST;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/tgp.pest"]
pub(super) struct Grammar;

pub(super) type Pair<'i> = pest::iterators::Pair<'i, Rule>;
pub(super) type Failure = Box<Error<Rule>>;

/// What nests without a bracket of the text's own: `if … else if …`, `x => y => …`, `list<list<…`, and
/// holes in strings in holes.
const NESTING: [&str; 4] = ["if", "=>", "list", "{{"];
/// The most of these in one text: they may all stand one in another. A file with more of them is read
/// item by item.
const MOST: usize = 1 << 12;
/// The bytes of stack that are set aside for a level. One takes less than 2 KB, and less than 64 KB
/// where nothing is optimised.
const LEVEL: usize = if cfg!(debug_assertions) { 128 << 10 } else { 8 << 10 };

/// What `rule` makes of `text`, whose brackets must not be deeper than [`DEEPEST`]. pest goes down a
/// level of the stack for each level of the text: it is given the room that the text may take.
pub(super) fn read(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Failure> {
    let levels: usize =
        NESTING.iter().map(|word| memmem::find_iter(text.as_bytes(), word.as_bytes()).count()).sum();
    if levels > MOST {
        let variant = ErrorVariant::CustomError { message: "nested too deep".to_owned() };
        return Err(Box::new(Error::new_from_pos(variant, Position::from_start(text))));
    }
    let room = (DEEPEST + levels) * LEVEL;
    stacker::maybe_grow(room, room, || Grammar::parse(rule, text)).map_err(Box::new)
}
