//! `tgp run`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use crate::check::program::NodeId;
use crate::diagnostics::diagnostic::Severity;
use crate::engine::allowance::Asking;
use crate::engine::batches::BatchNews;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::plan::draw::kind;
use crate::report::measure_view::measure_view;
use crate::session::closing_words::closing_words;
use crate::session::planned::{Planned, noted, told};
use crate::session::remembered::Remembered;
use crate::session::results::{self, NodeResult};
use crate::session::summary::summary;
use crate::session::{Opened, Opening, Ready, SessionError, telling};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::{self, Manner};
use super::runtime::runtime;
use super::screen::Screen;
use super::suite;

/// Run a file: what is known is taken, what is not is worked out, and the numbers are shown
///
/// Replies that were paid for are kept in `.tgp` and never paid for twice: a run that was stopped
/// or killed goes on where it was when it is started again.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    #[command(flatten)]
    choices: RunChoices,

    /// Events and results as lines of JSON
    #[arg(long)]
    json: bool,

    /// No progress and no summary: the results alone
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    match ran(arguments, &opening, world, screen) {
        Ok(exit) => exit,
        Err(error) if arguments.json => {
            let exit = screen.session_error(&error);
            screen.print(&format!(
                "{}\n",
                serde_json::json!({ "event": "error", "message": error.to_string() })
            ));
            exit
        }
        Err(error) => screen.session_error(&error),
    }
}

fn ran(
    arguments: &Arguments,
    opening: &Opening,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Exit, SessionError> {
    let began = Instant::now();
    let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
    let program = opened.sound()?;
    let warned = opened.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Warning);
    if warned && !arguments.json {
        screen.diagnostics(&opened.diagnostics, &opened.sources);
    }
    let only = arguments
        .choices
        .only
        .iter()
        .map(|name| opened.node(&program, name))
        .collect::<Result<Vec<_>, _>>()?;
    let manner = match (arguments.json, arguments.quiet, screen.shows_messages) {
        (true, _, _) => Manner::Json,
        (_, true, _) => Manner::Quiet,
        (_, _, true) => Manner::Live,
        _ => Manner::Plain,
    };
    if let Some(suite) = &program.suite {
        return suite::ran(&opened, &program, suite, opening, manner, world, screen);
    }
    let Ready { run, warnings } = opened.ready(opening, world)?;
    screen.warnings(&warnings);
    let before = Remembered::load(&run, &opened.filed())?;
    let finished = drive(&run, &only, manner, screen);
    // Told in any case: what a budget kept back may be why the run could not end.
    closing_words(&[&run], &opened.allowance(opening)).iter().for_each(|words| screen.tell(words));
    let finished = finished.map_err(|error| opened.refused(error))?;
    let reasons = noted(&run, &opened.filed(), &finished, &before, opening.limit)?;
    run.shelf.store().flush()?;
    let nodes = results::nodes(&run, &finished);
    if arguments.json {
        screen.print(&as_json(&run, &finished, &nodes, &reasons, began)?);
    } else {
        screen.print(&telling::tell(&run, &finished)?.render(screen.width, screen.colour_output));
        if !arguments.quiet {
            let summary = summary(&run, &nodes, &reasons, &opened.file, began.elapsed());
            screen.tell(&summary.render(screen.colour_messages));
        }
    }
    let missing = nodes.iter().any(|node| node.table.failed() > 0);
    Ok(if missing { Exit::Missing } else { Exit::Complete })
}

