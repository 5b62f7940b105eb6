//! `[run]`: what holds for every run that does not say otherwise.

use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use super::complaints::{Complaints, Item, Key, number};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunDefaults {
    /// The most that a run may spend, in millionths of a US dollar.
    pub budget: Option<u64>,
    /// Relative to the folder of the `tgp.toml`; `~/` is the home folder.
    pub store: Option<PathBuf>,
}

const KEYS: [&str; 2] = ["budget", "store"];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> RunDefaults {
    let mut run = RunDefaults::default();
    for (key, item) in table.iter() {
        match key.get_ref().as_ref() {
            "budget" => run.budget = budget(key, item, complaints),
            "store" => run.store = complaints.text(key, item).map(PathBuf::from),
            _ => complaints.unknown("[run]", key, item, &KEYS),
        }
    }
    run
}

fn budget(key: &Key<'_>, item: &Item<'_>, complaints: &mut Complaints) -> Option<u64> {
    let dollars = match item.get_ref() {
        DeValue::String(text) => {
            let text = text.trim().trim_start_matches('$').trim_end_matches("usd");
            text.trim().parse().ok().filter(|dollars: &f64| dollars.is_finite())
        }
        other => number(other),
    };
    let found = dollars.filter(|dollars| *dollars >= 0.0).map(|dollars| (dollars * 1e6).round() as u64);
    if found.is_none() {
        complaints.wrong(key, item, "an amount of US dollars, such as 5 or \"5usd\"");
    }
    found
}
