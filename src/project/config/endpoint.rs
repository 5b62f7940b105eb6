//! `[endpoints.…]`: addresses, keys and limits of what is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;

use super::complaints::{Complaints, Item, Key};
use crate::models::provider::ProviderKind;
use crate::project::binding::{BindingParts, BindingProblem};

/// What is stated about a provider or about one of its models. What is not stated stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointEntry {
    pub base_url: Option<String>,
    pub identity: Option<String>,
    pub key_variable: Option<String>,
    /// Relative to the folder of the `tgp.toml`; `~/` is the home folder.
    pub key_file: Option<PathBuf>,
    pub api_version: Option<String>,
    /// For a program: what it is started with.
    pub arguments: Option<Vec<String>>,
    pub concurrency: Option<u32>,
    pub requests_per_second: Option<f64>,
    pub requests_per_minute: Option<f64>,
    pub tokens_per_minute: Option<f64>,
    pub attempts: Option<u32>,
    pub total_timeout: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    pub outage: Option<Duration>,
}

/// What can be stated of a server or of a model at it.
pub(in crate::project) const KEYS: [&str; 14] = [
    "base_url",
    "identity",
    "key_variable",
    "key_file",
    "api_version",
    "arguments",
    "concurrency",
    "requests_per_second",
    "requests_per_minute",
    "tokens_per_minute",
    "attempts",
    "total_timeout_seconds",
    "idle_timeout_seconds",
    "outage_seconds",
];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> BTreeMap<String, EndpointEntry> {
    let mut entries = BTreeMap::new();
    for (key, item) in table.iter() {
        let known = is_provider_or_model(key, complaints);
        let Some(table) = complaints.table(key, item) else { continue };
        let entry = entry(key, table, complaints);
        if known {
            entries.insert(key.get_ref().to_string(), entry);
        }
    }
    entries
}

fn entry(owner: &Key<'_>, table: &DeTable<'_>, complaints: &mut Complaints) -> EndpointEntry {
    let mut entry = EndpointEntry::default();
    for (key, item) in table.iter() {
        let text = |complaints: &mut Complaints| complaints.text(key, item).map(str::to_owned);
        match key.get_ref().as_ref() {
            "base_url" => entry.base_url = text(complaints),
            "identity" => entry.identity = text(complaints),
            "key_variable" => entry.key_variable = text(complaints),
            "key_file" => entry.key_file = text(complaints).map(PathBuf::from),
            "api_version" => entry.api_version = text(complaints),
            "arguments" => entry.arguments = texts(key, item, complaints),
            "concurrency" => entry.concurrency = complaints.count(key, item),
            "requests_per_second" => entry.requests_per_second = complaints.amount(key, item, false),
            "requests_per_minute" => entry.requests_per_minute = complaints.amount(key, item, false),
            "tokens_per_minute" => entry.tokens_per_minute = complaints.amount(key, item, false),
            "attempts" => entry.attempts = complaints.count(key, item),
            "total_timeout_seconds" => entry.total_timeout = complaints.seconds(key, item, false),
            "idle_timeout_seconds" => entry.idle_timeout = complaints.seconds(key, item, false),
            "outage_seconds" => entry.outage = complaints.seconds(key, item, true),
            model if item.get_ref().is_table() => {
                let help = format!("write [endpoints.\"{}/{model}\"]", owner.get_ref());
                let message = format!("`{model}` is no part of an endpoint");
                complaints.tell("unknown-key", key.span(), message, help);
            }
            _ => complaints.unknown(&format!("[endpoints.{}]", owner.get_ref()), key, item, &KEYS),
        }
    }
    entry
}

fn texts(key: &Key<'_>, item: &Item<'_>, complaints: &mut Complaints) -> Option<Vec<String>> {
    let list = complaints.list(key, item)?;
    list.iter().map(|item| complaints.text(key, item).map(str::to_owned)).collect()
}

/// Whether a key is `PROVIDER` or `PROVIDER/MODEL`.
fn is_provider_or_model(key: &Key<'_>, complaints: &mut Complaints) -> bool {
    let name = key.get_ref();
    if ProviderKind::named(name).is_some() {
        return true;
    }
    let problem = match BindingParts::of(name) {
        Ok(_) => return true,
        Err(BindingProblem::NoProvider { written }) => BindingProblem::UnknownProvider { provider: written },
        Err(problem) => problem,
    };
    complaints.tell("unknown-provider", key.span(), problem.to_string(), None);
    false
}
