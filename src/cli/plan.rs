//! `tgp plan`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::check::program::NodeId;
use crate::engine::allowance::Asking;
use crate::engine::run::Run;
use crate::engine::tally::Tally;
use crate::plan::draw::kind;
use crate::report::number::{count, counted, money};
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
    /// Calls that would go out. What follows from an answer that is not known is counted with a
    /// stand-in for it.
    calls: u64,
    /// Tokens of those calls, sent and received, about.
    tokens: u64,
    /// What they would cost, about, as far as prices are known.
    microdollars: u64,
    /// Replies on record.
    recorded: u64,
    why: Option<Why>,
}

/// The nodes, and what would be asked of each model.
type Forecast = (Vec<Planned>, Vec<(String, Tally)>);

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    opening.allowance.asking = Asking::Forecast;
    match planned(arguments, &opening, world, screen) {
        Ok((nodes, models)) if arguments.json => {
            let nodes = nodes.iter().filter_map(|node| serde_json::to_string(node).ok());
            let model = |(name, tally): &(String, Tally)| {
                serde_json::json!({ "model": name, "expected": tally }).to_string()
            };
            let lines = nodes.chain(models.iter().map(model));
            screen.print(&lines.map(|line| line + "\n").collect::<String>());
            Exit::Complete
        }
        Ok((nodes, models)) => {
            screen.print(&rendered(&nodes, &models));
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
) -> Result<Forecast, SessionError> {
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
        let mut all = (Vec::new(), Vec::new());
        for place in 0..suite.runs.len() {
            let allowance = opening.allowance.clone();
            let entry = opened.entry(suite, place, store.clone(), opening, allowance, world)?;
            let Some(entry) = entry else { continue };
            let (nodes, models) = nodes(&entry.run, &entry.file, &[], screen)?;
            let named = |node: Planned| Planned { node: format!("{}.{}", entry.name, node.node), ..node };
            all.0.extend(nodes.into_iter().map(named));
            all.1.extend(models);
        }
        return Ok(all);
    }
    let ready = opened.ready(opening, world)?;
    screen.warnings(&ready.warnings);
    nodes(&ready.run, &opened.file, &only, screen)
}

/// What a run would do with its nodes.
fn nodes(run: &Arc<Run>, file: &Path, only: &[NodeId], screen: &Screen) -> Result<Forecast, SessionError> {
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
            tokens: counts.expected_tokens,
            microdollars: counts.expected_cost,
            recorded: counts.recorded,
            why: (!known).then(|| remembered.why(run, id)),
        }
    });
    Ok((nodes.collect(), run.caller.tallies().all()))
}

fn rendered(nodes: &[Planned], models: &[(String, Tally)]) -> String {
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
        let calls = if node.calls > 0 { counted(node.calls, "call") } else { String::new() };
        let cost = if node.microdollars > 0 { about(node.microdollars) } else { String::new() };
        out.push_str(&format!("  {calls:>14}  {cost:>9}  {why}\n"));
    }
    let asked: Vec<&(String, Tally)> = models.iter().filter(|(_, tally)| tally.calls > 0).collect();
    let wide = asked.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (place, (name, tally)) in asked.iter().enumerate() {
        let money = match (tally.microdollars, tally.unpriced) {
            (0, 0) => String::new(),
            (0, _) => "price not known; state it in tgp.toml under [prices]".to_owned(),
            (spent, _) => about(spent),
        };
        let line = format!(
            "  {name:<wide$} {:>14}  about {:>11} tokens in {:>11} out  {money}",
            counted(tally.calls, "call"),
            count(tally.input),
            count(tally.output)
        );
        out.push_str(&format!("{}{}\n", if place == 0 { "\n" } else { "" }, line.trim_end()));
    }
    let sum = |part: fn(&Planned) -> u64| nodes.iter().map(part).sum::<u64>();
    let calls = sum(|node| node.calls);
    out.push_str(&match calls {
        0 => "\nno calls to make\n".to_owned(),
        calls => {
            let cost = match sum(|node| node.microdollars) {
                0 => String::new(),
                cost => format!(", {}", about(cost)),
            };
            format!(
                "\n{} to make, about {} tokens{cost}\n",
                counted(calls, "call"),
                count(sum(|node| node.tokens))
            )
        }
    });
    out
}

fn about(microdollars: u64) -> String {
    format!("~{}", money(microdollars))
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
