//! Writers: rows and their schema to the text of a format. Hidden columns are left out; a value
//! that a failed row does not have is missing.

mod delimited;
mod export;
pub(crate) mod grid;
mod jsonl;
mod markdown;
mod parquet;
mod table;

use super::row::Row;
use super::schema::Schema;
use super::types::Type;
use super::value::Value;

pub use delimited::{Delimiter, delimited, delimited_rows};
pub use export::{Export, ExportError, ExportFormat, Packing};
pub use jsonl::jsonl;
pub use markdown::markdown;
pub use parquet::{ParquetError, ParquetWriter, parquet};
pub use table::table;

/// The value of a row in a column.
fn value(row: &Row, column: usize) -> &Value {
    row.values.get(column).unwrap_or(&Value::Missing)
}

/// Whether the cells of a column are numbers, which line up at their right.
fn is_number(kind: &Type) -> bool {
    matches!(kind.present(), Type::Int | Type::Float)
}

/// The visible columns of a row.
fn cells<'a>(schema: &'a Schema, row: &'a Row) -> impl Iterator<Item = (&'a Value, &'a Type)> {
    schema.visible().map(|(at, column)| (value(row, at), &column.kind))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::check::program::Format;
    use crate::data::read;
    use crate::data::row::RowId;
    use crate::data::schema::Column;
    use crate::data::types::Field;

    fn schema(columns: &[(&str, Type)]) -> Schema {
        let column = |(name, kind): &(&str, Type)| Column {
            name: Arc::from(name.trim_start_matches('_')),
            kind: kind.clone(),
            hidden: name.starts_with('_'),
        };
        Schema { columns: columns.iter().map(column).collect() }
    }

    fn rows(rows: &[&[Value]]) -> Vec<Row> {
        rows.iter().map(|values| Row { id: RowId(0), values: values.to_vec(), failure: None }).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let schema = schema(&[
            ("text", Type::Text),
            ("_id", Type::Id),
            ("score", Type::Float.optional()),
            ("n", Type::Int),
            ("tags", Type::list(Type::Text)),
            ("good", Type::Bool),
            ("when", Type::Date.optional()),
            ("who", Type::record([("name".into(), Type::Text), ("age".into(), Type::Int.optional())])),
            ("marks", Type::list(Type::Int.optional()).optional()),
        ]);
        let who = |age| Value::Record([Value::text("Ada"), age].into());
        let row = |text, score, tags: &[&str], when, age, marks| {
            [
                Value::text(text),
                Value::Id(RowId(1)),
                score,
                Value::Int(-7),
                Value::list(tags.iter().map(|tag| Value::text(*tag))),
                Value::Bool(true),
                when,
                who(age),
                marks,
            ]
        };
        let day = Value::Date(jiff::civil::date(1969, 12, 30));
        let marks = Value::list([Value::Int(1), Value::Missing]);
        let rows = rows(&[
            &row("a \"b\",\r\nc", Value::Float(0.1 + 0.2), &["x, y", ""], day, Value::Missing, marks),
            &row(" é\tü ", Value::Missing, &[], Value::Missing, Value::Int(3), Value::Missing),
            &row("", Value::Float(-1.0), &["z"], Value::Missing, Value::Int(-3), Value::list([])),
        ]);
        let fields: Vec<Field> =
            schema.visible().map(|(_, c)| Field { name: c.name.clone(), kind: c.kind.clone() }).collect();
        let written = [
            (Format::Parquet, parquet(&schema, &rows).unwrap()),
            (Format::Jsonl, jsonl(&schema, &rows)),
            (Format::Csv, delimited(Delimiter::Comma, &schema, &rows)),
            (Format::Tsv, delimited(Delimiter::Tab, &schema, &rows)),
        ];
        for (format, bytes) in written {
            let cut = read::cut(format, Box::new(std::io::Cursor::new(bytes))).unwrap();
            let header = cut.header().cloned();
            let back: Vec<Vec<Value>> = cut
                .flat_map(|run| read::parse(format, &fields, header.as_ref(), &run.unwrap()))
                .map(Result::unwrap)
                .collect();
            let expected: Vec<Vec<Value>> = rows
                .iter()
                .map(|row| cells(&schema, row).map(|(value, _)| value.clone()).collect())
                .collect();
            assert_eq!(back, expected, "{format:?}");
        }
    }

    #[test]
    fn a_table_lines_up_and_fits() {
        let schema = schema(&[("model", Type::Text), ("rate", Type::Float.optional()), ("n", Type::Int)]);
        let rows = rows(&[
            &[Value::text("日本語"), Value::Float(2.0 / 3.0), Value::Int(12)],
            &[Value::text("a much longer name\nin two lines"), Value::Missing, Value::Int(5)],
            &[Value::text("\u{1b}[31mred"), Value::Float(1.0), Value::Int(5)],
        ]);
        assert_eq!(
            table(&schema, &rows, Some(27)),
            "\
model              rate   n
───────────────  ──────  ──
日本語           0.6667  12
a much longer …       —   5
�[31mred              1   5
"
        );
        assert!(table(&schema, &rows, None).contains("a much longer name↵in two lines  "));
    }

    #[test]
    fn a_markdown_table_keeps_its_shape() {
        let schema = schema(&[("a|b", Type::Text), ("n", Type::Int)]);
        let rows = rows(&[&[Value::text("x | y\nz"), Value::Int(3)]]);
        assert_eq!(markdown(&schema, &rows), "| a\\|b | n |\n| --- | ---: |\n| x \\| y<br>z | 3 |\n");
    }

    #[test]
    fn a_failed_row_has_no_values_and_still_its_line() {
        let schema = schema(&[("a", Type::Text), ("b", Type::Text)]);
        let rows = rows(&[&[Value::text("only")]]);
        assert_eq!(jsonl(&schema, &rows), b"{\"a\":\"only\",\"b\":null}\n");
        assert_eq!(delimited_rows(Delimiter::Comma, &schema, &rows), b"only,\n");
    }
}
