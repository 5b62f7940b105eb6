//! `tgp models`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::Overrides;
use crate::check::program::Program;
use crate::engine::endpoints::{EndpointSettings, Endpoints};
use crate::engine::error::RunError;
use crate::report::models_view::{ModelView, PingView, headline, models, pings};
use crate::session::bound::bound;
use crate::session::ping::{Briefly, ping};
use crate::session::{Opened, SessionError};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::runtime::runtime;
use super::screen::Screen;

/// Say which models a file asks: what each is bound to, with which limits, and whether its key is there
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    /// Ask each once, to see whether it answers; the answers are not kept
    #[arg(long)]
    ping: bool,

    /// A line of JSON for each model, and for each answer
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    program: ProgramChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let overrides = match arguments.program.overrides(screen) {
        Ok(overrides) => overrides,
        Err(exit) => return exit,
    };
    match told(arguments, &overrides, world, screen) {
        Ok(exit) => exit,
        Err(error) => screen.session_error(&error),
    }
}

fn told(
    arguments: &Arguments,
    overrides: &Overrides,
    world: &Arc<dyn World>,
    screen: &Screen,
) -> Result<Exit, SessionError> {
    let opened = Opened::new(&arguments.file, overrides, world)?;
    let program = opened.sound()?;
    let settings = opened.project.settings();
    // Of a suite, the models of each of its pipelines.
    let programs: Vec<(Option<&str>, &Program)> = match &program.suite {
        Some(suite) => suite.runs.iter().map(|run| (Some(&*run.name), &*run.program)).collect(),
        None => vec![(None, &*program)],
    };
    let mut views = Vec::new();
    for (run, program) in &programs {
        let endpoints = Endpoints::open(program, settings, world, None)?;
        views.extend(bound(program, &endpoints, settings, &opened.sources, *run));
    }
    let mut exit = if headline(&views).is_some() { Exit::Wrong } else { Exit::Complete };
    show(&views, arguments.json, screen);
    if arguments.ping {
        let answers = asked(&programs, settings, world)?;
        if answers.iter().any(|ping| ping.answer.is_err()) {
            exit = Exit::Stopped;
        }
        show_pings(&answers, arguments.json, screen);
    }
    Ok(exit)
}

fn asked(
    programs: &[(Option<&str>, &Program)],
    settings: &dyn EndpointSettings,
    world: &Arc<dyn World>,
) -> Result<Vec<PingView>, SessionError> {
    let briefly = Briefly(settings);
    let open = |(_, program): &(Option<&str>, &Program)| Endpoints::open(program, &briefly, world, None);
    let endpoints = programs.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<(&Program, &Endpoints)> =
        programs.iter().map(|(_, program)| *program).zip(&endpoints).collect();
    let runtime = runtime().map_err(|error| RunError::Broken(error.to_string()))?;
    Ok(runtime.block_on(ping(&pairs)))
}

fn show(views: &[ModelView], json: bool, screen: &Screen) {
    if json {
        for view in views {
            screen.print(&format!("{}\n", serde_json::json!({ "event": "model", "model": view })));
        }
        return;
    }
    if views.is_empty() {
        screen.print("The file asks no models.\n");
        return;
    }
    screen.print(&models(views, screen.width, screen.colour_output));
    if let Some(headline) = headline(views) {
        screen.print(&format!("\n  {headline}.\n"));
    }
}

fn show_pings(answers: &[PingView], json: bool, screen: &Screen) {
    if json {
        for answer in answers {
            let line = serde_json::json!({
                "event": "ping", "name": answer.name, "kind": answer.kind,
                "answer": answer.answer.as_ref().ok(), "problem": answer.answer.as_ref().err(),
                "seconds": answer.seconds, "microdollars": answer.microdollars,
            });
            screen.print(&format!("{line}\n"));
        }
        return;
    }
    screen.print(&format!("\n{}", pings(answers, screen.width, screen.colour_output)));
}
