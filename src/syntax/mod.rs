//! Text to tree, and tree to the one canonical text.
//!
//! The only room that names `pest`. It does no I/O and knows no meaning: what a name stands for
//! is `check`'s business.

mod brackets;
mod descent;
mod explain;
pub mod format;
mod forms;
mod grammar;
mod layout;
mod lower;
mod mistake;
pub mod parse;
mod reader;
mod recovery;
mod scan;
mod spoken;
mod stretches;
pub mod tree;
pub(crate) mod words;
