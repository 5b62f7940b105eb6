//! Tables of cells separated by commas or tabs.

use csv::{QuoteStyle, Writer, WriterBuilder};

use crate::data::json::{render, to_json};
use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::data::types::Type;
use crate::data::value::Value;

use super::cells;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    Comma,
    Tab,
}

/// A header and a line a row. Lists, records, conversations, pictures and json are written as
/// JSON; what is missing is an empty cell.
pub fn delimited(delimiter: Delimiter, schema: &Schema, rows: &[Row]) -> Vec<u8> {
    let mut writer = writer(delimiter);
    record(&mut writer, schema.visible().map(|(_, column)| column.name.to_string()));
    write_rows(&mut writer, schema, rows);
    bytes(writer)
}

/// The lines without a header: what follows the first chunk of a long table.
pub fn delimited_rows(delimiter: Delimiter, schema: &Schema, rows: &[Row]) -> Vec<u8> {
    let mut writer = writer(delimiter);
    write_rows(&mut writer, schema, rows);
    bytes(writer)
}

fn write_rows(writer: &mut Writer<Vec<u8>>, schema: &Schema, rows: &[Row]) {
    for row in rows {
        record(writer, cells(schema, row).map(|(value, kind)| cell(value, kind)));
    }
}

fn cell(value: &Value, kind: &Type) -> String {
    match value {
        Value::List(_) | Value::Record(_) | Value::Turns(_) | Value::Json(_) | Value::Image(_) => {
            to_json(value, kind).to_string()
        }
        scalar => render(scalar, kind).into_owned(),
    }
}

fn writer(delimiter: Delimiter) -> Writer<Vec<u8>> {
    let byte = match delimiter {
        Delimiter::Comma => b',',
        Delimiter::Tab => b'\t',
    };
    WriterBuilder::new()
        .delimiter(byte)
        .quote_style(QuoteStyle::Necessary)
        .flexible(true)
        .from_writer(Vec::new())
}

fn record(writer: &mut Writer<Vec<u8>>, cells: impl Iterator<Item = String>) {
    // Writing to memory cannot fail, and `flexible` takes any number of cells.
    let written = writer.write_record(cells.map(String::into_bytes));
    debug_assert!(written.is_ok());
}

fn bytes(writer: Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().unwrap_or_default()
}
