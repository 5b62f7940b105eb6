//! A whole table to a file, chunk by chunk, in a format that other tools read.

use std::io::{self, Write};

use crate::data::row::Row;
use crate::data::schema::Schema;

use super::delimited::{Delimiter, delimited, delimited_rows};
use super::jsonl::jsonl;
use super::parquet::{ParquetError, ParquetWriter};

/// What a table can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

/// What a text is packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    None,
    Gzip,
    Zstd,
}

impl ExportFormat {
    /// The format and packing of a file, by its name; nothing where the name says neither.
    pub fn of_name(name: &str) -> Option<(ExportFormat, Packing)> {
        let (name, packing) = match name.rsplit_once('.') {
            Some((name, "gz")) => (name, Packing::Gzip),
            Some((name, "zst")) => (name, Packing::Zstd),
            _ => (name, Packing::None),
        };
        let format = match name.rsplit_once('.')?.1 {
            "jsonl" => ExportFormat::Jsonl,
            "csv" => ExportFormat::Csv,
            "tsv" => ExportFormat::Tsv,
            // It is packed by itself, column by column.
            "parquet" if packing == Packing::None => ExportFormat::Parquet,
            _ => return None,
        };
        Some((format, packing))
    }
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Parquet(#[from] ParquetError),
}

/// A table on its way to a file.
pub struct Export<'w> {
    schema: Schema,
    writing: Writing<'w>,
    /// No rows came yet.
    first: bool,
}

enum Writing<'w> {
    Text(ExportFormat, Packed<'w>),
    Parquet(Box<ParquetWriter<&'w mut (dyn Write + Send)>>),
}

enum Packed<'w> {
    Plain(&'w mut (dyn Write + Send)),
    Gzip(Box<flate2::write::GzEncoder<&'w mut (dyn Write + Send)>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, &'w mut (dyn Write + Send)>>),
}

impl<'w> Export<'w> {
    pub fn new(
        format: ExportFormat,
        packing: Packing,
        schema: Schema,
        to: &'w mut (dyn Write + Send),
    ) -> Result<Export<'w>, ExportError> {
        let writing = match (format, packing) {
            (ExportFormat::Parquet, _) => Writing::Parquet(Box::new(ParquetWriter::new(&schema, to)?)),
            (_, Packing::None) => Writing::Text(format, Packed::Plain(to)),
            (_, Packing::Gzip) => {
                let packed = flate2::write::GzEncoder::new(to, flate2::Compression::default());
                Writing::Text(format, Packed::Gzip(Box::new(packed)))
            }
            (_, Packing::Zstd) => {
                let packed = zstd::stream::write::Encoder::new(to, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                Writing::Text(format, Packed::Zstd(Box::new(packed)))
            }
        };
        Ok(Export { schema, writing, first: true })
    }

    /// Writes rows below those before.
    pub fn push(&mut self, rows: Vec<Row>) -> Result<(), ExportError> {
        let first = std::mem::take(&mut self.first);
        let (format, to) = match &mut self.writing {
            Writing::Parquet(writer) => return Ok(writer.push(rows)?),
            Writing::Text(format, to) => (*format, to),
        };
        let bytes = match (format, first) {
            (ExportFormat::Csv, true) => delimited(Delimiter::Comma, &self.schema, &rows),
            (ExportFormat::Csv, false) => delimited_rows(Delimiter::Comma, &self.schema, &rows),
            (ExportFormat::Tsv, true) => delimited(Delimiter::Tab, &self.schema, &rows),
            (ExportFormat::Tsv, false) => delimited_rows(Delimiter::Tab, &self.schema, &rows),
            _ => jsonl(&self.schema, &rows),
        };
        to.write_all(&bytes)?;
        Ok(())
    }

    /// Ends the file. A table without rows has its columns' names all the same.
    pub fn finish(mut self) -> Result<(), ExportError> {
        if self.first {
            self.push(Vec::new())?;
        }
        match self.writing {
            Writing::Parquet(writer) => writer.finish()?,
            Writing::Text(_, Packed::Plain(to)) => to.flush()?,
            Writing::Text(_, Packed::Gzip(to)) => to.finish()?.flush()?,
            Writing::Text(_, Packed::Zstd(to)) => to.finish()?.flush()?,
        }
        Ok(())
    }
}

impl Write for Packed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packed::Plain(to) => to.write(bytes),
            Packed::Gzip(to) => to.write(bytes),
            Packed::Zstd(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packed::Plain(to) => to.flush(),
            Packed::Gzip(to) => to.flush(),
            Packed::Zstd(to) => to.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_a_table_is_written() {
        assert_eq!(ExportFormat::of_name("a.jsonl"), Some((ExportFormat::Jsonl, Packing::None)));
        assert_eq!(ExportFormat::of_name("b/a.csv.gz"), Some((ExportFormat::Csv, Packing::Gzip)));
        assert_eq!(ExportFormat::of_name("a.tsv.zst"), Some((ExportFormat::Tsv, Packing::Zstd)));
        assert_eq!(ExportFormat::of_name("a.parquet"), Some((ExportFormat::Parquet, Packing::None)));
        for name in ["a.parquet.gz", "a.xlsx", "a", "a.gz"] {
            assert_eq!(ExportFormat::of_name(name), None, "{name}");
        }
    }
}
