//! `tgp fmt`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::diagnostics::source::{Source, Sources};
use crate::syntax::format::format;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Lay files out in the one canonical way; comments are kept and no meaning changes
#[derive(Args)]
pub(super) struct Arguments {
    /// The files to lay out; `-` reads standard input and writes standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Change nothing; name the files that are laid out otherwise, and exit with 1 for them
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let mut exit = Exit::Complete;
    for file in &arguments.files {
        exit = exit.max(one(file, arguments.check, world, screen));
    }
    exit
}

fn one(file: &Path, check: bool, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let standard = file.as_os_str() == "-";
    let bytes = if standard {
        std::io::read_to_string(std::io::stdin()).map(String::into_bytes)
    } else {
        world.read(file)
    };
    let text = match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            screen.error(&format!("`{}` is not UTF-8 text", file.display()), Some("save the file as UTF-8"));
            return Exit::Wrong;
        }
        Err(error) => {
            screen.error(&format!("`{}` can't be read: {error}", file.display()), None);
            return Exit::Wrong;
        }
    };
    let laid = match format(&text) {
        Ok(laid) => laid,
        Err(diagnostics) => {
            let mut sources = Sources::default();
            sources.add(Source::new(file.display().to_string(), Some(file), text));
            return screen.diagnostics(&diagnostics, &sources);
        }
    };
    if standard && !check {
        screen.print(&laid);
    } else if laid != text && check {
        screen.print(&format!("{}\n", file.display()));
        return Exit::Wrong;
    } else if laid != text
        && let Err(error) = world.write(file, laid.as_bytes())
    {
        screen.error(&format!("`{}` can't be written: {error}", file.display()), None);
        return Exit::Stopped;
    }
    Exit::Complete
}
