//! A finished run as a document: what the file's `report` asks for.

use crate::check::program::{NodeId, ReportEntry};
use crate::data::row::Row;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::eval::effects::Effects;
use crate::eval::scope::Scope;
use crate::report::agreement::{Agreement, agreements};
use crate::report::document::{Document, Section, document};
use crate::report::provenance::Provenance;

use super::results;

/// The document of a finished run.
pub fn tell(run: &Run, finished: &Finished) -> Result<Document, RunError> {
    let program = &run.ground.program;
    let mut provenance = Provenance::of(program);
    if let Some(edition) = run.memo.edition() {
        provenance.add("edition", edition);
    }
    let rows = |node: NodeId| rows(run, finished, node);
    let mut told = document(program, provenance, |entry| match entry {
        ReportEntry::Table(node) => rows(*node),
        ReportEntry::Failures { node, condition } => {
            let mut rows = rows(*node)?;
            if let Some(condition) = condition {
                rows.retain(|row| meets(run, *node, condition, row));
            }
            Ok(rows)
        }
        ReportEntry::Title(_) | ReportEntry::Text(_) => Ok(Vec::new()),
    })?;
    told.sections.extend(agreements_of(run, finished)?.into_iter().map(Section::Agreement));
    Ok(told)
}

/// How far the judges of a finished run agree.
pub fn agreements_of(run: &Run, finished: &Finished) -> Result<Vec<Agreement>, RunError> {
    agreements(&run.ground.program, |node| rows(run, finished, node))
}

fn rows(run: &Run, finished: &Finished, node: NodeId) -> Result<Vec<Row>, RunError> {
    match finished.tables.get(&run.plan.table_of(node)) {
        Some(table) => results::rows(run, table),
        None => Ok(Vec::new()),
    }
}

/// Whether a row of a node's table meets a condition over its columns.
pub fn meets(run: &Run, node: NodeId, condition: &crate::check::program::Expr, row: &Row) -> bool {
    let Some(declared) = run.ground.program.nodes.get(node.0 as usize) else { return false };
    let Some(step) = declared.steps.last() else { return false };
    let mut effects = Effects::default();
    let mut scope = Scope::of_row(&run.ground, declared.kind, step, 0, row, &mut effects);
    scope.holds(condition).unwrap_or(false)
}
