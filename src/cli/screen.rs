//! Where the program writes: results to standard output, the rest to standard error.

use std::io::{IsTerminal, Write};
use std::path::Path;

use crate::diagnostics::diagnostic::{Diagnostic, Severity};
use crate::diagnostics::render::{Style, render};
use crate::diagnostics::source::Sources;
use crate::engine::error::RunError;
use crate::project::Project;
use crate::project::error::ProjectError;
use crate::session::SessionError;
use crate::store::StoreWarning;
use crate::world::World;

use super::exit::Exit;

/// Columns where the width is not known.
const WIDTH: usize = 100;

/// The terminal, as far as output depends on it.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    /// Standard output is a terminal.
    pub(super) shows_output: bool,
    /// Standard error is a terminal.
    pub(super) shows_messages: bool,
    pub(super) colour_output: bool,
    pub(super) colour_messages: bool,
    pub(super) width: usize,
}

impl Screen {
    pub(super) fn of(world: &dyn World) -> Screen {
        let shows_output = std::io::stdout().is_terminal();
        let shows_messages = std::io::stderr().is_terminal();
        let plain = world.variable("NO_COLOR").is_some_and(|value| !value.is_empty())
            || world.variable("TERM").as_deref() == Some("dumb");
        let forced = world.variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let asked = world.variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let measured = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        Screen {
            shows_output,
            shows_messages,
            colour_output: forced || (shows_output && !plain),
            colour_messages: forced || (shows_messages && !plain),
            width: asked.or(measured).unwrap_or(WIDTH).max(40),
        }
    }

    /// Writes a result. A reader that went away wants no more, which is no mistake.
    pub(super) fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Has a result written to standard output as it comes. A reader that went away wants no more,
    /// which is no mistake.
    pub(super) fn pass(
        &self,
        fill: &mut dyn FnMut(&mut (dyn Write + Send)) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        match fill(&mut std::io::stdout()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            ended => ended,
        }
    }

    /// Writes a message.
    pub(super) fn tell(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = writeln!(out, "{text}");
    }

    /// Shows what is wrong with a file; says whether that makes it unsound.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic], sources: &Sources) -> Exit {
        if !diagnostics.is_empty() {
            let style = Style { colour: self.colour_messages, unicode: true, width: self.width };
            self.tell(render(diagnostics, sources, style).trim_end());
        }
        let unsound = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if unsound { Exit::Wrong } else { Exit::Complete }
    }

    /// Why a file could not be made ready or run, as text.
    pub(super) fn told(&self, error: &SessionError) -> String {
        let (red, bold, plain) =
            if self.colour_messages { ("\x1b[31m", "\x1b[1m", "\x1b[0m") } else { ("", "", "") };
        match error {
            SessionError::Diagnostics(diagnostics, sources)
            | SessionError::Unsuited(diagnostics, sources) => {
                let style = Style { colour: self.colour_messages, unicode: true, width: self.width };
                render(diagnostics, sources, style).trim_end().to_owned()
            }
            SessionError::Run(error) => {
                let help = error.help().map(|help| format!("\n  help: {help}")).unwrap_or_default();
                format!("{red}{bold}error{plain}: {error}{help}")
            }
            other => format!("{red}{bold}error{plain}: {other}"),
        }
    }

    /// Shows why a file could not be made ready or run.
    pub(super) fn session_error(&self, error: &SessionError) -> Exit {
        match error {
            SessionError::Diagnostics(diagnostics, sources)
            | SessionError::Unsuited(diagnostics, sources) => {
                self.diagnostics(diagnostics, sources);
                Exit::Wrong
            }
            SessionError::Run(error) => self.run_error(error),
            other => {
                self.error(&other.to_string(), other.help().as_deref());
                Exit::Wrong
            }
        }
    }

    /// The project of a folder, which must have a `tgp.toml`.
    pub(super) fn stated_project(&self, world: &dyn World, folder: &Path) -> Result<Project, Exit> {
        match Project::find(world, folder) {
            Ok(project) if project.stated => Ok(project),
            Ok(_) => {
                self.error(
                    "there is no tgp.toml here or above",
                    Some("`tgp add` makes one, and so does `tgp new` with a whole project"),
                );
                Err(Exit::Wrong)
            }
            Err(refused) => Err(self.diagnostics(&refused.diagnostics, &refused.sources)),
        }
    }

    /// Shows why a project's packages can't be had.
    pub(super) fn project_error(&self, error: &ProjectError) -> Exit {
        match error {
            ProjectError::Config { refused, .. } => self.diagnostics(&refused.diagnostics, &refused.sources),
            other => {
                self.error(&other.to_string(), None);
                if other.is_of_the_machine() { Exit::Stopped } else { Exit::Wrong }
            }
        }
    }

    pub(super) fn run_error(&self, error: &RunError) -> Exit {
        self.error(&error.to_string(), error.help().as_deref());
        match error {
            RunError::Unbound(_) | RunError::Unsuited(_) | RunError::Unpriced(_) | RunError::Endpoint(_) => {
                Exit::Wrong
            }
            _ => Exit::Stopped,
        }
    }

    /// One message about something outside the file.
    pub(super) fn error(&self, message: &str, help: Option<&str>) {
        let (red, bold, plain) =
            if self.colour_messages { ("\x1b[31m", "\x1b[1m", "\x1b[0m") } else { ("", "", "") };
        self.tell(&format!("{red}{bold}error{plain}: {message}"));
        if let Some(help) = help {
            self.tell(&format!("  help: {help}"));
        }
    }

    pub(super) fn warnings(&self, warnings: &[StoreWarning]) {
        let (yellow, plain) = if self.colour_messages { ("\x1b[33m", "\x1b[0m") } else { ("", "") };
        for warning in warnings {
            self.tell(&format!("{yellow}warning{plain}: {warning}"));
        }
    }
}
