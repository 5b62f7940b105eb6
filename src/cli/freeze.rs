//! `tgp freeze`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::engine::allowance::Asking;
use crate::session::freezing::{card_of, freeze};
use crate::session::planned::node_counts;
use crate::session::{Opened, SessionError};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Write a node's rows as a dataset, with a card that says where they come from
///
/// Nobody is asked. Beside the dataset stands its card: pipeline and version, the hashes of the
/// program and of tgp.lock, edition, counts, and the lines with which another program reads it.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tgp freeze jailbreak.tgp requests --edition 2026-12 -o requests-2026-12.jsonl"
)]
pub(super) struct Arguments {
    file: PathBuf,

    /// The node to freeze
    node: String,

    /// Where to write it; the ending says how: .jsonl, .parquet or .csv
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,

    /// Only these columns, in this order
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    columns: Vec<String>,

    #[command(flatten)]
    choices: RunChoices,
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
        let ready = opened.ready(&opening, world)?;
        screen.warnings(&ready.warnings);
        let run = &ready.run;
        let finished = super::run::drive(run, &[node], Manner::Quiet, screen)?;
        let needed = run.plan.needed(&[node]);
        let absent: u64 = needed
            .iter()
            .map(|id| run.plan.unit(*id))
            .filter(|unit| unit.last)
            .map(|unit| node_counts(run, unit.node).absent)
            .sum();
        if absent > 0 {
            screen.error(
                &format!(
                    "`{}` is not finished: the replies to {absent} calls are not on record",
                    arguments.node
                ),
                Some(&format!(
                    "run it first: tgp run {} --only {}",
                    arguments.file.display(),
                    arguments.node
                )),
            );
            return Ok(Exit::Stopped);
        }
        let frozen = freeze(run, &finished, &opened, node, &arguments.columns, &arguments.output, &**world)?;
        let card = card_of(&arguments.output);
        for (path, bytes) in [(&arguments.output, &frozen.bytes[..]), (&card, frozen.card.as_bytes())] {
            if let Err(error) = world.write(path, bytes) {
                screen.error(&format!("`{}` can't be written: {error}", path.display()), None);
                return Ok(Exit::Stopped);
            }
        }
        screen.tell(&format!(
            "{}: {} rows; {} says where they come from.",
            arguments.output.display(),
            frozen.rows,
            card.display()
        ));
        if frozen.failed > 0 {
            screen.tell(&format!("{} rows failed and are not in it.", frozen.failed));
            return Ok(Exit::Missing);
        }
        Ok(Exit::Complete)
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}
