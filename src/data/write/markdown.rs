//! A table in Markdown.

use crate::data::row::Row;
use crate::data::schema::Schema;

use super::grid::shown;
use super::{cells, is_number};

/// A table as GitHub's Markdown reads it.
pub fn markdown(schema: &Schema, rows: &[Row]) -> String {
    let mut text = String::new();
    line(&mut text, schema.visible().map(|(_, column)| escaped(&column.name)));
    let rule = |number| if number { "---:" } else { "---" };
    line(&mut text, schema.visible().map(|(_, column)| rule(is_number(&column.kind)).to_owned()));
    for row in rows {
        line(&mut text, cells(schema, row).map(|(value, kind)| escaped(&shown(value, kind))));
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        text.push_str(&cell);
        text.push_str(" |");
    }
    text.push('\n');
}

fn escaped(cell: &str) -> String {
    cell.replace('\\', "\\\\").replace('|', "\\|").replace("\r\n", "<br>").replace('\n', "<br>")
}
