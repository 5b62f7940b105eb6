//! The examples in pages of Markdown.

use std::path::{Path, PathBuf};

/// A block between ```` ``` ```` and ```` ``` ````, whatever it holds.
pub(super) struct Fence {
    /// Of the opening line, from 1.
    pub(super) line: usize,
    /// The words after the quotes, between commas: the language and its marks.
    pub(super) marks: Vec<String>,
    pub(super) text: String,
}

impl Fence {
    /// What `name=…` says.
    pub(super) fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
    }

    pub(super) fn is(&self, mark: &str) -> bool {
        self.marks.iter().any(|one| one == mark)
    }
}

/// All blocks of a page.
pub(super) fn fences(page: &Path, text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some(fence), None) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, Some(marks)) => {
                let marks = marks.split(',').map(str::to_owned).collect();
                open = Some(Fence { line: at + 1, marks, text: String::new() });
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a block is not closed", page.display());
    fences
}

/// An example of the language.
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

/// The blocks of a page that are marked as `tgp`, but for files that the page's commands run.
pub(super) fn blocks(page: &Path, text: &str) -> Vec<Block> {
    let fences = fences(page, text).into_iter();
    let examples = fences.filter(|fence| {
        fence.marks[0] == "tgp" && fence.mark("file").is_none() && fence.mark("append").is_none()
    });
    examples.map(|fence| example(page, fence)).collect()
}

fn example(page: &Path, fence: Fence) -> Block {
    let known = |mark: &String| mark.starts_with("fragment=") || mark.starts_with("error=");
    if let Some(mark) = fence.marks.iter().skip(1).find(|mark| !known(mark)) {
        panic!("{}:{}: no mark `{mark}`; there are `fragment=` and `error=`", page.display(), fence.line);
    }
    let mark = |name: &str| fence.mark(name).map(str::to_owned);
    Block {
        page: page.to_owned(),
        line: fence.line,
        fragment: mark("fragment"),
        error: mark("error"),
        text: fence.text,
    }
}
