//! Pieces of a file as they were written, on one line.

use crate::diagnostics::source::Span;
use crate::syntax::tree::Docs;

/// What stands between two places, comments left out and blanks drawn together.
pub(super) fn between(text: &str, from: Span, to: Span) -> String {
    let whole = text.get(from.start as usize..to.end as usize).unwrap_or("");
    let lines = whole.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let line = words.join(" ");
    line.replace("( ", "(").replace(", )", ")").replace(" )", ")").replace(", }", " }")
}

/// A doc comment as paragraphs of Markdown.
pub(super) fn paragraphs(docs: &Docs) -> String {
    let lines: Vec<&str> = docs.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

/// A doc comment on one line.
pub(super) fn sentence(docs: &Docs) -> String {
    docs.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// The comments that stand alone in a stretch between items: they head what follows them.
pub(super) fn headings(stretch: &str) -> impl Iterator<Item = &str> {
    let alone = stretch.split("\n\n").map(str::trim).filter(|part| part.lines().count() == 1);
    alone.filter_map(|part| part.strip_prefix("# "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::SourceId;

    #[test]
    fn what_was_written_over_several_lines_stands_on_one() {
        let text = "f(\n  x: text,\n  # Why.\n  y: int,\n) -> text";
        let whole = Span::new(SourceId(0), 0, text.len());
        assert_eq!(between(text, whole, whole), "f(x: text, y: int) -> text");
    }

    #[test]
    fn only_a_comment_by_itself_is_a_heading() {
        let found: Vec<&str> =
            headings("\n\n# Lists\n\n# About the next one.\n# Still.\n\n## Doc\n").collect();
        assert_eq!(found, ["Lists"]);
    }
}
