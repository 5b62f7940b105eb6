//! A suite on the command line: its pipelines one after another, then its leaderboard.

use std::sync::Arc;
use std::time::Instant;

use crate::check::program::{Program, Suite};
use crate::engine::run::Run;
use crate::report::document::Section;
use crate::session::closing_words::closing_words;
use crate::session::planned::noted;
use crate::session::remembered::Remembered;
use crate::session::results::{self, NodeResult};
use crate::session::suite::{Played, tell};
use crate::session::summary::summary;
use crate::session::{Opened, Opening, SessionError};
use crate::world::World;

use super::exit::Exit;
use super::progress::Manner;
use super::run::{drive, end, lines};
use super::screen::Screen;

/// Runs a suite and shows its leaderboard, with the measures that its scores are made of.
pub(super) fn ran(
    opened: &Opened,
    program: &Program,
    suite: &Suite,
    opening: &Opening,
    manner: Manner,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Exit, SessionError> {
    let began = Instant::now();
    let played = play(opened, suite, opening, manner, world, screen)?;
    let document = tell(program, suite, &played)?;
    let mut all: Vec<NodeResult> = Vec::new();
    for one in &played {
        let nodes = results::nodes(&one.entry.run, &one.finished);
        if manner == Manner::Json {
            let run = &one.entry.run;
            screen.print(&lines(run, &one.finished, &nodes, &one.reasons, Some(&one.entry.name))?);
        }
        all.extend(nodes);
    }
    let runs: Vec<&Arc<Run>> = played.iter().map(|one| &one.entry.run).collect();
    closing_words(&runs, &opened.allowance(opening)).iter().for_each(|words| screen.tell(words));
    if manner == Manner::Json {
        let boards = document.sections.iter().filter_map(|section| match section {
            Section::Leaderboard(board) => Some(board),
            _ => None,
        });
        for board in boards {
            screen.print(&format!("{}\n", serde_json::json!({ "event": "leaderboard", "view": board })));
        }
        screen.print(&end(&all, began));
    } else {
        screen.print(&document.render(screen.width, screen.colour_output));
    }
    Ok(if all.iter().any(|node| node.table.failed() > 0) { Exit::Missing } else { Exit::Complete })
}

/// Runs the suite's pipelines in the order written, all within one allowance.
pub(super) fn play(
    opened: &Opened,
    suite: &Suite,
    opening: &Opening,
    manner: Manner,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Vec<Played>, SessionError> {
    let (store, warnings) = opened.store(opening)?;
    screen.warnings(&warnings);
    let mut played: Vec<Played> = Vec::new();
    for place in 0..suite.runs.len() {
        let began = Instant::now();
        let allowance = match played.last() {
            Some(before) => before.entry.run.caller.purse().left(),
            None => opened.allowance(opening),
        };
        let Some(entry) = opened.entry(suite, place, store.clone(), opening, allowance, world)? else {
            continue;
        };
        let before = Remembered::load(&entry.run, &opened.filed_in_suite(&entry))?;
        let finished = drive(&entry.run, &[], manner, screen).map_err(|error| opened.refused(error))?;
        let filed = opened.filed_in_suite(&entry);
        let reasons = noted(&entry.run, &filed, &finished, &before, opening.limit)?;
        if matches!(manner, Manner::Live | Manner::Plain) {
            let nodes = results::nodes(&entry.run, &finished);
            screen.tell(&format!("{}  {}\n", entry.name, entry.file.display()));
            screen.tell(
                &summary(&entry.run, &nodes, &reasons, &opened.file, began.elapsed())
                    .within(&entry.name)
                    .render(screen.colour_messages),
            );
        }
        let stopped = entry.run.caller.is_stopped();
        played.push(Played { entry, finished, reasons });
        if stopped {
            break;
        }
    }
    store.flush()?;
    Ok(played)
}
