//! The examples in pages of Markdown.

use std::path::{Path, PathBuf};

/// A block between ```` ```tgp ```` and ```` ``` ````.
pub(super) struct Block {
    /// The page, relative to the project's folder.
    pub(super) page: PathBuf,
    /// Of the opening fence, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    /// What the block is a piece of; a whole file where nothing says so.
    pub(super) fragment: Option<String>,
    /// The one code that the block must be told.
    pub(super) error: Option<String>,
}

/// The blocks of a page that are marked as `tgp`.
pub(super) fn blocks(page: &Path, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut other = false;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(_)) if other => other = false,
            (None, Some(info)) => match info.split(',').collect::<Vec<_>>().as_slice() {
                ["tgp", marks @ ..] => open = Some(marked(page, at + 1, marks)),
                _ => other = true,
            },
            (None, None) => {}
        }
    }
    assert!(open.is_none() && !other, "{}: a block is not closed", page.display());
    blocks
}

fn marked(page: &Path, line: usize, marks: &[&str]) -> Block {
    let mut block = Block { page: page.to_owned(), line, text: String::new(), fragment: None, error: None };
    for mark in marks {
        match mark.split_once('=') {
            Some(("fragment", kind)) => block.fragment = Some(kind.to_owned()),
            Some(("error", code)) => block.error = Some(code.to_owned()),
            _ => panic!("{}:{line}: no mark `{mark}`; there are `fragment=` and `error=`", page.display()),
        }
    }
    block
}
