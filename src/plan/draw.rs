//! The DAG as a picture: Graphviz and Mermaid. A suite is a picture of each of its runs.

use std::fmt::Write;
use std::sync::Arc;

use crate::check::program::Program;

/// Graphviz's language.
pub fn dot(program: &Program) -> String {
    let mut out =
        String::from("digraph {\n  rankdir = LR;\n  node [shape = box, fontname = \"sans-serif\"];\n");
    for (at, (run, program)) in pictures(program).into_iter().enumerate() {
        let mut indent = "  ";
        if let Some(run) = run {
            let _ = writeln!(out, "  subgraph cluster_{at} {{\n    label = \"{run}\";");
            indent = "    ";
        }
        let name = |node: &str| named(run, node);
        for node in &program.nodes {
            let label = format!("{}\\n{}", kind(node.kind), node.name);
            let _ = writeln!(out, "{indent}\"{}\" [label = \"{label}\"];", name(&node.name));
        }
        for (from, to) in edges(program) {
            let _ = writeln!(out, "{indent}\"{}\" -> \"{}\";", name(from), name(to));
        }
        if run.is_some() {
            out.push_str("  }\n");
        }
    }
    out.push_str("}\n");
    out
}

/// Mermaid's language, as GitHub and many editors draw it.
pub fn mermaid(program: &Program) -> String {
    let mut out = String::from("flowchart LR\n");
    for (run, program) in pictures(program) {
        let mut indent = "  ";
        if let Some(run) = run {
            let _ = writeln!(out, "  subgraph {run}");
            indent = "    ";
        }
        let name = |node: &str| named(run, node);
        for node in &program.nodes {
            let _ = writeln!(out, "{indent}{}[\"{}<br>{}\"]", name(&node.name), kind(node.kind), node.name);
        }
        for (from, to) in edges(program) {
            let _ = writeln!(out, "{indent}{} --> {}", name(from), name(to));
        }
        if run.is_some() {
            out.push_str("  end\n");
        }
    }
    out
}

/// The programs to be drawn, those of a suite with the names of their runs.
fn pictures(program: &Program) -> Vec<(Option<&Arc<str>>, &Program)> {
    match &program.suite {
        Some(suite) => suite.runs.iter().map(|run| (Some(&run.name), &*run.program)).collect(),
        None => vec![(None, program)],
    }
}

/// What a node is known by among those of all runs.
fn named(run: Option<&Arc<str>>, node: &str) -> String {
    run.map_or_else(|| node.to_owned(), |run| format!("{run}.{node}"))
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
