//! The command line, one file a command. No logic beyond arguments and printing.

// What the commands print goes through `screen`, the one place that writes to the terminal.
mod add;
mod cache;
mod check;
mod choices;
mod completions;
mod diff;
mod doc;
mod exit;
mod fmt;
mod freeze;
mod graph;
mod lock;
mod lsp;
mod models;
mod new;
mod overlap;
mod plan;
mod progress;
mod report;
mod run;
mod runtime;
mod screen;
mod seal;
mod show;
mod suite;
mod test;
mod trace;
mod vendor;
mod verify;
mod watch;
mod watch_face;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::world::{Machine, World};

use exit::Exit;
use screen::Screen;

/// Trust benchmarks as text: write one in a `.tgp` file, see what it would cost, run it, change
/// it, and run only what the change touched.
#[derive(Parser)]
#[command(name = "tgp", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Begin with `tgp new my-benchmark`: it makes a project that runs at once, offline.\n\
    Exit codes: 0 complete, 1 the file or the command line is wrong, 2 the run could not go on, \
    3 finished with rows missing.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::Arguments),
    Check(check::Arguments),
    Fmt(fmt::Arguments),
    Plan(plan::Arguments),
    Run(run::Arguments),
    Show(show::Arguments),
    Trace(trace::Arguments),
    Watch(watch::Arguments),
    Freeze(freeze::Arguments),
    Overlap(overlap::Arguments),
    Seal(seal::Arguments),
    Verify(verify::Arguments),
    Report(report::Arguments),
    Test(test::Arguments),
    Graph(graph::Arguments),
    Diff(diff::Arguments),
    Doc(doc::Arguments),
    Models(models::Arguments),
    Lsp(lsp::Arguments),
    Add(add::Arguments),
    Lock(lock::Arguments),
    Vendor(vendor::Arguments),
    Cache(cache::Arguments),
    Completions(completions::Arguments),
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let wrong = error.use_stderr();
            let _ = error.print();
            return if wrong { Exit::Wrong } else { Exit::Complete }.into();
        }
    };
    let world: Arc<dyn World> = Arc::new(Machine);
    let screen = Screen::of(&*world);
    let exit = match cli.command {
        Command::New(arguments) => new::run(&arguments, &world, &screen),
        Command::Check(arguments) => check::run(&arguments, &world, &screen),
        Command::Fmt(arguments) => fmt::run(&arguments, &world, &screen),
        Command::Plan(arguments) => plan::run(&arguments, &world, &screen),
        Command::Run(arguments) => run::run(&arguments, &world, &screen),
        Command::Watch(arguments) => watch::run(&arguments, &world, &screen),
        Command::Freeze(arguments) => freeze::run(&arguments, &world, &screen),
        Command::Overlap(arguments) => overlap::run(&arguments, &world, &screen),
        Command::Seal(arguments) => seal::run(&arguments, &world, &screen),
        Command::Verify(arguments) => verify::run(&arguments, &world, &screen),
        Command::Trace(arguments) => trace::run(&arguments, &world, &screen),
        Command::Report(arguments) => report::run(&arguments, &world, &screen),
        Command::Show(arguments) => show::run(&arguments, &world, &screen),
        Command::Test(arguments) => test::run(&arguments, &world, &screen),
        Command::Graph(arguments) => graph::run(&arguments, &world, &screen),
        Command::Diff(arguments) => diff::run(&arguments, &world, &screen),
        Command::Doc(arguments) => doc::run(&arguments, &world, &screen),
        Command::Lsp(arguments) => lsp::run(&arguments, &world, &screen),
        Command::Models(arguments) => models::run(&arguments, &world, &screen),
        Command::Add(arguments) => add::run(&arguments, &world, &screen),
        Command::Lock(arguments) => lock::run(&arguments, &world, &screen),
        Command::Vendor(arguments) => vendor::run(&arguments, &world, &screen),
        Command::Completions(arguments) => completions::run(&arguments, &screen),
        Command::Cache(arguments) => cache::run(&arguments, &world, &screen),
    };
    exit.into()
}
