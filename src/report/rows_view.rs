//! Rows of any node as a table.

use crate::data::row::Row;
use crate::data::schema::{Column, Schema};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::data::write::table;

use super::number::counted;

/// Which rows are shown, and of them what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsOptions {
    /// In this order; all visible ones for none. Names that the table does not have are passed over.
    pub columns: Vec<String>,
    pub limit: Option<usize>,
    /// Columns of the terminal; cells are cut to fit.
    pub width: Option<usize>,
    /// Why each row failed comes first.
    pub failures: bool,
}

/// Rows as a table, and a line on what was left out.
pub fn rows_table(schema: &Schema, rows: &[Row], options: &RowsOptions) -> String {
    if rows.is_empty() {
        return "no rows\n".to_owned();
    }
    let shown = &rows[..options.limit.unwrap_or(rows.len()).min(rows.len())];
    let (schema, picked) = picked(schema, shown, options);
    let mut text = table(&schema, &picked, options.width);
    if shown.len() < rows.len() {
        let (shown, all) = (super::number::count(shown.len() as u64), counted(rows.len() as u64, "row"));
        text.push_str(&format!("\n{shown} of {all}\n"));
    }
    text
}

/// The wanted columns, and those that say why a row failed.
fn picked(schema: &Schema, rows: &[Row], options: &RowsOptions) -> (Schema, Vec<Row>) {
    let places: Vec<usize> = match options.columns.as_slice() {
        [] => schema.visible().map(|(at, _)| at).collect(),
        names => names.iter().filter_map(|name| schema.column(name).map(|(at, _)| at)).collect(),
    };
    let excerpts = options.failures
        && rows.iter().any(|row| row.failure.as_ref().is_some_and(|f| !f.excerpt.is_empty()));
    let told: &[Part] = match (options.failures, excerpts) {
        (false, _) => &[],
        (true, false) => &[Part::Reason, Part::Message],
        (true, true) => &[Part::Reason, Part::Message, Part::Excerpt],
    };
    let column =
        |part: &Part| Column { name: part.name().into(), kind: Type::Text.optional(), hidden: false };
    let columns =
        told.iter().map(column).chain(places.iter().filter_map(|at| schema.columns.get(*at).cloned()));
    let row = |row: &Row| {
        let told = told.iter().map(|part| part.of(row));
        let own = places.iter().map(|at| row.values.get(*at).cloned().unwrap_or(Value::Missing));
        Row { id: row.id, values: told.chain(own).collect(), failure: None }
    };
    (Schema { columns: columns.collect() }, rows.iter().map(row).collect())
}

/// What is told of a failure.
#[derive(Clone, Copy)]
enum Part {
    Reason,
    Message,
    /// The beginning of what came back last.
    Excerpt,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Reason => "reason",
            Part::Message => "message",
            Part::Excerpt => "came back",
        }
    }

    fn of(self, row: &Row) -> Value {
        let Some(failure) = &row.failure else { return Value::Missing };
        match self {
            Part::Reason => Value::text(failure.reason.word()),
            Part::Message => Value::Text(failure.message.clone()),
            Part::Excerpt if failure.excerpt.is_empty() => Value::Missing,
            Part::Excerpt => Value::Text(failure.excerpt.clone()),
        }
    }
}
