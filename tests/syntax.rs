//! The reading and the layout of files, on a corpus: `tests/corpus/syntax/ok/*.tgp` can be read;
//! beside each `err/*.tgp` stands what is said about it. `UPDATE=1` writes the latter anew.

mod codes;
mod corpus;
mod generated;
mod grammar;
mod layout;
pub(crate) mod mutations;
mod nesting;
mod trees;
