//! `tgp doc`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::diagnostics::source::SourceId;
use crate::manual::{manual, standard_manual};
use crate::session::Opened;
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Print a file's manual as Markdown: what its doc comments say, its functions, its nodes with their columns
#[derive(Args)]
pub(super) struct Arguments {
    /// A pipeline, library or suite; the standard library without one
    file: Option<PathBuf>,

    /// The standard library
    #[arg(long, conflicts_with = "file")]
    std: bool,

    #[command(flatten)]
    program: ProgramChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let Some(file) = arguments.file.as_ref().filter(|_| !arguments.std) else {
        screen.print(&standard_manual());
        return Exit::Complete;
    };
    let page = arguments.program.overrides(screen).and_then(|overrides| {
        let opened = Opened::new(file, &overrides, world).map_err(|error| screen.session_error(&error))?;
        let program = opened.sound().map_err(|error| screen.session_error(&error))?;
        let text = opened.sources.get(SourceId(0)).map_or("", |source| &source.text);
        Ok(manual(text, Some(&program)))
    });
    match page {
        Ok(page) => {
            screen.print(&page);
            Exit::Complete
        }
        Err(exit) => exit,
    }
}
