//! Parquet files.

use std::io::Write;
use std::sync::Arc;

use jiff::civil::date;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result as Written;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type as Column, TypePtr};

use crate::data::json::{render, to_json};
use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::data::types::Type;
use crate::data::value::Value;

use super::value;

/// Rows in a row group.
const GROUP: usize = 64 * 1024;

/// The rows could not be written as Parquet.
#[derive(Debug, thiserror::Error)]
#[error("parquet: {0}")]
pub struct ParquetError(#[from] parquet::errors::ParquetError);

/// A Parquet file, compressed with zstd. Every column may be missing. Scalars and lists of
/// scalars are columns of their own kind; records, conversations, pictures, json and lists of
/// such are columns of JSON.
pub fn parquet(schema: &Schema, rows: &[Row]) -> Result<Vec<u8>, ParquetError> {
    let mut bytes = Vec::new();
    let mut writer = ParquetWriter::new(schema, &mut bytes)?;
    writer.push(rows.to_vec())?;
    writer.finish()?;
    Ok(bytes)
}

/// Writes a Parquet file as [`parquet`] does, rows as they come: a row group is held in memory and
/// no more.
pub struct ParquetWriter<W: Write + Send> {
    columns: Vec<(usize, Shape)>,
    file: SerializedFileWriter<W>,
    waiting: Vec<Row>,
}

impl<W: Write + Send> ParquetWriter<W> {
    pub fn new(schema: &Schema, to: W) -> Result<ParquetWriter<W>, ParquetError> {
        let columns: Vec<(usize, &str, Shape)> =
            schema.visible().map(|(at, column)| (at, &*column.name, Shape::of(&column.kind))).collect();
        let fields = columns.iter().map(|(_, name, shape)| shape.column(name)).collect::<Written<_>>()?;
        let message = Column::group_type_builder("rows").with_fields(fields).build()?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
        let file = SerializedFileWriter::new(to, Arc::new(message), Arc::new(properties))?;
        let columns = columns.into_iter().map(|(at, _, shape)| (at, shape)).collect();
        Ok(ParquetWriter { columns, file, waiting: Vec::new() })
    }

    /// Takes rows; what fills a row group is written.
    pub fn push(&mut self, rows: Vec<Row>) -> Result<(), ParquetError> {
        self.waiting.extend(rows);
        while self.waiting.len() >= GROUP {
            let rest = self.waiting.split_off(GROUP);
            let group = std::mem::replace(&mut self.waiting, rest);
            self.group(&group)?;
        }
        Ok(())
    }

    /// Writes what is left, and the directory without which the file is none.
    pub fn finish(mut self) -> Result<(), ParquetError> {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.group(&rest)?;
        }
        self.file.into_inner()?;
        Ok(())
    }

    fn group(&mut self, rows: &[Row]) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for (at, shape) in &self.columns {
            if let Some(mut column) = group.next_column()? {
                let mut cells = Cells::default();
                rows.iter().for_each(|row| cells.push(shape, value(row, *at)));
                shape.write(&mut column, &cells)?;
                column.close()?;
            }
        }
        group.close()?;
        Ok(())
    }
}

/// How a column stands in the file.
struct Shape {
    leaf: Leaf,
    list: bool,
    kind: Type,
}

#[derive(Clone, Copy)]
enum Leaf {
    Text,
    Int,
    Float,
    Bool,
    Date,
    Json,
}

impl Leaf {
    fn of(kind: &Type) -> Leaf {
        match kind.present() {
            Type::Text | Type::Path | Type::Id | Type::Closed(_) => Leaf::Text,
            Type::Int => Leaf::Int,
            Type::Float => Leaf::Float,
            Type::Bool => Leaf::Bool,
            Type::Date => Leaf::Date,
            _ => Leaf::Json,
        }
    }

    fn column(self, name: &str) -> Written<TypePtr> {
        let (physical, logical, converted) = match self {
            Leaf::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
            Leaf::Int => (Physical::INT64, None, ConvertedType::NONE),
            Leaf::Float => (Physical::DOUBLE, None, ConvertedType::NONE),
            Leaf::Bool => (Physical::BOOLEAN, None, ConvertedType::NONE),
            Leaf::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
            Leaf::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json), ConvertedType::JSON),
        };
        let column = Column::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(converted)
            .with_logical_type(logical);
        column.build().map(Arc::new)
    }
}

