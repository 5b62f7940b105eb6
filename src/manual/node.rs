//! A node: where its rows come from, and its columns.

use crate::check::program::{Direction, Node, StepKind};
use crate::data::types::Type;
use crate::syntax::tree::{self, Docs, Name, Pattern, StepKind as Written};

use super::written::{paragraphs, sentence};

/// What stands under a node's title.
pub(super) fn node(written: &tree::Node, docs: &Docs, checked: Option<&Node>) -> String {
    let mut out = String::new();
    if !docs.is_empty() {
        out.push_str(&format!("\n{}\n", paragraphs(docs)));
    }
    let ways = [("From", &written.from), ("to", &written.to), ("by", &written.by)];
    let ways: Vec<String> = ways
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| way(word, names))
        .collect();
    if !ways.is_empty() {
        out.push_str(&format!("\n{}.\n", ways.join(" ")));
    }
    let Some(checked) = checked else { return out };
    let metrics = metrics(checked);
    if metrics.is_empty() {
        out.push_str("\n| column | type | |\n|---|---|---|\n");
        for (_, column) in checked.schema.visible() {
            let about = about(written, &column.name).map(sentence).unwrap_or_default();
            out.push_str(&format!("| `{}` | {} | {about} |\n", column.name, type_cell(&column.kind)));
        }
    } else {
        out.push_str(&format!("\n{metrics}"));
    }
    out
}

fn way(word: &str, names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.value)).collect();
    format!("{word} {}", names.join(", "))
}

/// A measure's numbers, each with its direction.
fn metrics(node: &Node) -> String {
    let measures = node.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Measure(measure) => Some(measure),
        _ => None,
    });
    let line = |metric: &crate::check::program::Metric| {
        let better = match metric.direction {
            Direction::Higher => "higher is better".to_owned(),
            Direction::Lower => "lower is better".to_owned(),
            Direction::Near(target) => format!("best near {target}"),
        };
        format!("- `{}`: {better}\n", metric.name)
    };
    measures.flat_map(|measure| &measure.metrics).map(line).collect()
}

/// The doc comment of the field or the `let` that makes a column.
fn about<'t>(node: &'t tree::Node, name: &str) -> Option<&'t Docs> {
    let found = node.steps.iter().find_map(|step| match &step.kind {
        Written::Read(read) => {
            read.fields.iter().find(|field| *field.name.value == *name).map(|field| &field.docs)
        }
        Written::Let(one) => match &one.pattern {
            Pattern::Name(made) if *made.value == *name => Some(&step.docs),
            _ => None,
        },
        Written::Verdict { name: made, .. } if *made.value == *name => Some(&step.docs),
        _ => None,
    });
    found.filter(|docs| !docs.is_empty())
}

/// A column's type; a record that holds many fields is named and not spelt out.
fn type_cell(kind: &Type) -> String {
    match kind.present() {
        Type::Record(fields) if fields.len() > 4 => {
            let optional = if kind.is_optional() { "?" } else { "" };
            format!("a record of {} fields{optional}", fields.len())
        }
        _ => format!("`{}`", kind.to_string().replace('|', "\\|")),
    }
}
