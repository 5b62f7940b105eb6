//! `tgp show`

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::program::{Expr, NodeId, Program};
use crate::check::{check_condition, speaks_of_failures};
use crate::data::row::Row;
use crate::data::schema::{Column, Schema};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::data::write::{Export, ExportError, ExportFormat, Packing};
use crate::diagnostics::similar::instead;
use crate::diagnostics::source::{Source, SourceId, Sources};
use crate::engine::allowance::Asking;
use crate::engine::run::Run;
use crate::engine::table::Table;
use crate::report::measure_view::measure_view;
use crate::report::rows_view::{RowsOptions, rows_table};
use crate::session::{Opened, SessionError, results, telling};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Show a node's rows; what is not known of them yet is worked out, without asking any model
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tgp show jailbreak.tgp verdicts --where 'outcome == complied' --columns request,reply\n  \
    tgp show jailbreak.tgp verdicts --failures\n  tgp show jailbreak.tgp verdicts -o verdicts.parquet\n\n\
    A file's name says its format: .jsonl, .csv, .tsv (packed with .gz or .zst after it) or .parquet."
)]
pub(super) struct Arguments {
    file: PathBuf,

    /// The node to show
    node: String,

    /// Only rows for which this expression over the node's columns is true
    #[arg(long = "where", value_name = "EXPR")]
    condition: Option<String>,

    /// Only these columns, in this order
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,

    /// Each row's identity as well, which `tgp trace` takes
    #[arg(long)]
    ids: bool,

    /// The rows that failed, each with its reason
    #[arg(long)]
    failures: bool,

    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Write to this file
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,

    /// Show at most N rows; a table shows 20 unless told otherwise, a file all
    #[arg(short = 'n', long, value_name = "N")]
    rows: Option<usize>,

    #[command(flatten)]
    choices: RunChoices,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Table,
    Jsonl,
    Csv,
    Tsv,
    Parquet,
}

/// Whether rows are shown, or written as what.
#[derive(Clone, Copy)]
enum Form {
    Table,
    Export(ExportFormat, Packing),
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    // Looking costs nothing.
    opening.allowance.asking = Asking::Nobody;
    let form = match form(arguments, screen) {
        Ok(form) => form,
        Err(exit) => return exit,
    };
    let outcome = (|| {
        let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
        let (opened, node) = opened.at_node(&arguments.node)?;
        let program = opened.sound()?;
        if let Some(exit) = unknown_column(arguments, &program, node, screen) {
            return Ok(exit);
        }
        let condition = match &arguments.condition {
            Some(text) => Some(condition(&program, node, text)?),
            None => None,
        };
        let ready = opened.ready(&opening, world)?;
        screen.warnings(&ready.warnings);
        let finished = super::run::drive(&ready.run, &[node], Manner::Quiet, screen)?;
        let table = finished.tables.get(&ready.run.plan.table_of(node)).cloned().unwrap_or_default();
        let wanted = Wanted { arguments, run: &ready.run, node, table: &table, condition };
        match form {
            Form::Table => wanted.show(&program, screen),
            Form::Export(format, packing) => {
                wanted.export(format, packing, &program.nodes[node.0 as usize].schema, world, screen)
            }
        }
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}

/// What is to be made of the rows, by `--format` and the name of the file.
fn form(arguments: &Arguments, screen: &Screen) -> Result<Form, Exit> {
    let name = arguments.output.as_ref().map(|path| path.to_string_lossy().into_owned());
    let by_name = name.as_deref().and_then(ExportFormat::of_name);
    let packing = by_name.map_or(Packing::None, |(_, packing)| packing);
    let form = match (arguments.format, by_name, &name) {
        (Some(Format::Table), _, _) | (None, None, None) => Form::Table,
        (Some(Format::Jsonl), _, _) => Form::Export(ExportFormat::Jsonl, packing),
        (Some(Format::Csv), _, _) => Form::Export(ExportFormat::Csv, packing),
        (Some(Format::Tsv), _, _) => Form::Export(ExportFormat::Tsv, packing),
        (Some(Format::Parquet), _, _) => Form::Export(ExportFormat::Parquet, Packing::None),
        (None, Some((format, packing)), _) => Form::Export(format, packing),
        (None, None, Some(name)) => {
            let help = "end the name with .jsonl, .csv, .tsv or .parquet, or give --format";
            screen.error(&format!("`{name}` does not say in which format to write"), Some(help));
            return Err(Exit::Wrong);
        }
    };
    if matches!(form, Form::Export(ExportFormat::Parquet, _)) && name.is_none() {
        screen.error("Parquet is no text for a terminal", Some("name a file with -o rows.parquet"));
        return Err(Exit::Wrong);
    }
    Ok(form)
}

/// Tells the first of the wanted columns that the node does not have.
fn unknown_column(arguments: &Arguments, program: &Program, node: NodeId, screen: &Screen) -> Option<Exit> {
    let declared = &program.nodes[node.0 as usize];
    let unknown = arguments.columns.iter().find(|name| declared.schema.column(name).is_none())?;
    let names: Vec<&str> = declared.schema.visible().map(|(_, column)| &*column.name).collect();
    let help = instead(unknown, names.iter().copied());
    screen.error(&format!("`{}` has no column `{unknown}`", declared.name), Some(&help));
    Some(Exit::Wrong)
}

/// A condition over a node's columns, as given on the command line.
pub(super) fn condition(program: &Program, node: NodeId, text: &str) -> Result<Expr, SessionError> {
    let mut sources = Sources::default();
    sources.add(Source::new("--where", None, text));
    let checked = check_condition(program, node, SourceId(0), text);
    checked
        .map(|(condition, _)| condition)
        .map_err(|diagnostics| SessionError::Diagnostics(diagnostics, sources))
}

/// The rows that are asked for.
struct Wanted<'a> {
    arguments: &'a Arguments,
    run: &'a Run,
    node: NodeId,
    table: &'a Table,
    condition: Option<Expr>,
}

impl Wanted<'_> {
    fn keeps(&self, row: &Row) -> bool {
        // A condition on failures is meant for the rows that failed too.
        let is_of_failures = !self.arguments.failures && speaks_of_failures(&self.condition);
        (is_of_failures || row.failure.is_some() == self.arguments.failures)
            && self.condition.as_ref().is_none_or(|it| telling::meets(self.run, self.node, it, row))
    }

