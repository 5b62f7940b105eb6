//! What `tgp.toml` states.

mod complaints;
pub mod data;
pub mod dependency;
pub mod endpoint;
mod models;
pub mod package;
pub mod price;
pub mod run;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use crate::check::program::Binding;
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::SourceId;

use crate::models::prices::Price;
use complaints::Complaints;
use data::DataPlaces;
use dependency::Dependency;
use endpoint::EndpointEntry;
use package::Package;
use run::RunDefaults;

const TABLES: [&str; 7] = ["package", "dependencies", "models", "endpoints", "prices", "data", "run"];

/// A `tgp.toml`, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// What others know the project by, where it is meant for others.
    pub package: Option<Package>,
    /// By the name of the package.
    pub dependencies: BTreeMap<String, Dependency>,
    /// What models that a program leaves open are bound to, by their names in the program.
    pub models: Vec<(String, Vec<Binding>)>,
    /// By provider, such as `openai`, or by provider and model, such as `openai/gpt-4o`.
    pub endpoints: BTreeMap<String, EndpointEntry>,
    /// By provider and model.
    pub prices: BTreeMap<String, Price>,
    pub data: DataPlaces,
    pub run: RunDefaults,
}

/// All that is wrong with a `tgp.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigProblem {
    pub diagnostics: Vec<Diagnostic>,
    /// Stretches of the text that hold a secret: never show them.
    pub secrets: Vec<Range<usize>>,
}

impl Config {
    /// Reads a `tgp.toml`, or tells everything that is wrong with it at once.
    pub fn parse(source: SourceId, text: &str) -> Result<Config, ConfigProblem> {
        let (document, mistakes) = DeTable::parse_recoverable(text);
        let mut complaints = Complaints::new(source);
        for mistake in &mistakes {
            let at = mistake.span().unwrap_or_default();
            complaints.tell("toml-syntax", at, mistake.message(), None);
        }
        let mut config = Config::default();
        for (key, item) in document.get_ref().iter() {
            if !TABLES.contains(&key.get_ref().as_ref()) {
                complaints.unknown("tgp.toml", key, item, &TABLES);
                continue;
            }
            let Some(table) = complaints.table(key, item) else { continue };
            match key.get_ref().as_ref() {
                "package" => config.package = package::read(table, item.span(), &mut complaints),
                "dependencies" => config.dependencies = dependency::read(table, &mut complaints),
                "models" => config.models = models::read(table, &mut complaints),
                "endpoints" => config.endpoints = endpoint::read(table, &mut complaints),
                "prices" => config.prices = price::read(table, &mut complaints),
                "data" => config.data = data::read(table, &mut complaints),
                _ => config.run = run::read(table, &mut complaints),
            }
        }
        if complaints.told.is_empty() {
            return Ok(config);
        }
        complaints.told.sort_by_key(|diagnostic| diagnostic.primary.span);
        Err(ConfigProblem { diagnostics: complaints.told, secrets: complaints.secrets })
    }
}

#[cfg(test)]
mod tests;
