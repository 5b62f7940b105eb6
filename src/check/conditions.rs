//! Conditions that are given beside a checked program, such as `tgp show --where`.

use std::sync::Arc;

use crate::data::types::Type;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{Source, SourceId, Sources, Span};
use crate::syntax::parse;

use super::checker::Checker;
use super::codes;
use super::complaint::error;
use super::library::ModuleId;
use super::loading;
use super::mentions::Mentions;
use super::program::{Expr, NodeId, Program, Slot};
use super::scope::{Column, Row, Scope};
use super::signatures;
use super::trial::Trial;

/// Checks an expression over a node's visible columns that must be true or false (or missing,
/// which is not true). Gives it with the locals it needs.
pub fn check_condition(
    program: &Program,
    node: NodeId,
    source: SourceId,
    text: &str,
) -> Result<(Expr, u32), Vec<Diagnostic>> {
    let written = parse::parse_expr(source, text)?;
    let Some(table) = program.nodes.get(node.0 as usize) else {
        let span = Span::new(source, 0, text.len());
        return Err(vec![error(codes::UNKNOWN_NODE, span, "there is no such node")]);
    };
    let blank = Source::new("", None, "library condition.here @ 1.0.0\n");
    let (mut library, _) = loading::load(blank, &loading::NoFiles, &mut Sources::default());
    signatures::settle(&mut library);
    let trial = Trial::default();
    let mentions = Mentions::default();
    let mut checker = Checker::new(&library, &trial, &mentions, &[]);
    let mut row = Row::new(Arc::clone(&table.name));
    for (at, column) in table.schema.visible() {
        let slot = Slot(at as u32);
        row.columns.push(Column::new(Arc::clone(&column.name), column.kind.clone(), slot));
    }
    let mut scope = Scope::over(ModuleId::ROOT, &row);
    scope.quiet = Some("in a condition");
    let typed = checker.expr(&mut scope, &written, Some(&Type::Bool));
    let condition = checker.fit(&mut scope, typed, &Type::Bool.optional(), written.span, "the condition");
    let frame = scope.frame;
    if checker.diagnostics.is_empty() { Ok((condition, frame)) } else { Err(checker.diagnostics) }
}
