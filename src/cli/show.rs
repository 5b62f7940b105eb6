//! `tgp show`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::check_condition;
use crate::check::program::{Expr, NodeId, Program};
use crate::data::row::Row;
use crate::data::schema::Schema;
use crate::data::write::{Delimiter, delimited, jsonl};
use crate::diagnostics::source::{Source, SourceId, Sources};
use crate::engine::allowance::Asking;
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
    tgp show jailbreak.tgp verdicts --failures\n  tgp show jailbreak.tgp verdicts --format jsonl -o verdicts.jsonl"
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
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    // Looking costs nothing.
    opening.allowance.asking = Asking::Nobody;
    let outcome = (|| {
        let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
        let program = opened.sound()?;
        let node = opened.node(&program, &arguments.node)?;
        let ready = opened.ready(&opening, world)?;
        screen.warnings(&ready.warnings);
        let finished = super::run::drive(&ready.run, &[node], Manner::Quiet, screen)?;
        let table = finished.tables.get(&ready.run.plan.table_of(node)).cloned().unwrap_or_default();
        let mut rows = results::rows(&ready.run, &table)?;
        rows.retain(|row| row.failure.is_some() == arguments.failures);
        if let Some(text) = &arguments.condition {
            let condition = condition(&program, node, text)?;
            rows.retain(|row| telling::meets(&ready.run, node, &condition, row));
        }
        write(arguments, &program, node, rows, world, screen)
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}

/// A condition over a node's columns, as given on the command line.
fn condition(program: &Program, node: NodeId, text: &str) -> Result<Expr, SessionError> {
    let mut sources = Sources::default();
    sources.add(Source::new("--where", None, text));
    let checked = check_condition(program, node, SourceId(0), text);
    checked
        .map(|(condition, _)| condition)
        .map_err(|diagnostics| SessionError::Diagnostics(diagnostics, sources))
}

fn write(
    arguments: &Arguments,
    program: &Program,
    node: NodeId,
    mut rows: Vec<Row>,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Exit, SessionError> {
    let declared = &program.nodes[node.0 as usize];
    let schema = &declared.schema;
    let format =
        arguments.format.unwrap_or(match arguments.output.as_ref().and_then(|path| path.extension()) {
            Some(extension) if extension == "csv" => Format::Csv,
            Some(extension) if extension == "tsv" => Format::Tsv,
            Some(_) => Format::Jsonl,
            None => Format::Table,
        });
    let whole = arguments.columns.is_empty() && arguments.condition.is_none() && !arguments.failures;
    let bytes = match format {
        Format::Table if declared.kind == NodeKind::Measure && whole => {
            measure_view(program, node, &rows).render(screen.width, screen.colour_output).into_bytes()
        }
        Format::Table => {
            let options = RowsOptions {
                columns: arguments.columns.clone(),
                limit: Some(arguments.rows.unwrap_or(20)),
                width: Some(screen.width),
                failures: arguments.failures,
            };
            rows_table(schema, &rows, &options).into_bytes()
        }
        _ => {
            rows.truncate(arguments.rows.unwrap_or(usize::MAX));
            let (schema, rows) = picked(schema, rows, &arguments.columns);
            match format {
                Format::Csv => delimited(Delimiter::Comma, &schema, &rows),
                Format::Tsv => delimited(Delimiter::Tab, &schema, &rows),
                _ => jsonl(&schema, &rows),
            }
        }
    };
    match &arguments.output {
        Some(path) => {
            if let Err(error) = world.write(path, &bytes) {
                screen.error(&format!("`{}` can't be written: {error}", path.display()), None);
                return Ok(Exit::Stopped);
            }
        }
        None => screen.print(&String::from_utf8_lossy(&bytes)),
    }
    Ok(Exit::Complete)
}

/// The wanted columns of a table, in the order wanted; all for none.
fn picked(schema: &Schema, rows: Vec<Row>, columns: &[String]) -> (Schema, Vec<Row>) {
    if columns.is_empty() {
        return (schema.clone(), rows);
    }
    let places: Vec<usize> =
        columns.iter().filter_map(|name| schema.column(name).map(|(at, _)| at)).collect();
    let narrowed = Schema { columns: places.iter().map(|at| schema.columns[*at].clone()).collect() };
    let pick = |row: Row| Row {
        values: places.iter().filter_map(|at| row.values.get(*at).cloned()).collect(),
        ..row
    };
    (narrowed, rows.into_iter().map(pick).collect())
}
