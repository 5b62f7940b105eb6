//! Rows of any node as a table.

use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::data::value::Value;
use crate::data::write::table;

use super::failures::FailedRow;
use super::number::{count, counted};

/// Which rows are shown, and of them what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsOptions {
    /// In this order; all visible ones for none. Names that the table does not have are passed over.
    pub columns: Vec<String>,
    pub limit: Option<usize>,
    /// Columns of the terminal; cells are cut to fit.
    pub width: Option<usize>,
    /// Rather than a table, a list of the rows with why each failed.
    pub failures: bool,
}

/// Rows as a table, or as a list of why each failed; and a line on what was left out.
pub fn rows_table(schema: &Schema, rows: &[Row], options: &RowsOptions) -> String {
    if rows.is_empty() {
        return "no rows\n".to_owned();
    }
    let places: Vec<usize> = match options.columns.as_slice() {
        [] => schema.visible().map(|(at, _)| at).collect(),
        names => names.iter().filter_map(|name| schema.column(name).map(|(at, _)| at)).collect(),
    };
    let shown = &rows[..options.limit.unwrap_or(rows.len()).min(rows.len())];
    let mut text = if options.failures {
        let width = options.width.unwrap_or(usize::MAX);
        let each = shown.iter().map(|row| FailedRow::of(schema, row, &places).render(width, false));
        each.collect::<Vec<_>>().join("\n")
    } else {
        let columns = places.iter().filter_map(|at| schema.columns.get(*at).cloned()).collect();
        let picked: Vec<Row> = shown.iter().map(|row| picked(row, &places)).collect();
        table(&Schema { columns }, &picked, options.width)
    };
    if shown.len() < rows.len() {
        text.push_str(&format!("\n{} of {}\n", count(shown.len() as u64), counted(rows.len() as u64, "row")));
    }
    text
}

fn picked(row: &Row, places: &[usize]) -> Row {
    let values = places.iter().map(|at| row.values.get(*at).cloned().unwrap_or(Value::Missing));
    Row { id: row.id, values: values.collect(), failure: None }
}
