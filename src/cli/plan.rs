//! `tgp plan`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::check::program::NodeId;
use crate::engine::run::Run;
use crate::plan::draw::kind;
use crate::session::explain::{Remembered, Why, is_known};
use crate::session::{Opened, Opening, SessionError};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::{Manner, counts};
use super::screen::Screen;

/// Say what a run would do and why, before it costs anything
///
/// What needs no model is worked out on the way, so that rows and calls are counted and not guessed.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    #[command(flatten)]
    choices: RunChoices,

    #[arg(long)]
    json: bool,
}

/// One node of a plan.
#[derive(serde::Serialize)]
struct Planned {
    node: String,
    kind: &'static str,
    /// Nothing is to be done.
    known: bool,
    rows: u64,
    /// Calls that would go out for the rows that are known to come in.
    calls: u64,
    /// Replies on record.
    recorded: u64,
    why: Option<Why>,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    opening.allowance.offline = true;
    match planned(arguments, &opening, world, screen) {
        Ok(nodes) if arguments.json => {
            let lines = nodes.iter().filter_map(|node| serde_json::to_string(node).ok());
            screen.print(&lines.map(|line| line + "\n").collect::<String>());
            Exit::Complete
        }
        Ok(nodes) => {
            screen.print(&rendered(&nodes));
            Exit::Complete
        }
        Err(error) => screen.session_error(&error),
    }
}

fn planned(
    arguments: &Arguments,
    opening: &Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Vec<Planned>, SessionError> {
    let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
    let program = opened.sound()?;
    let only = arguments
        .choices
        .only
        .iter()
        .map(|name| opened.node(&program, name))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(suite) = &program.suite {
        let (store, warnings) = opened.store(opening)?;
        screen.warnings(&warnings);
        let mut all = Vec::new();
        for place in 0..suite.runs.len() {
            let allowance = opening.allowance.clone();
            let entry = opened.entry(suite, place, store.clone(), opening, allowance, world)?;
            let Some(entry) = entry else { continue };
            let nodes = nodes(&entry.run, &entry.file, &[], screen)?;
            all.extend(nodes.into_iter().map(|node| Planned { node: format!("{}.{}", entry.name, node.node), ..node }));
        }
        return Ok(all);
    }
    let ready = opened.ready(opening, world)?;
    screen.warnings(&ready.warnings);
    nodes(&ready.run, &opened.file, &only, screen)
}

/// What a run would do with its nodes.
fn nodes(run: &Arc<Run>, file: &Path, only: &[NodeId], screen: &Screen) -> Result<Vec<Planned>, SessionError> {
    let remembered = Remembered::load(run, &file.to_string_lossy())?;
    let finished = super::run::drive(run, only, Manner::Quiet, screen)?;
    let nodes = run.ground.program.nodes.iter().zip(0..).map(|(node, at)| {
        let id = NodeId(at);
        let known = is_known(run, &finished, id);
        let (counts, _) = counts(run, id);
        Planned {
            node: node.name.to_string(),
            kind: kind(node.kind),
            known,
            rows: counts.rows,
            calls: counts.absent,
            recorded: counts.recorded,
            why: (!known).then(|| remembered.why(run, id)),
        }
    });
    Ok(nodes.collect())
}

fn rendered(nodes: &[Planned]) -> String {
    let wide = nodes.iter().map(|node| node.node.len()).max().unwrap_or(0);
    let mut out = String::new();
    for node in nodes {
        let why = match &node.why {
            None => "known".to_owned(),
            Some(Why::New) => "new".to_owned(),
            Some(Why::Input) => "what comes in differs".to_owned(),
            Some(Why::Changed { was, is }) => format!("changed\n{}", difference(was, is)),
        };
        out.push_str(&format!("  {:<8} {:<wide$} {:>9} rows", node.kind, node.node, node.rows));
        let calls = if node.calls > 0 { format!("{} calls", node.calls) } else { String::new() };
        out.push_str(&format!("  {calls:>14}  {why}\n"));
    }
    let calls: u64 = nodes.iter().map(|node| node.calls).sum();
    let waits = nodes.iter().any(|node| node.calls > 0);
    out.push_str(&format!("\n{calls} calls to make"));
    out.push_str(if waits { ", and those that follow from their answers\n" } else { "\n" });
    out
}

/// The two manifests' lines, cut to where they differ.
fn difference(was: &str, is: &str) -> String {
    let same = was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(30);
    let part = |text: &str| -> String {
        let cut: String = text.chars().skip(from).take(90).collect();
        if from > 0 { format!("…{cut}") } else { cut }
    };
    format!("             was  {}\n             is   {}", part(was), part(is))
}
