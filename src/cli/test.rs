//! `tgp test`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;

use crate::session::Opened;
use crate::session::trial::{Tried, try_test};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::runtime::runtime;
use super::screen::Screen;

/// Run the `test` blocks of files, offline
#[derive(Args)]
pub(super) struct Arguments {
    /// The files to test
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    #[command(flatten)]
    program: ProgramChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let overrides = match arguments.program.overrides(screen) {
        Ok(overrides) => overrides,
        Err(exit) => return exit,
    };
    let Ok(runtime) = runtime() else {
        screen.error("the program's threads could not be started", None);
        return Exit::Stopped;
    };
    let mut exit = Exit::Complete;
    let (mut held, mut broke) = (0, 0);
    // The tests of all files run at the same time, and are told in the order given.
    let mut running = JoinSet::new();
    let mut files = Vec::new();
    for (file_place, file) in arguments.files.iter().enumerate() {
        let names = match Opened::new(file, &overrides, world).and_then(|opened| opened.sound()) {
            Ok(program) => program.tests.iter().map(|test| test.name.clone()).collect::<Vec<_>>(),
            Err(error) => {
                files.push(Err(error));
                continue;
            }
        };
        let chosen =
            names.into_iter().filter(|name| arguments.name.as_ref().is_none_or(|part| name.contains(part)));
        let mut count = 0;
        for name in chosen {
            let (file, overrides, world) = (file.clone(), overrides.clone(), world.clone());
            let place = (file_place, count);
            let test = async move { (place, try_test(&file, &name, &overrides, None, &world).await) };
            running.spawn_on(test, runtime.handle());
            count += 1;
        }
        files.push(Ok(count));
    }
    let mut results = runtime.block_on(running.join_all());
    results.sort_by_key(|(place, _)| *place);
    let mut results = results.into_iter().map(|(_, result)| result);
    for (file, tests) in arguments.files.iter().zip(files) {
        match tests {
            Err(error) => exit = exit.max(screen.session_error(&error)),
            Ok(0) => screen.print(&format!("{}: no tests\n", file.display())),
            Ok(count) => {
                screen.print(&format!("{}\n", file.display()));
                for result in results.by_ref().take(count) {
                    match result {
                        Ok(tried) => {
                            let ok = tried.outcome.is_ok();
                            held += usize::from(ok);
                            broke += usize::from(!ok);
                            screen.print(&told(&tried, screen));
                        }
                        Err(error) => {
                            broke += 1;
                            exit = exit.max(screen.session_error(&error));
                        }
                    }
                }
            }
        }
    }
    screen.print(&format!("\n{held} passed, {broke} failed\n"));
    if broke > 0 { exit.max(Exit::Wrong) } else { exit }
}

fn told(tried: &Tried, screen: &Screen) -> String {
    let (green, red, dim, plain) =
        if screen.colour_output { ("\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m") } else { ("", "", "", "") };
    let seeds = if tried.seeds > 1 { format!(" {dim}({} seeds){plain}", tried.seeds) } else { String::new() };
    let broken = match &tried.outcome {
        Ok(()) => return format!("  {green}ok{plain}    {}{seeds}\n", tried.name),
        Err(broken) => broken,
    };
    let mut out = format!("  {red}FAIL{plain}  {}{seeds}\n", tried.name);
    for one in broken {
        if one.text.is_empty() {
            out.push_str(&format!("        {}\n", one.message));
        } else {
            out.push_str(&format!("        line {}: {}\n", one.line, one.text));
            let seed = if tried.seeds > 1 { format!("seed {}: ", one.seed) } else { String::new() };
            out.push_str(&format!("          {seed}{}\n", one.message));
        }
        for row in &one.rows {
            out.push_str(&format!("          {dim}{row}{plain}\n"));
        }
    }
    out
}
