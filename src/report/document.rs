//! A report as data: what the file asks to be told, with the rows filled in.

use std::sync::Arc;

use crate::check::program::{NodeId, Program, ReportEntry};
use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::syntax::tree::NodeKind;

use super::agreement::Agreement;
pub use super::failures::{FailedRow, FailureList};
use super::leaderboard::Leaderboard;
use super::measure_view::{MeasureView, measure_view};
use super::number::counted;
use super::provenance::Provenance;

/// The most rows of a table that is no measure; the others are counted.
const LISTED: usize = 50;

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub title: String,
    /// What the file says of itself.
    pub docs: Vec<Arc<str>>,
    pub sections: Vec<Section>,
    pub provenance: Provenance,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Section {
    /// The title of a further `report` block.
    Heading(String),
    /// Paragraphs, as the file's author wrote them.
    Text(String),
    Measure(MeasureView),
    Rows(RowsSection),
    Failures(FailureList),
    Leaderboard(Leaderboard),
    Agreement(Agreement),
}

/// Rows of a node that is no measure.
#[derive(Clone, Debug, PartialEq)]
pub struct RowsSection {
    pub node: Arc<str>,
    pub schema: Schema,
    /// The first of those that did not fail.
    pub rows: Vec<Row>,
    /// All that did not fail.
    pub count: usize,
    pub failed: usize,
}

/// What the file's `report` asks for; of a file without one, every measure.
///
/// `rows` gives the rows of [`ReportEntry::Table`], and for [`ReportEntry::Failures`] those of the
/// node that meet its condition; where it has none, those that failed are taken out of them here.
pub fn document<E>(
    program: &Program,
    provenance: Provenance,
    mut rows: impl FnMut(&ReportEntry) -> Result<Vec<Row>, E>,
) -> Result<Document, E> {
    let mut title: Option<String> = None;
    let mut sections = Vec::new();
    for entry in &entries(program) {
        match entry {
            ReportEntry::Title(text) if title.is_none() && sections.is_empty() => {
                title = Some(text.to_string())
            }
            ReportEntry::Title(text) => sections.push(Section::Heading(text.to_string())),
            ReportEntry::Text(text) => sections.push(Section::Text(text.to_string())),
            ReportEntry::Table(node) => sections.extend(table(program, *node, rows(entry)?)),
            ReportEntry::Failures { node, condition } => {
                let Some(declared) = program.nodes.get(node.0 as usize) else { continue };
                let mut rows = rows(entry)?;
                rows.retain(|row| condition.is_some() || row.failure.is_some());
                sections.push(Section::Failures(FailureList::of(declared, &rows, condition.is_some())));
            }
        }
    }
    let title = title.unwrap_or_else(|| program.name.to_string());
    Ok(Document { title, docs: program.docs.clone(), sections, provenance })
}

fn entries(program: &Program) -> Vec<ReportEntry> {
    let stated: Vec<ReportEntry> = program.reports.iter().flat_map(|report| report.entries.clone()).collect();
    if !stated.is_empty() {
        return stated;
    }
    let measures = program.nodes.iter().zip(0..).filter(|(node, _)| node.kind == NodeKind::Measure);
    measures.map(|(_, at)| ReportEntry::Table(NodeId(at))).collect()
}

fn table(program: &Program, id: NodeId, mut rows: Vec<Row>) -> Option<Section> {
    let node = program.nodes.get(id.0 as usize)?;
    if node.kind == NodeKind::Measure {
        return Some(Section::Measure(measure_view(program, id, &rows)));
    }
    let all = rows.len();
    rows.retain(|row| row.failure.is_none());
    let count = rows.len();
    rows.truncate(LISTED);
    let (node, schema) = (node.name.clone(), node.schema.clone());
    Some(Section::Rows(RowsSection { node, schema, rows, count, failed: all - count }))
}

impl RowsSection {
    /// What is said where not all rows are listed.
    pub(super) fn rest(&self) -> Option<String> {
        let shown = self.rows.len();
        let cut = (shown < self.count)
            .then(|| format!("the first {shown} of {}", counted(self.count as u64, "row")));
        let failed =
            (self.failed > 0).then(|| format!("{} failed and not shown", counted(self.failed as u64, "row")));
        let parts: Vec<String> = cut.into_iter().chain(failed).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}
