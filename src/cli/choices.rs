//! What several commands take: parameters, models, the store, and what a run may spend.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::Overrides;
use crate::engine::allowance::{Allowance, Asking};
use crate::project::binding::parse_bindings;
use crate::session::Opening;
use crate::world::{Machine, World as _};

use super::exit::Exit;
use super::screen::Screen;

/// What a program is checked with.
#[derive(Args, Clone, Default)]
pub(super) struct ProgramChoices {
    /// Give a parameter of the file another value, such as --set n=50
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Program")]
    pub(super) set: Vec<String>,

    /// Bind a model of the file, such as --bind targets=openai/gpt-4o,anthropic/claude-sonnet-4-5
    #[arg(long, value_name = "NAME=MODEL,...", help_heading = "Program")]
    pub(super) bind: Vec<String>,
}

/// What a run may do.
#[derive(Args, Clone, Default)]
pub(super) struct RunChoices {
    #[command(flatten)]
    pub(super) program: ProgramChoices,

    /// Take at most N rows of each source, chosen by identity
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub(super) limit: Option<u64>,

    /// Run only what this node needs; may be given several times
    #[arg(long, value_name = "NODE", help_heading = "Run")]
    pub(super) only: Vec<String>,

    /// The edition of a dynamic pipeline, such as 2026-12
    #[arg(long, value_name = "E", help_heading = "Run")]
    pub(super) edition: Option<String>,

    /// Stop before more than this is spent, such as 5usd; everything paid for is kept
    #[arg(long, value_name = "MONEY", value_parser = money, help_heading = "Run")]
    budget: Option<u64>,

    /// Stop before more calls than this go out
    #[arg(long, value_name = "N", help_heading = "Run")]
    max_calls: Option<u64>,

    /// Hand in the calls of queries and judges as batches where the provider takes them: half the
    /// price, and hours until they are answered
    #[arg(long, help_heading = "Run")]
    batch: bool,

    /// Use no network: a call that is not on record fails
    #[arg(long, conflicts_with = "batch", help_heading = "Run")]
    offline: bool,

    /// Work this node anew; replies on record are still used
    #[arg(long, value_name = "NODE", help_heading = "Run")]
    refresh: Vec<String>,

    /// Where replies and tables are kept, instead of `.tgp` beside the project
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    store: Option<PathBuf>,
}

impl ProgramChoices {
    pub(super) fn overrides(&self, screen: &Screen) -> Result<Overrides, Exit> {
        // A path on the command line is meant from where the command is given.
        let mut overrides =
            Overrides { paths_from: Some(Machine.absolute(Path::new("."))), ..Overrides::default() };
        for set in &self.set {
            let (name, value) = pair(set, "--set", "n=50", screen)?;
            once(&overrides.set, &name, "set", "a parameter has one value", screen)?;
            overrides.set.push((name, value));
        }
        for bind in &self.bind {
            let (name, models) = pair(bind, "--bind", "targets=openai/gpt-4o", screen)?;
            let way_out = format!("name several models after one `--bind {name}=`, with commas between them");
            once(&overrides.bind, &name, "bind", &way_out, screen)?;
            match parse_bindings(&models) {
                Ok(bindings) => overrides.bind.push((name, bindings)),
                Err(problem) => {
                    screen.error(&problem.to_string(), None);
                    return Err(Exit::Wrong);
                }
            }
        }
        Ok(overrides)
    }
}

impl RunChoices {
    pub(super) fn opening(&self, screen: &Screen) -> Result<Opening, Exit> {
        let asking = match (self.offline, self.batch) {
            (true, _) => Asking::Nobody,
            (_, true) => Asking::Batches,
            _ => Asking::Live,
        };
        Ok(Opening {
            overrides: self.program.overrides(screen)?,
            store: self.store.clone(),
            edition: self.edition.clone(),
            allowance: Allowance { calls: self.max_calls, budget: self.budget, asking },
            local: self.offline,
            limit: self.limit,
            refresh: self.refresh.clone(),
            observer: None,
            witness: None,
        })
    }
}

fn pair(text: &str, option: &str, example: &str, screen: &Screen) -> Result<(String, String), Exit> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => {
            screen
                .error(&format!("`{option} {text}` has no `=`"), Some(&format!("write {option} {example}")));
            Err(Exit::Wrong)
        }
    }
}

/// Of two values for one name the first would be lost without a word.
fn once<T>(
    before: &[(String, T)],
    name: &str,
    option: &str,
    way_out: &str,
    screen: &Screen,
) -> Result<(), Exit> {
    if before.iter().all(|(known, _)| known != name) {
        return Ok(());
    }
    screen.error(&format!("`--{option} {name}=` is given twice"), Some(way_out));
    Err(Exit::Wrong)
}

/// An amount of US dollars, in millionths.
fn money(text: &str) -> Result<u64, String> {
    let number = text.trim().trim_start_matches('$').trim_end_matches("usd").trim_end_matches("USD").trim();
    match number.parse::<f64>() {
        Ok(dollars) if dollars >= 0.0 && dollars.is_finite() => Ok((dollars * 1e6).round() as u64),
        _ => Err("an amount of US dollars is wanted, such as 5usd or 0.50usd".to_owned()),
    }
}
