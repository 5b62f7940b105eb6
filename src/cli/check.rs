//! `tgp check`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::diagnostics::render::{json, short};
use crate::session::{Opened, SessionError};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Say what is wrong with a file, before anything runs or costs
#[derive(Args)]
#[command(after_help = "Each message has a code, such as `unknown-column`; its page is docs/errors/CODE.md.")]
pub(super) struct Arguments {
    /// The files to check
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    program: ProgramChoices,

    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// With the lines of the file
    Full,
    /// A line each
    Short,
    /// For tools
    Json,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let overrides = match arguments.program.overrides(screen) {
        Ok(overrides) => overrides,
        Err(exit) => return exit,
    };
    let mut exit = Exit::Complete;
    let mut sound = 0;
    for file in &arguments.files {
        let (diagnostics, sources) = match Opened::new(file, &overrides, world) {
            Ok(opened) => (opened.diagnostics, opened.sources),
            Err(SessionError::Diagnostics(diagnostics, sources)) => (diagnostics, sources),
            Err(error) => {
                exit = exit.max(screen.session_error(&error));
                continue;
            }
        };
        let one = match arguments.format {
            Format::Full => screen.diagnostics(&diagnostics, &sources),
            Format::Short => {
                screen.print(&short(&diagnostics, &sources));
                severity(&diagnostics)
            }
            Format::Json => {
                screen.print(&json(&diagnostics, &sources));
                severity(&diagnostics)
            }
        };
        sound += usize::from(one == Exit::Complete);
        exit = exit.max(one);
    }
    if arguments.format == Format::Full && exit == Exit::Complete {
        let what = if sound == 1 { "1 file is sound".to_owned() } else { format!("{sound} files are sound") };
        screen.tell(&what);
    }
    exit
}

fn severity(diagnostics: &[crate::diagnostics::diagnostic::Diagnostic]) -> Exit {
    use crate::diagnostics::diagnostic::Severity;
    let unsound = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    if unsound { Exit::Wrong } else { Exit::Complete }
}