/// Runs to the end, showing how it goes. An interrupt asks no more and saves what is out.
pub(super) fn drive(
    run: &Arc<Run>,
    only: &[NodeId],
    manner: Manner,
    screen: &Screen,
) -> Result<Finished, RunError> {
    let runtime = runtime().map_err(|error| RunError::Broken(error.to_string()))?;
    runtime.block_on(async {
        // Over hours, with rows that wait rather than fail, a live view tells less than the news does.
        let manner = match (run.caller.asking(), manner) {
            (Asking::Batches, Manner::Live) => Manner::Plain,
            (_, manner) => manner,
        };
        let (end, ended) = tokio::sync::oneshot::channel();
        let shown = tokio::spawn(progress::show(run.clone(), manner, screen.clone(), ended));
        let interrupted = {
            let run = run.clone();
            let screen = screen.clone();
            tokio::spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    run.caller.stop();
                    screen.tell(match run.caller.asking() {
                        Asking::Batches => "\nStopping. Batches that were handed in go on at their provider: run again with --batch to take them in.",
                        _ => "\nStopping: waiting for the calls that are out, and saving them. Run again to go on.",
                    });
                }
            })
        };
        let tell = |news: &BatchNews| screen.tell(&news.to_string());
        let finished = match run.caller.asking() {
            Asking::Batches => run.run_in_batches(only, &tell).await,
            Asking::Forecast { .. } => run.forecast(only).await,
            Asking::Live | Asking::Nobody => run.run(only).await,
        };
        interrupted.abort();
        let _ = end.send(());
        let _ = shown.await;
        finished
    })
}

/// A line a node, a line a measure, a line a node of judges that agree or not, and one for the end.
fn as_json(
    run: &Run,
    finished: &Finished,
    nodes: &[NodeResult],
    reasons: &[Planned],
    began: Instant,
) -> Result<String, RunError> {
    let mut out = lines(run, finished, nodes, reasons, None)?;
    out.push_str(&end(nodes, began));
    Ok(out)
}

/// The closing line of `--json`.
pub(super) fn end(nodes: &[NodeResult], began: Instant) -> String {
    let sum = |count: fn(&NodeResult) -> u64| nodes.iter().map(count).sum::<u64>();
    let line = serde_json::json!({
        "event": "end", "calls": sum(|node| node.counts.calls), "failed": sum(|node| node.table.failed()),
        "saved_calls": sum(|node| node.counts.recorded + node.counts.spared),
        "saved_microdollars": sum(|node| node.counts.saved),
        "milliseconds": began.elapsed().as_millis() as u64,
    });
    format!("{line}\n")
}

/// What `--json` tells of a run's nodes; `named` is the run's name in a suite.
pub(super) fn lines(
    run: &Run,
    finished: &Finished,
    nodes: &[NodeResult],
    reasons: &[Planned],
    named: Option<&str>,
) -> Result<String, RunError> {
    let program = &run.ground.program;
    let mut out = String::new();
    let mut line = |mut event: serde_json::Value| {
        if let (Some(named), Some(fields)) = (named, event.as_object_mut()) {
            fields.insert("run".to_owned(), named.into());
        }
        out.push_str(&format!("{event}\n"));
    };
    for result in nodes {
        let node = &program.nodes[result.node.0 as usize];
        line(serde_json::json!({
            "event": "node", "node": &*node.name, "kind": kind(node.kind),
            "rows": result.table.rows(), "failed": result.table.failed(), "known": result.known,
            "calls": result.counts.calls, "recorded": result.counts.recorded, "repaired": result.counts.repaired,
            "reused": result.counts.reused, "spared": result.counts.spared,
            "microdollars": result.counts.spent, "saved_microdollars": result.counts.saved,
            "tokens": result.counts.tokens, "why": told(reasons, &node.name),
        }));
        if node.kind == NodeKind::Measure {
            let rows = results::rows(run, &result.table)?;
            let view = measure_view(program, result.node, &rows);
            line(serde_json::json!({ "event": "measure", "node": &*node.name, "view": view }));
        }
    }
    for agreement in telling::agreements_of(run, finished)? {
        line(serde_json::json!({ "event": "agreement", "node": &*agreement.node, "lines": agreement.lines }));
    }
    for (model, counts) in run.caller.tallies().all() {
        line(serde_json::json!({ "event": "model", "model": model, "counts": counts }));
    }
    Ok(out)
}