impl Shape {
    fn of(kind: &Type) -> Shape {
        match kind.present() {
            Type::List(of) if !matches!(Leaf::of(of), Leaf::Json) => {
                Shape { leaf: Leaf::of(of), list: true, kind: (**of).clone() }
            }
            _ => Shape { leaf: Leaf::of(kind), list: false, kind: kind.clone() },
        }
    }

    fn column(&self, name: &str) -> Written<TypePtr> {
        if !self.list {
            return self.leaf.column(name);
        }
        let element = self.leaf.column("element")?;
        let list = Column::group_type_builder("list").with_repetition(Repetition::REPEATED);
        let list = list.with_fields(vec![element]).build()?;
        let column = Column::group_type_builder(name)
            .with_repetition(Repetition::OPTIONAL)
            .with_converted_type(ConvertedType::LIST)
            .with_logical_type(Some(LogicalType::List))
            .with_fields(vec![Arc::new(list)]);
        column.build().map(Arc::new)
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>, cells: &Cells<'_>) -> Written<()> {
        let (present, depths) = (&cells.present, Some(&*cells.depths));
        let repeats = self.list.then_some(&*cells.repeats);
        match self.leaf {
            Leaf::Text => {
                let text = |value: &&Value| ByteArray::from(&*render(value, &self.kind));
                let texts: Vec<ByteArray> = present.iter().map(text).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, depths, repeats)?;
            }
            Leaf::Json => {
                let json =
                    |value: &&Value| ByteArray::from(to_json(value, &self.kind).to_string().into_bytes());
                let texts: Vec<ByteArray> = present.iter().map(json).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, depths, repeats)?;
            }
            Leaf::Int => {
                let ints = each(present, |value| if let Value::Int(it) = value { *it } else { 0 });
                column.typed::<Int64Type>().write_batch(&ints, depths, repeats)?;
            }
            Leaf::Float => {
                let floats = each(present, |value| if let Value::Float(it) = value { *it } else { f64::NAN });
                column.typed::<DoubleType>().write_batch(&floats, depths, repeats)?;
            }
            Leaf::Bool => {
                let bools = each(present, |value| matches!(value, Value::Bool(true)));
                column.typed::<BoolType>().write_batch(&bools, depths, repeats)?;
            }
            Leaf::Date => {
                let days = each(present, |value| match value {
                    Value::Date(it) => (date(1970, 1, 1).duration_until(*it).as_hours() / 24) as i32,
                    _ => 0,
                });
                column.typed::<Int32Type>().write_batch(&days, depths, repeats)?;
            }
        }
        Ok(())
    }
}

fn each<T>(values: &[&Value], one: impl Fn(&Value) -> T) -> Vec<T> {
    values.iter().map(|value| one(value)).collect()
}

/// A column's cells as Parquet has them: the leaves that are there, and for every place how deep
/// it is defined and whether it goes on with the list of the place before.
#[derive(Default)]
struct Cells<'a> {
    present: Vec<&'a Value>,
    depths: Vec<i16>,
    repeats: Vec<i16>,
}

impl<'a> Cells<'a> {
    fn push(&mut self, shape: &Shape, value: &'a Value) {
        match value {
            Value::Missing => self.place(0, 0, None),
            Value::List(items) if shape.list && items.is_empty() => self.place(1, 0, None),
            Value::List(items) if shape.list => {
                for (at, item) in items.iter().enumerate() {
                    let repeats = i16::from(at > 0);
                    let (depth, leaf) = if item.is_missing() { (2, None) } else { (3, Some(item)) };
                    self.place(depth, repeats, leaf);
                }
            }
            scalar => self.place(1, 0, Some(scalar)),
        }
    }

    fn place(&mut self, depth: i16, repeats: i16, leaf: Option<&'a Value>) {
        self.depths.push(depth);
        self.repeats.push(repeats);
        self.present.extend(leaf);
    }
}
