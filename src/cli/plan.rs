//! `tgp plan`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::program::{NodeId, Suite};
use crate::engine::allowance::Asking;
use crate::engine::run::Run;
use crate::report::number::counted;
use crate::report::plan_view::{PlanLine, PlanView, Reason};
use crate::session::filed::Filed;
use crate::session::planned::{Planned, planned};
use crate::session::remembered::Remembered;
use crate::session::{Opened, Opening, SessionError};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Say what a run would do and why, before it costs anything
///
/// What needs no model is worked out on the way, so that rows and calls are counted and not guessed.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    #[command(flatten)]
    choices: RunChoices,

    /// A line of JSON a node
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    opening.allowance.asking = Asking::Forecast { batches: opening.allowance.asking == Asking::Batches };
    match found(arguments, &opening, world, screen) {
        Ok((nodes, _)) if arguments.json => {
            let lines = nodes.iter().filter_map(|node| serde_json::to_string(node).ok());
            screen.print(&lines.map(|line| line + "\n").collect::<String>());
            Exit::Complete
        }
        Ok((nodes, title)) => {
            let view = PlanView { title, nodes: nodes.iter().map(line).collect() };
            screen.print(&view.render(screen.width, screen.colour_output));
            Exit::Complete
        }
        Err(error) => screen.session_error(&error),
    }
}

/// The plan, and what it is the plan of.
fn found(
    arguments: &Arguments,
    opening: &Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<(Vec<Planned>, String), SessionError> {
    let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
    let program = opened.sound()?;
    let only = arguments
        .choices
        .only
        .iter()
        .map(|name| opened.node(&program, name))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(suite) = &program.suite {
        let nodes = of_suite(&opened, suite, opening, world, screen)?;
        return Ok((nodes, opened.file.display().to_string()));
    }
    let ready = opened.ready(opening, world)?;
    screen.warnings(&ready.warnings);
    let run = &ready.run;
    let nodes = of_run(run, &opened, &opened.filed(), &only, opening, screen)?;
    let edition = run.memo.edition().map(|edition| format!(", edition {edition}")).unwrap_or_default();
    Ok((nodes, format!("{}{edition}", opened.file.display())))
}

/// What a run would do with its nodes, found by running it without asking anyone.
fn of_run(
    run: &Arc<Run>,
    opened: &Opened,
    filed: &Filed<'_>,
    only: &[NodeId],
    opening: &Opening,
    screen: &Screen,
) -> Result<Vec<Planned>, SessionError> {
    let before = Remembered::load(run, filed)?;
    before.teach(run);
    let finished =
        super::run::drive(run, only, Manner::Quiet, screen).map_err(|error| opened.refused(error))?;
    let awaited = run.caller.batches().awaited();
    if awaited > 0 {
        let calls = counted(awaited as u64, "call");
        screen.tell(&format!(
            "{calls} in batches that have not been taken in; `tgp run --batch` takes them in, and none is counted here."
        ));
    }
    let now = Remembered::of(run, filed, &finished, opening.limit);
    Ok(planned(run, &finished, &before, &now)?)
}

/// The nodes of all pipelines of a suite, each under its run's name.
fn of_suite(
    opened: &Opened,
    suite: &Suite,
    opening: &Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Vec<Planned>, SessionError> {
    let (store, warnings) = opened.store(opening)?;
    screen.warnings(&warnings);
    let mut all = Vec::new();
    for place in 0..suite.runs.len() {
        let allowance = opening.allowance.clone();
        let entry = opened.entry(suite, place, store.clone(), opening, allowance, world)?;
        let Some(entry) = entry else { continue };
        let nodes = of_run(&entry.run, opened, &opened.filed_in_suite(&entry), &[], opening, screen)?;
        let named = |node: Planned| Planned { node: format!("{}.{}", entry.name, node.node), ..node };
        all.extend(nodes.into_iter().map(named));
    }
    Ok(all)
}

fn line(node: &Planned) -> PlanLine {
    let reason = |(why, told): (&crate::session::why::Why, &String)| {
        let (was, is) = why.lines();
        Reason { told: told.clone(), was, is }
    };
    PlanLine {
        name: node.node.clone(),
        kind: node.kind.to_owned(),
        known: node.known,
        rows: node.rows,
        reused: node.reused,
        calls: node.calls,
        tokens: node.tokens,
        microdollars: node.microdollars,
        unpriced: node.unpriced,
        at_most_microdollars: node.at_most_microdollars,
        guessed: node.guessed,
        asks_again: node.asks_again,
        recorded: node.recorded,
        spared: node.spared,
        saved_microdollars: node.saved_microdollars,
        waits: node.waits,
        why: node.why.iter().zip(&node.told).map(reason).collect(),
    }
}
