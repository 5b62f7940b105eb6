//! The DAG as a picture: Graphviz and Mermaid.

use std::fmt::Write;

use crate::check::program::Program;

/// Graphviz's language.
pub fn dot(program: &Program) -> String {
    let mut out =
        String::from("digraph {\n  rankdir = LR;\n  node [shape = box, fontname = \"sans-serif\"];\n");
    for node in &program.nodes {
        let _ = writeln!(out, "  \"{}\" [label = \"{}\\n{}\"];", node.name, kind(node.kind), node.name);
    }
    for (from, to) in edges(program) {
        let _ = writeln!(out, "  \"{from}\" -> \"{to}\";");
    }
    out.push_str("}\n");
    out
}

/// Mermaid's language, as GitHub and many editors draw it.
pub fn mermaid(program: &Program) -> String {
    let mut out = String::from("flowchart LR\n");
    for node in &program.nodes {
        let _ = writeln!(out, "  {0}[\"{1}<br>{0}\"]", node.name, kind(node.kind));
    }
    for (from, to) in edges(program) {
        let _ = writeln!(out, "  {from} --> {to}");
    }
    out
}

fn edges(program: &Program) -> impl Iterator<Item = (&str, &str)> {
    program.nodes.iter().flat_map(move |node| {
        let inputs = node.inputs.iter().filter_map(|input| program.nodes.get(input.0 as usize));
        inputs.map(move |input| (&*input.name, &*node.name))
    })
}

/// The keyword of a kind of node.
pub fn kind(kind: crate::syntax::tree::NodeKind) -> &'static str {
    use crate::syntax::tree::NodeKind;
    match kind {
        NodeKind::Curate => "curate",
        NodeKind::Generate => "generate",
        NodeKind::Vary => "vary",
        NodeKind::Query => "query",
        NodeKind::Judge => "judge",
        NodeKind::Measure => "measure",
    }
}
