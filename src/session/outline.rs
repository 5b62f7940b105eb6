//! A file's items as text that can be compared: laid out the one way, without comments.

use std::collections::BTreeSet;

use crate::diagnostics::source::SourceId;
use crate::plan::draw::kind;
use crate::syntax::format::format;
use crate::syntax::parse::parse;
use crate::syntax::tree::{ItemKind, UseSource};

/// One item of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// `fn`, `model`, `judge`, `test` and the like.
    pub what: &'static str,
    /// The name under which others mention it.
    pub name: String,
    pub lines: Vec<String>,
}

/// The items of a text that parses.
pub fn outline(text: &str) -> Vec<Piece> {
    // What can't be laid out can't be compared; it was refused before it came here.
    let text = format(text).unwrap_or_else(|_| text.to_owned());
    let (file, _) = parse(SourceId::default(), &text);
    let pieces = file.items.iter().filter_map(|item| {
        let (what, name) = named(&item.kind)?;
        let lines = text.get(item.span.start as usize..item.span.end as usize).unwrap_or_default();
        Some(Piece { what, name, lines: without_comments(lines) })
    });
    pieces.collect()
}

fn named(item: &ItemKind) -> Option<(&'static str, String)> {
    Some(match item {
        ItemKind::Use(one) => {
            let from = match &one.from {
                UseSource::Module(name) => &name.value,
                UseSource::File(path) => &path.value,
                UseSource::Broken => return None,
            };
            ("use", from.to_string())
        }
        ItemKind::Param(param) => ("param", param.name.value.to_string()),
        ItemKind::Model(model) => (if model.many { "models" } else { "model" }, model.name.value.to_string()),
        ItemKind::Type(one) => ("type", one.name.value.to_string()),
        ItemKind::Function(function) => ("fn", function.name.value.to_string()),
        ItemKind::Stage(stage) => ("stage", stage.name.value.to_string()),
        ItemKind::Node(node) => (kind(node.kind.value), node.name.value.to_string()),
        ItemKind::Report(_) => ("report", String::new()),
        ItemKind::Test(test) => ("test", test.name.value.to_string()),
        ItemKind::Dynamic => ("dynamic", String::new()),
        ItemKind::AllowSelf => ("allow self", String::new()),
        ItemKind::Seed(_) => ("seed", String::new()),
        ItemKind::Run(run) => ("run", run.name.value.to_string()),
        ItemKind::Score(score) => ("score", score.name.value.to_string()),
        ItemKind::Leaderboard(_) => ("leaderboard", String::new()),
        ItemKind::Broken => return None,
    })
}

/// The lines without those that are comments; in a text of several lines nothing is one.
fn without_comments(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut kept = Vec::new();
    for line in text.lines() {
        if inside || !line.trim_start().starts_with('#') {
            kept.push(line.to_owned());
            inside ^= line.matches("\"\"\"").count() % 2 == 1;
        }
    }
    kept
}

impl Piece {
    /// Whether a test or a report, which no number depends on.
    pub fn is_aside(&self) -> bool {
        matches!(self.what, "test" | "report" | "leaderboard")
    }

    /// The words in it that may be names.
    pub fn words(&self) -> BTreeSet<&str> {
        let lines = self.lines.iter();
        lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_comments_are_no_part_of_it() {
        let one = "pipeline a.b @ 1.0.0\n\ncurate x {\n  rows [ { n = 1 } ]\n}\n";
        let other = "pipeline a.b @ 1.0.0\n# so\ncurate x {\n  # rows\n  rows   [ { n = 1 } ] }\n";
        assert_eq!(outline(one), outline(other));
        assert_eq!((outline(one)[0].what, &*outline(one)[0].name), ("curate", "x"));
    }

    #[test]
    fn a_mark_within_a_text_is_no_comment() {
        let text = "let x = \"\"\"\n  # a heading\n\"\"\"\n# a comment";
        assert_eq!(without_comments(text), ["let x = \"\"\"", "  # a heading", "\"\"\""]);
    }
}
