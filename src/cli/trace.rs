//! `tgp trace`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::program::{NodeId, Program};
use crate::data::row::Row;
use crate::engine::allowance::Asking;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::session::trace::{glimpse, trace};
use crate::session::{Opened, SessionError, results, telling};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::runtime::runtime;
use super::screen::Screen;
use super::show::condition;

/// Follow a row from its source through each prompt and reply to its verdict
///
/// Nobody is asked: what is told comes from the record.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tgp trace jailbreak.tgp verdicts 3fa9c21b    the row whose identity begins so\n  \
    tgp trace jailbreak.tgp verdicts 'model == \"a\" and outcome == refused'\n  \
    tgp trace jailbreak.tgp 3fa9c21b             the same row, wherever it went last"
)]
pub(super) struct Arguments {
    file: PathBuf,

    /// The node that has the row, or the row
    #[arg(value_name = "NODE")]
    node: String,

    /// The row: the beginning of its identity, or an expression over the node's columns that is
    /// true for it
    #[arg(value_name = "ROW")]
    row: Option<String>,

    /// Follow this many of the rows that fit
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
    rows: usize,

    #[command(flatten)]
    choices: RunChoices,

    /// A line of JSON a row
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    opening.allowance.asking = Asking::Nobody;
    let outcome = (|| {
        let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
        // Without a node the row may be one of any run.
        let (runs, wanted) = match &arguments.row {
            Some(row) => {
                let (run, node) = opened.at_node(&arguments.node)?;
                (vec![(run, Some(node))], row)
            }
            None => (opened.runs()?.into_iter().map(|run| (run, None)).collect(), &arguments.node),
        };
        for (opened, node) in runs {
            let program = opened.sound()?;
            let only: Vec<NodeId> = node.into_iter().collect();
            let nodes = if only.is_empty() { latest_first(&program) } else { only.clone() };
            let ready = opened.ready(&opening, world)?;
            screen.warnings(&ready.warnings);
            let run = &ready.run;
            let finished = super::run::drive(run, &only, Manner::Quiet, screen)?;
            if let Some((node, rows)) = find(run, &finished, &program, &nodes, wanted)? {
                return told(arguments, &opened, run, &finished, node, &rows, screen);
            }
        }
        let of = if arguments.row.is_some() { format!(" of `{}`", arguments.node) } else { String::new() };
        screen.error(
            &format!("no row{of} fits `{wanted}`"),
            Some("give the beginning of a row's identity (`tgp show FILE NODE --ids`), or an expression"),
        );
        Ok(Exit::Wrong)
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}

/// All nodes whose rows can be followed, those that others read last.
fn latest_first(program: &Program) -> Vec<NodeId> {
    let mut nodes = crate::plan::plan::node_order(program);
    nodes.reverse();
    nodes.retain(|id| program.nodes.get(id.0 as usize).is_some_and(|node| node.kind != NodeKind::Measure));
    nodes
}

/// The first node with rows that fit, and these rows.
fn find(
    run: &Run,
    finished: &Finished,
    program: &Program,
    nodes: &[NodeId],
    wanted: &str,
) -> Result<Option<(NodeId, Vec<Row>)>, SessionError> {
    let is_identity =
        wanted.len() >= 4 && wanted.len() <= 32 && wanted.chars().all(|c| c.is_ascii_hexdigit());
    for node in nodes {
        let Some(table) = finished.tables.get(&run.plan.table_of(*node)) else { continue };
        let mut rows = results::rows(run, table)?;
        if is_identity {
            rows.retain(|row| row.id.to_string().starts_with(&wanted.to_lowercase()));
        } else if nodes.len() > 1 {
            return Ok(None);
        } else {
            let condition = condition(program, *node, wanted)?;
            rows.retain(|row| telling::meets(run, *node, &condition, row));
        }
        if !rows.is_empty() {
            return Ok(Some((*node, rows)));
        }
    }
    Ok(None)
}

fn told(
    arguments: &Arguments,
    opened: &Opened,
    run: &Arc<Run>,
    finished: &Finished,
    node: NodeId,
    rows: &[Row],
    screen: &Screen,
) -> Result<Exit, SessionError> {
    let declared = &run.ground.program.nodes[node.0 as usize];
    if declared.kind == NodeKind::Measure {
        let of = declared.inputs.first().and_then(|input| run.ground.program.nodes.get(input.0 as usize));
        let of = of.map(|node| node.name.to_string()).unwrap_or_default();
        screen.error(
            &format!("a number of `{}` stands on many rows", declared.name),
            Some(&format!(
                "follow one of them: `tgp trace {} {} ROW`",
                arguments.file.display(),
                opened.prefixed(&of)
            )),
        );
        return Ok(Exit::Wrong);
    }
    let runtime = runtime().map_err(|error| RunError::Broken(error.to_string()))?;
    for (at, row) in rows.iter().take(arguments.rows.max(1)).enumerate() {
        let traced = runtime.block_on(trace(run, finished, opened, node, row))?;
        if arguments.json {
            let line = serde_json::to_string(&traced).unwrap_or_default();
            screen.print(&format!("{line}\n"));
            continue;
        }
        if at > 0 {
            screen.print(&format!("\n{}\n\n", "─".repeat(screen.width.min(100))));
        }
        screen.print(&traced.render(screen.colour_output));
    }
    let rest = rows.len().saturating_sub(arguments.rows.max(1));
    if rest > 0 && !arguments.json {
        let others = rows.iter().skip(arguments.rows.max(1)).take(5);
        let each = others.map(|row| {
            let id: String = row.id.to_string().chars().take(10).collect();
            format!("  {id}  {}", glimpse(&declared.schema, row))
        });
        screen.tell(&format!("\n{rest} more rows fit; -n {} shows all:", rows.len()));
        each.for_each(|line| screen.tell(&line));
    }
    Ok(Exit::Complete)
}
