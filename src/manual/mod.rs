//! Manuals: what a file has to offer, as Markdown, out of its doc comments and its checked program.

mod node;
mod page;
mod written;

use crate::check::program::Program;
use crate::check::{standard_module, standard_modules};
use crate::diagnostics::source::SourceId;
use crate::syntax::parse::parse;

use page::Page;

/// The manual of one file. The columns of nodes are there where the checked program is.
pub fn manual(text: &str, program: Option<&Program>) -> String {
    let (file, _) = parse(SourceId(0), text);
    Page { text, file: &file, program, level: 1 }.render()
}

/// The manual of the whole standard library, the prelude first.
pub fn standard_manual() -> String {
    let mut out = String::from(
        "# The standard library\n\n\
         It is part of the program: `use std.text { same_answer }` brings in what it names, and the \
         prelude is there without a `use`. A function that is marked *random* draws from the seed of its \
         row. In a signature a capital letter stands for any type.\n",
    );
    for name in std::iter::once("std.prelude".to_owned()).chain(standard_modules()) {
        let Some(text) = standard_module(&name) else { continue };
        let (file, _) = parse(SourceId(0), text);
        out.push('\n');
        out.push_str(&Page { text, file: &file, program: None, level: 2 }.render());
    }
    out
}
