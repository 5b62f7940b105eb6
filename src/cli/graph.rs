//! `tgp graph`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::plan::draw;
use crate::session::Opened;
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Draw a file's nodes and what flows between them
#[derive(Args)]
#[command(after_help = "For a picture: tgp graph FILE | dot -Tsvg -o graph.svg")]
pub(super) struct Arguments {
    file: PathBuf,

    #[command(flatten)]
    program: ProgramChoices,

    #[arg(long, value_enum, default_value_t = Language::Dot)]
    format: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// Graphviz
    Dot,
    /// As GitHub and many editors draw it
    Mermaid,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let program = arguments.program.overrides(screen).and_then(|overrides| {
        let opened = Opened::new(&arguments.file, &overrides, world);
        opened.and_then(|opened| opened.sound()).map_err(|error| screen.session_error(&error))
    });
    match program {
        Ok(program) => {
            screen.print(&match arguments.format {
                Language::Dot => draw::dot(&program),
                Language::Mermaid => draw::mermaid(&program),
            });
            Exit::Complete
        }
        Err(exit) => exit,
    }
}
