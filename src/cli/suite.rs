//! A suite on the command line: its pipelines one after another, then its leaderboard.

use std::sync::Arc;
use std::time::Instant;

use crate::check::program::{Program, Suite};
use crate::report::document::Section;
use crate::session::planned::{Planned, planned};
use crate::session::remembered::Remembered;
use crate::session::results;
use crate::session::suite::{Played, tell};
use crate::session::{Opened, Opening, SessionError};
use crate::world::World;

use super::exit::Exit;
use super::progress::Manner;
use super::run::{SPENT, drive, end, lines, summary};
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
    let (played, reasons): (Vec<Played>, Vec<Vec<Planned>>) =
        play(opened, suite, opening, manner, world, screen)?.into_iter().unzip();
    let document = tell(program, suite, &played)?;
    let mut all = Vec::new();
    for (one, reasons) in played.iter().zip(&reasons) {
        let nodes = results::nodes(&one.entry.run, &one.finished);
        if manner == Manner::Json {
            screen.print(&lines(&one.entry.run, &one.finished, &nodes, reasons, Some(&one.entry.name))?);
        }
        all.extend(nodes);
    }
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
        if played.iter().any(|one| one.entry.run.caller.is_spent()) {
            screen.tell(SPENT);
        }
    }
    let missing = all.iter().any(|node| node.table.failed() > 0);
    Ok(if missing { Exit::Missing } else { Exit::Complete })
}

/// Runs the suite's pipelines in the order written, all within one allowance; with each, why its
/// nodes ran.
pub(super) fn play(
    opened: &Opened,
    suite: &Suite,
    opening: &Opening,
    manner: Manner,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Vec<(Played, Vec<Planned>)>, SessionError> {
    let (store, warnings) = opened.store(opening)?;
    screen.warnings(&warnings);
    let mut played: Vec<(Played, Vec<Planned>)> = Vec::new();
    for place in 0..suite.runs.len() {
        let began = Instant::now();
        let allowance = match played.last() {
            Some((before, _)) => before.entry.run.caller.left(),
            None => opening.allowance.clone(),
        };
        let Some(entry) = opened.entry(suite, place, store.clone(), opening, allowance, world)? else {
            continue;
        };
        let before = Remembered::load(&entry.run, opened, &entry.file)?;
        let finished = drive(&entry.run, &[], manner, screen)?;
        let now = Remembered::of(&entry.run, opened, &entry.file, &finished, opening.limit);
        let reasons = planned(&entry.run, &finished, &before, &now)?;
        now.with_rest_of(&before).save(&entry.run, opened, &entry.file, &finished)?;
        if matches!(manner, Manner::Live | Manner::Plain) {
            let nodes = results::nodes(&entry.run, &finished);
            screen.tell(
                &summary(&entry.run, &nodes, &reasons, &entry.file, began).render(screen.colour_messages),
            );
        }
        let stopped = entry.run.caller.is_stopped();
        played.push((Played { entry, finished }, reasons));
        if stopped {
            break;
        }
    }
    store.flush()?;
    Ok(played)
}
