//! The list of a node's rows that a report calls failures.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::program::Node;
use crate::data::json::render;
use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::data::write::grid::{columns, one_line, truncated};
use crate::text::shortened::shortened;

use super::paint::{Look, painted};

/// The most rows that are listed; the others are counted.
const LISTED: usize = 20;
/// The most characters of a value.
const LONGEST: usize = 400;

/// Rows that failed, or that a report's condition picks.
#[derive(Clone, Debug, PartialEq)]
pub struct FailureList {
    pub node: Arc<str>,
    /// Whether a condition picked the rows; else they are those that failed.
    pub picked: bool,
    /// All of them, listed or not.
    pub count: usize,
    /// How many failed for which reason, most frequent first.
    pub reasons: Vec<(&'static str, usize)>,
    pub listed: Vec<FailedRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FailedRow {
    /// Reason and message, of a row that failed.
    pub failure: Option<(&'static str, Arc<str>)>,
    /// The row's visible columns that have a value, and the beginning of what came back last.
    pub values: Vec<(Arc<str>, String)>,
}

impl FailureList {
    pub(super) fn of(node: &Node, rows: &[Row], picked: bool) -> FailureList {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for failure in rows.iter().filter_map(|row| row.failure.as_ref()) {
            *counts.entry(failure.reason.word()).or_default() += 1;
        }
        let mut reasons: Vec<(&'static str, usize)> = counts.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let columns: Vec<usize> = node.schema.visible().map(|(at, _)| at).collect();
        let listed = rows.iter().take(LISTED).map(|row| FailedRow::of(&node.schema, row, &columns)).collect();
        FailureList { node: node.name.clone(), picked, count: rows.len(), reasons, listed }
    }

    /// How many there are, and why.
    pub(super) fn headline(&self) -> String {
        let count = super::number::counted(self.count as u64, "row");
        let reasons: Vec<String> =
            self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let why = match (self.picked, reasons.as_slice()) {
            (true, _) => "picked by the report's condition".to_owned(),
            (false, []) => "failed".to_owned(),
            (false, reasons) => format!("failed: {}", reasons.join(", ")),
        };
        let shown = match self.listed.len() {
            all if all == self.count => String::new(),
            some => format!("; the first {some} are listed"),
        };
        format!("{count} {why}{shown}")
    }
}

impl FailedRow {
    /// With the values of those columns.
    pub(super) fn of(schema: &Schema, row: &Row, columns: &[usize]) -> FailedRow {
        let value = |at: &usize| {
            let (value, column) = row.values.get(*at).zip(schema.columns.get(*at))?;
            (!value.is_missing())
                .then(|| (column.name.clone(), shortened(&render(value, &column.kind), LONGEST).into_owned()))
        };
        let mut values: Vec<(Arc<str>, String)> = columns.iter().filter_map(value).collect();
        if let Some(failure) = row.failure.as_ref().filter(|failure| !failure.excerpt.is_empty()) {
            values.push(("came back".into(), shortened(&failure.excerpt, LONGEST).into_owned()));
        }
        let failure = row.failure.as_ref().map(|failure| (failure.reason.word(), failure.message.clone()));
        FailedRow { failure, values }
    }

    /// The reason in full, and below it each value on a line cut to `width`.
    pub(super) fn render(&self, width: usize, colour: bool) -> String {
        let mut text = String::new();
        if let Some((reason, message)) = &self.failure {
            text.push_str(&format!("  {}  {}\n", painted(reason, Look::Marked, colour), one_line(message)));
        }
        let names = self.values.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        let room = width.saturating_sub(names + 6).max(20);
        for (name, value) in &self.values {
            let pad = " ".repeat(names - columns(name));
            let value = one_line(value);
            text.push_str(&format!(
                "    {}{pad}  {}\n",
                painted(name, Look::Dim, colour),
                truncated(&value, room)
            ));
        }
        text
    }
}
