//! `tgp report`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::engine::allowance::Asking;
use crate::session::{Opened, SessionError, telling};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::progress::Manner;
use super::screen::Screen;

/// Write a run's report: one self-contained page, or Markdown
///
/// Nobody is asked: what is not on record counts as missing.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    /// Where to write it; the ending says how: .html or .md. Without it, to the terminal
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,

    #[command(flatten)]
    choices: RunChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    opening.allowance.asking = Asking::Nobody;
    let document = (|| {
        let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
        let program = opened.sound()?;
        if let Some(suite) = &program.suite {
            let played = super::suite::play(&opened, suite, &opening, Manner::Quiet, world, screen)?;

            return crate::session::suite::tell(&program, suite, &played);
        }
        let ready = opened.ready(&opening, world)?;
        screen.warnings(&ready.warnings);
        let finished = super::run::drive(&ready.run, &[], Manner::Quiet, screen)?;
        Ok(telling::tell(&ready.run, &finished)?)
    })();
    let document = match document {
        Ok(document) => document,
        Err(error) => {
            let error: SessionError = error;
            return screen.session_error(&error);
        }
    };
    let Some(path) = &arguments.output else {
        screen.print(&document.render(screen.width, screen.colour_output));
        return Exit::Complete;
    };
    let text = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => document.html(),
        Some("md") => document.markdown(),
        _ => {
            screen.error(&format!("`{}` ends in neither .html nor .md", path.display()), None);
            return Exit::Wrong;
        }
    };
    match world.write(path, text.as_bytes()) {
        Ok(()) => Exit::Complete,
        Err(error) => {
            screen.error(&format!("`{}` can't be written: {error}", path.display()), None);
            Exit::Stopped
        }
    }
}
