//! The reading and the layout of files, on a corpus: `tests/corpus/syntax/ok/*.tgp` can be read;
//! beside each `err/*.tgp` stands what is said about it. `UPDATE=1` writes the latter anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

mod corpus;
mod generated;
mod layout;
mod mutations;
mod nesting;
mod pages;
mod trees;