    fn show(&self, program: &Program, screen: &Screen) -> Result<Exit, SessionError> {
        let arguments = self.arguments;
        let declared = &program.nodes[self.node.0 as usize];
        let mut rows = results::rows(self.run, self.table)?;
        rows.retain(|row| self.keeps(row));
        let mut schema = declared.schema.clone();
        if arguments.ids {
            rows.iter_mut().for_each(|row| *row = identified(row, declared.schema.columns.len()));
            schema.columns.push(identity());
        }
        let whole = arguments.columns.is_empty()
            && arguments.condition.is_none()
            && !arguments.failures
            && !arguments.ids;
        let text = if declared.kind == NodeKind::Measure && whole {
            measure_view(program, self.node, &rows).render(screen.width, screen.colour_output)
        } else {
            let options = RowsOptions {
                columns: arguments.columns.clone(),
                limit: Some(arguments.rows.unwrap_or(20)),
                width: Some(screen.width),
                failures: arguments.failures,
            };
            rows_table(&schema, &rows, &options)
        };
        screen.print(&text);
        Ok(Exit::Complete)
    }

    fn export(
        &self,
        format: ExportFormat,
        packing: Packing,
        schema: &Schema,
        world: &Arc<dyn World>,
        screen: &Screen,
    ) -> Result<Exit, SessionError> {
        let width = schema.columns.len();
        let mut places = places(schema, &self.arguments.columns);
        let mut schema = schema.clone();
        if self.arguments.ids {
            places.push(width);
            schema.columns.push(identity());
        }
        // What is asked for by name is written, hidden or not.
        let column = |at: &usize| Column { hidden: false, ..schema.columns[*at].clone() };
        let schema = Schema { columns: places.iter().map(column).collect() };
        // What the rows came to, which is no matter of the file they go to.
        let mut problem = None;
        let mut written = 0;
        let mut fill = |to: &mut (dyn Write + Send)| {
            let mut export = Export::new(format, packing, schema.clone(), to).map_err(as_io)?;
            let most = self.arguments.rows.unwrap_or(usize::MAX);
            for chunk in self.run.shelf.rows(self.table) {
                let rows = chunk.map_err(|error| {
                    problem = Some(error);
                    io::Error::other("a table's rows are not there")
                })?;
                let rows: Vec<Row> = rows
                    .iter()
                    .filter(|row| self.keeps(row))
                    .take(most - written)
                    .map(|row| picked(&identified(row, width), &places))
                    .collect();
                written += rows.len();
                export.push(rows).map_err(as_io)?;
            }
            export.finish().map_err(as_io)
        };
        let ended = match &self.arguments.output {
            Some(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let folder = path.parent().unwrap_or(Path::new(""));
                world.write_from(folder, &mut |to| fill(to).map(|()| name.clone())).map(|_| ())
            }
            None => screen.pass(&mut fill),
        };
        if let Some(problem) = problem {
            return Err(problem.into());
        }
        match (&self.arguments.output, ended) {
            (Some(path), Err(error)) => {
                screen.error(&format!("`{}` can't be written: {error}", path.display()), None);
                Ok(Exit::Stopped)
            }
            (None, Err(error)) => {
                screen.error(&format!("the rows can't be written: {error}"), None);
                Ok(Exit::Stopped)
            }
            (Some(path), Ok(())) => {
                let rows = if written == 1 { "row" } else { "rows" };
                screen.tell(&format!("{written} {rows} in {}", path.display()));
                Ok(Exit::Complete)
            }
            (None, Ok(())) => Ok(Exit::Complete),
        }
    }
}

fn as_io(error: ExportError) -> io::Error {
    match error {
        ExportError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// The column of identities.
fn identity() -> Column {
    Column { name: "_id".into(), kind: Type::Id, hidden: false }
}

/// A row with its identity behind its values; a failed row may lack some of them.
fn identified(row: &Row, width: usize) -> Row {
    let mut values = row.values.clone();
    values.resize(width, Value::Missing);
    values.push(Value::Id(row.id));
    Row { values, ..row.clone() }
}

/// Where the wanted columns stand, in the order wanted; the visible ones for none.
fn places(schema: &Schema, columns: &[String]) -> Vec<usize> {
    if columns.is_empty() {
        return schema.visible().map(|(at, _)| at).collect();
    }
    columns.iter().filter_map(|name| schema.column(name).map(|(at, _)| at)).collect()
}

fn picked(row: &Row, places: &[usize]) -> Row {
    let values = places.iter().map(|at| row.values.get(*at).cloned().unwrap_or(Value::Missing)).collect();
    Row { values, ..row.clone() }
}
