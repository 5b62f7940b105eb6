//! A node's rows as a dataset, with a card that says where they come from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::check::program::NodeId;
use crate::data::json::render;
use crate::data::row::Row;
use crate::data::schema::{Column, Schema};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::data::write::{Delimiter, delimited, jsonl, parquet};
use crate::digest::Digest;
use crate::engine::run::{Finished, Run};
use crate::plan::canonical::holds_images;
use crate::plan::draw::kind;
use crate::project::lock::LOCK;
use crate::world::World;

use super::open::{Opened, SessionError};
use super::results;

/// The column that holds each row's identity, by which another program may know it.
pub const CASE: &str = "case";

/// In which form a dataset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Jsonl,
    Parquet,
    Csv,
}

impl Form {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Form> {
        match path.extension()?.to_str()? {
            "jsonl" => Some(Form::Jsonl),
            "parquet" => Some(Form::Parquet),
            "csv" => Some(Form::Csv),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Form::Jsonl => "jsonl",
            Form::Parquet => "parquet",
            Form::Csv => "csv",
        }
    }
}

/// A dataset and its card.
pub struct Frozen {
    pub bytes: Vec<u8>,
    pub card: String,
    pub rows: u64,
    /// Rows that failed and are not in it.
    pub failed: u64,
}

#[derive(Serialize)]
struct Card<'a> {
    file: String,
    hash: Digest,
    rows: u64,
    /// Rows of the node that failed and are not in the dataset.
    failed: u64,
    /// How another program reads it.
    read: String,
    tgp: &'static str,
    frozen: String,
    source: Source<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<&'a str, Vec<&'a str>>,
    column: Vec<CardColumn>,
}

#[derive(Serialize)]
struct Source<'a> {
    pipeline: &'a str,
    version: &'a str,
    /// Of the program's text.
    hash: Option<Digest>,
    node: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<&'a str>,
    seed: i64,
    /// Of `tgp.lock`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Digest>,
}

#[derive(Serialize)]
struct CardColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Writes the rows of a node that did not fail; `columns` of it, or all that a dataset can hold.
pub fn freeze(
    run: &Run,
    finished: &Finished,
    opened: &Opened,
    node: NodeId,
    columns: &[String],
    path: &Path,
    world: &dyn World,
) -> Result<Frozen, SessionError> {
    let unfit = |problem: String| SessionError::Unfit { path: path.display().to_string(), problem };
    let form = Form::of(path)
        .ok_or_else(|| unfit("a dataset's name ends in .jsonl, .parquet or .csv".to_owned()))?;
    let program = &run.ground.program;
    let declared = &program.nodes[node.0 as usize];
    let table = finished.tables.get(&run.plan.table_of(node)).cloned().unwrap_or_default();
    let rows = results::rows(run, &table)?;
    let failed = rows.iter().filter(|row| row.failure.is_some()).count() as u64;
    let places = places(&declared.schema, columns).map_err(unfit)?;
    let schema = laid(&declared.schema, &places);
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| row.failure.is_none())
        .map(|row| {
            let values = places.iter().map(|at| row.values.get(*at).cloned().unwrap_or(Value::Missing));
            let values = std::iter::once(Value::text(row.id.to_string())).chain(values).collect();
            Row { values, ..row }
        })
        .collect();
    let bytes = match form {
        Form::Jsonl => jsonl(&schema, &rows),
        Form::Csv => delimited(Delimiter::Comma, &schema, &rows),
        Form::Parquet => parquet(&schema, &rows).map_err(|error| unfit(error.to_string()))?,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let column =
        |column: &Column| CardColumn { name: column.name.to_string(), kind: column.kind.to_string() };
    let fields: Vec<String> =
        schema.columns.iter().map(|column| format!("{}: {}", column.name, column.kind)).collect();
    let text = opened.sources.get(declared.span.source);
    let card = Card {
        hash: Digest::of(&bytes),
        rows: rows.len() as u64,
        failed,
        read: format!("read {} \"{name}\" as {{ {} }}\nkey {CASE}\n", form.word(), fields.join(", ")),
        file: name,
        tgp: env!("CARGO_PKG_VERSION"),
        frozen: super::sealing::moment(world.now()),
        source: Source {
            pipeline: &program.name,
            version: &program.version,
            hash: text.map(|source| Digest::of(source.text.as_bytes())),
            node: &declared.name,
            kind: kind(declared.kind),
            edition: run.memo.edition(),
            seed: program.seed,
            lock: world.read(&opened.project.root.join(LOCK)).ok().map(|bytes| Digest::of(&bytes)),
        },
        parameters: program
            .parameters
            .iter()
            .map(|one| (&*one.name, render(&one.value, &one.kind).into_owned()))
            .collect(),
        models: program
            .models
            .iter()
            .map(|model| (&*model.name, model.bindings.iter().map(|binding| &*binding.name).collect()))
            .collect(),
        column: schema.columns.iter().map(column).collect(),
    };
    let card = toml::to_string(&card).map_err(|error| unfit(error.to_string()))?;
    let card = format!("# Written by `tgp freeze`: where this dataset comes from.\n{card}");
    Ok(Frozen { bytes, card, rows: rows.len() as u64, failed })
}

/// Where the card of a dataset stands.
pub fn card_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".card.toml");
    path.with_file_name(name)
}

/// The places of the wanted columns; of all that can be written for none.
fn places(schema: &Schema, columns: &[String]) -> Result<Vec<usize>, String> {
    if columns.is_empty() {
        let places = schema.visible().filter(|(_, column)| &*column.name != CASE && writable(&column.kind));
        return Ok(places.map(|(at, _)| at).collect());
    }
    let each = columns.iter().map(|name| match schema.column(name) {
        None => Err(format!("there is no column `{name}`")),
        Some((_, column)) if !writable(&column.kind) => {
            Err(format!("column `{name}` holds what no dataset of rows can: {}", column.kind))
        }
        Some((at, _)) => Ok(at),
    });
    each.collect()
}

fn laid(schema: &Schema, places: &[usize]) -> Schema {
    let case = Column { name: CASE.into(), kind: Type::Text, hidden: false };
    let columns = places.iter().filter_map(|at| schema.columns.get(*at).cloned());
    Schema { columns: std::iter::once(case).chain(columns).collect() }
}

/// Whether a type can be written and read again: pictures live in the store, and a row's identity
/// means nothing elsewhere.
fn writable(kind: &Type) -> bool {
    fn holds_identity(kind: &Type) -> bool {
        match kind {
            Type::Id => true,
            Type::List(of) | Type::Optional(of) => holds_identity(of),
            Type::Record(fields) => fields.iter().any(|field| holds_identity(&field.kind)),
            _ => false,
        }
    }
    !holds_images(kind) && !holds_identity(kind)
}
