//! `[prices.…]`: what a model costs, instead of what the program believes.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::complaints::{Complaints, Key};
use crate::project::binding::BindingParts;

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    /// Of input that the provider still had; as other input where nothing is stated.
    pub cached: Option<f64>,
}

const KEYS: [&str; 3] = ["input", "output", "cached"];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> BTreeMap<String, Price> {
    let mut prices = BTreeMap::new();
    for (key, item) in table.iter() {
        if let Err(problem) = BindingParts::of(key.get_ref()) {
            complaints.tell("unknown-provider", key.span(), problem.to_string(), None);
        }
        let Some(table) = complaints.table(key, item) else { continue };
        if let Some(price) = price(key, table, complaints) {
            prices.insert(key.get_ref().to_string(), price);
        }
    }
    prices
}

fn price(owner: &Key<'_>, table: &DeTable<'_>, complaints: &mut Complaints) -> Option<Price> {
    let (mut input, mut output, mut cached) = (None, None, None);
    for (key, item) in table.iter() {
        match key.get_ref().as_ref() {
            "input" => input = complaints.amount(key, item, true),
            "output" => output = complaints.amount(key, item, true),
            "cached" => cached = complaints.amount(key, item, true),
            _ => complaints.unknown(&format!("[prices.\"{}\"]", owner.get_ref()), key, item, &KEYS),
        }
    }
    for missing in ["input", "output"].iter().filter(|key| !table.contains_key(**key)) {
        let message = format!("the price of `{}` has no `{missing}`", owner.get_ref());
        let help = "state US dollars for a million tokens, 0 where it costs nothing".to_owned();
        complaints.tell("missing-key", owner.span(), message, help);
    }
    Some(Price { input: input?, output: output?, cached })
}
