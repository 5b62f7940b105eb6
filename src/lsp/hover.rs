//! What the word under the pointer is: a column of the node it stands in, or a node.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use crate::check::program::{Node, Program};
use crate::diagnostics::source::SourceId;
use crate::plan::draw::kind;
use crate::syntax::parse::parse;
use crate::syntax::tree::ItemKind;

use super::position;

/// What is to be said of a place of a text, whose program was last sound as it is given.
pub(super) fn hover(text: &str, program: Option<&Program>, place: Position) -> Option<Hover> {
    let program = program?;
    let at = position::byte(text, place);
    let (start, end) = word(text, at)?;
    let word = &text[start..end];
    let said = column(text, program, at, word).or_else(|| node(program, word))?;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: said }),
        range: Some(position::range(text, start, end)),
    })
}

/// The name around a byte.
fn word(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let start = text[..at]
        .rfind(|c| !is_part(c))
        .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
    let end = text[at..].find(|c| !is_part(c)).map_or(text.len(), |after| at + after);
    (start < end).then_some((start, end))
}

/// A column of the node around a byte: of its own table, else of one that it reads.
fn column(text: &str, program: &Program, at: usize, word: &str) -> Option<String> {
    let (file, _) = parse(SourceId(0), text);
    let around = file.items.iter().find_map(|item| match &item.kind {
        ItemKind::Node(node) if (item.span.start as usize..item.span.end as usize).contains(&at) => {
            Some(node.name.value.clone())
        }
        _ => None,
    })?;
    let around = program.nodes.iter().find(|node| node.name == around)?;
    let inputs = around.inputs.iter().filter_map(|input| program.nodes.get(input.0 as usize));
    std::iter::once(around).chain(inputs).find_map(|node| {
        let (_, column) = node.schema.column(word)?;
        Some(format!("```tgp\n{word}: {}\n```\ncolumn of `{}`", column.kind, node.name))
    })
}

fn node(program: &Program, word: &str) -> Option<String> {
    let node: &Node = program.nodes.iter().find(|node| &*node.name == word)?;
    let mut said = format!("```tgp\n{} {word}\n```\n", kind(node.kind));
    for line in &node.docs {
        said.push_str(&format!("{}\n", line.trim()));
    }
    said.push('\n');
    for (_, column) in node.schema.visible() {
        said.push_str(&format!("- `{}: {}`\n", column.name, column.kind));
    }
    Some(said)
}
