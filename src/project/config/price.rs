//! `[prices.…]`: what a model costs, instead of what the program believes.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::complaints::{Complaints, Key};
use crate::models::prices::Price;
use crate::project::binding::BindingParts;

const KEYS: [&str; 5] = ["input", "output", "cached", "image", "request"];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> BTreeMap<String, Price> {
    let mut prices = BTreeMap::new();
    for (key, item) in table.iter() {
        if let Err(problem) = BindingParts::of(key.get_ref()) {
            complaints.tell("unknown-provider", key.span(), problem.to_string(), None);
        }
        let Some(table) = complaints.table(key, item) else { continue };
        prices.insert(key.get_ref().to_string(), price(key, table, complaints));
    }
    prices
}

fn price(owner: &Key<'_>, table: &DeTable<'_>, complaints: &mut Complaints) -> Price {
    let mut price = Price::default();
    let is_by_piece = table.contains_key("image") || table.contains_key("request");
    for (key, item) in table.iter() {
        match key.get_ref().as_ref() {
            "input" => price.input = complaints.amount(key, item, true).unwrap_or_default(),
            "output" => price.output = complaints.amount(key, item, true).unwrap_or_default(),
            "cached" => price.cached = complaints.amount(key, item, true),
            "image" => price.image = complaints.amount(key, item, true).unwrap_or_default(),
            "request" => price.request = complaints.amount(key, item, true).unwrap_or_default(),
            _ => complaints.unknown(&format!("[prices.\"{}\"]", owner.get_ref()), key, item, &KEYS),
        }
    }
    let wanted = if is_by_piece { &[][..] } else { &["input", "output"][..] };
    for missing in wanted.iter().filter(|key| !table.contains_key(**key)) {
        let message = format!("the price of `{}` has no `{missing}`", owner.get_ref());
        let help = "state US dollars for a million tokens, 0 where it costs nothing".to_owned();
        complaints.tell("missing-key", owner.span(), message, help);
    }
    price
}
