//! `tgp models`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::check::program::{BindingKind, Capability as Asks, Program};
use crate::engine::endpoints::{Endpoints, binding_of, bindings};
use crate::eval::effects::Asked;
use crate::models::capability::Capability;
use crate::models::endpoint::Endpoint;
use crate::models::request::{ChatRequest, Request, Speaker, Turn};
use crate::session::{Opened, SessionError};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Say which models a file asks: what each is bound to, with which limits, and whether its key is there
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    /// Ask each once, to see whether it answers
    #[arg(long)]
    ping: bool,

    #[command(flatten)]
    program: ProgramChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let overrides = match arguments.program.overrides(screen) {
        Ok(overrides) => overrides,
        Err(exit) => return exit,
    };
    match told(arguments, &overrides, world) {
        Ok((text, exit)) => {
            screen.print(&text);
            exit
        }
        Err(error) => screen.session_error(&error),
    }
}

fn told(
    arguments: &Arguments,
    overrides: &crate::check::Overrides,
    world: &Arc<dyn World>,
) -> Result<(String, Exit), SessionError> {
    let opened = Opened::new(&arguments.file, overrides, world)?;
    let program = opened.sound()?;
    let endpoints = Endpoints::open(&program, opened.project.settings(), world, None)?;
    let mut out = String::new();
    let mut exit = Exit::Complete;
    // Pages by address are read without being bound.
    let unbound =
        program.models.iter().filter(|model| model.bindings.is_empty() && model.capability != Asks::Page);
    for model in unbound {
        let example = example(model.capability);
        out.push_str(&format!("{:<12} bound to nothing; --bind {}={example}\n", model.name, model.name));
        exit = Exit::Wrong;
    }
    for asked in bindings(&program) {
        let (line, ready) = line(&program, asked, &endpoints);
        out.push_str(&line);
        if !ready {
            exit = Exit::Wrong;
        }
    }
    if arguments.ping {
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| crate::engine::error::RunError::Broken(error.to_string()))?;
        for (_, endpoint) in endpoints.iter() {
            let answer = runtime.block_on(ping(endpoint));
            out.push_str(&format!(
                "ping {:<30} {}\n",
                endpoint.name(),
                answer.as_deref().unwrap_or_else(|problem| problem)
            ));
            if answer.is_err() {
                exit = Exit::Stopped;
            }
        }
    }
    Ok((out, exit))
}

/// A binding of the kind that is wanted.
fn example(asks: Asks) -> &'static str {
    match asks {
        Asks::Image => "openai/gpt-image-1",
        Asks::Embed => "openai/text-embedding-3-small",
        Asks::Classify => "openai/omni-moderation-latest",
        Asks::Search => "brave",
        Asks::Chat | Asks::Vision | Asks::Page => "openai/gpt-4o",
    }
}

fn line(program: &Program, asked: Asked, endpoints: &Endpoints) -> (String, bool) {
    let name = program.models.get(asked.model.0 as usize).map(|model| model.name.clone()).unwrap_or_default();
    let Some(binding) = binding_of(program, asked) else { return (String::new(), true) };
    match (&binding.kind, endpoints.get(asked)) {
        (BindingKind::Scripted { .. }, _) => {
            (format!("{name:<12} {:<30} planted in the file\n", binding.name), true)
        }
        (BindingKind::Replay { path, .. }, _) => {
            (format!("{name:<12} {:<30} recorded in {path}\n", binding.name), true)
        }
        (BindingKind::Remote { .. }, Some(endpoint)) => {
            let limits = endpoint.limits();
            let mut limited = format!("{} at a time", limits.concurrency);
            if let Some(rate) = limits.requests_per_minute {
                limited.push_str(&format!(", {rate} a minute"));
            }
            if let Some(tokens) = limits.tokens_per_minute {
                limited.push_str(&format!(", {tokens} tokens a minute"));
            }
            let ready = endpoint.ready();
            let key = ready.as_ref().map_or_else(ToString::to_string, |()| "ready".to_owned());
            (format!("{name:<12} {:<30} {limited}; {key}\n", binding.name), ready.is_ok())
        }
        (BindingKind::Remote { .. }, None) => {
            (format!("{name:<12} {:<30} no endpoint\n", binding.name), false)
        }
    }
}

/// Asks once; what came back in few words.
async fn ping(endpoint: &Endpoint) -> Result<String, String> {
    let word: Arc<str> = "Say ok.".into();
    let request = if endpoint.supports(Capability::Chat) {
        let turn = Turn { speaker: Speaker::User, text: word, images: Vec::new() };
        Request::Chat(ChatRequest { turns: vec![turn], ..ChatRequest::default() })
    } else if endpoint.supports(Capability::Embed) {
        Request::Embed(vec![word])
    } else {
        return Ok("not asked: its calls are not for words".to_owned());
    };
    match endpoint.call(&request).await {
        Ok(raw) => Ok(format!("answered in {:.1} s", raw.latency.as_secs_f64())),
        Err(failure) => Err(failure.cause.to_string()),
    }
}
