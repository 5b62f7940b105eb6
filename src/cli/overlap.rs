//! `tgp overlap`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::data::row::Row;
use crate::engine::allowance::Asking;
use crate::session::overlap::{Overlap, columns, overlap};
use crate::session::{Opened, SessionError, results};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Say how many of an edition's cases stood in another one, exactly or nearly
///
/// Nobody is asked: both editions must have been run.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tgp overlap jailbreak.tgp requests --edition 2026-12 --with 2026-06 --by request"
)]
pub(super) struct Arguments {
    file: PathBuf,

    /// The node whose rows are compared
    node: String,

    /// The edition to compare with
    #[arg(long, value_name = "E")]
    with: String,

    /// The columns to compare; all that hold text unless told otherwise
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    by: Vec<String>,

    /// The share of their words that two rows must have in common to be near, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    near: f64,

    #[command(flatten)]
    choices: RunChoices,

    /// The result as JSON
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
        let (opened, node) = opened.at_node(&arguments.node)?;
        let program = opened.sound()?;
        if !program.dynamic {
            screen.error(
                &format!("`{}` is not dynamic: it has one edition", arguments.file.display()),
                Some("write `dynamic` in it to have its cases made anew for each edition"),
            );
            return Ok(Exit::Wrong);
        }
        let edition = opening.edition.clone().unwrap_or_default();
        let declared = &program.nodes[node.0 as usize];
        let columns = match columns(declared, &arguments.by) {
            Ok(columns) => columns,
            Err(problem) => {
                screen.error(&problem, None);
                return Ok(Exit::Wrong);
            }
        };
        let mut tables: Vec<Vec<Row>> = Vec::new();
        for edition in [opening.edition.clone(), Some(arguments.with.clone())] {
            opening.edition = edition;
            let ready = opened.ready(&opening, world)?;
            screen.warnings(&ready.warnings);
            let finished = super::run::drive(&ready.run, &[node], Manner::Quiet, screen)?;
            let table = finished.tables.get(&ready.run.plan.table_of(node)).cloned().unwrap_or_default();
            if table.is_unsettled() {
                let edition = opening.edition.as_deref().unwrap_or_default();
                screen.error(
                    &format!("edition {edition} is not finished"),
                    Some(&format!("run it first: tgp run {} --edition {edition}", arguments.file.display())),
                );
                return Ok(Exit::Stopped);
            }
            tables.push(results::rows(&ready.run, &table)?);
        }
        let [first, second] = tables.as_slice() else { return Ok(Exit::Stopped) };
        let found = overlap(declared, &columns, first, second, arguments.near);
        if arguments.json {
            screen.print(&format!("{}\n", serde_json::json!(found)));
        } else {
            screen.print(&told(&found, &arguments.node, &edition, &arguments.with));
        }
        Ok(Exit::Complete)
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}

/// The most pairs that are shown.
const SHOWN: usize = 5;

fn told(found: &Overlap, node: &str, edition: &str, with: &str) -> String {
    let [rows, others] = found.rows;
    let share = |count: u64| format!("{:.1}%", 100.0 * count as f64 / rows.max(1) as f64);
    let fresh = rows - found.exact - found.near;
    let percent = (found.least * 100.0).round();
    let mut out = format!(
        "`{node}`, edition {edition} ({rows} rows) beside {with} ({others} rows), by {}\n\n",
        found.columns.join(", ")
    );
    out.push_str(&format!("  the same     {:>7}  {:>6}\n", found.exact, share(found.exact)));
    out.push_str(&format!(
        "  nearly       {:>7}  {:>6}  at least {percent}% of their words in common\n",
        found.near,
        share(found.near)
    ));
    out.push_str(&format!("  fresh        {fresh:>7}  {:>6}\n", share(fresh)));
    for pair in found.pairs.iter().take(SHOWN) {
        let line = |text: &str| text.replace('\n', " ").chars().take(90).collect::<String>();
        out.push_str(&format!("\n  {:.0}%  {}\n", pair.likeness * 100.0, line(&pair.first)));
        out.push_str(&format!("       {}\n", line(&pair.second)));
    }
    if found.pairs.len() > SHOWN {
        out.push_str(&format!("\n  and {} more; --json tells all\n", found.pairs.len() - SHOWN));
    }
    out
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("a share above 0 and at most 1 is wanted, such as 0.8".to_owned()),
    }
}
