//! What calls cost, by provider and model.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::provider::ProviderKind;
use super::reply::Usage;

/// One model's prices in US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// For a million tokens of requests.
    pub input: f64,
    /// For a million tokens of requests that the provider reads from its cache; as `input`
    /// where there is no such price.
    pub cached: Option<f64>,
    /// For a million tokens of replies, hidden reasoning included.
    pub output: f64,
    /// For one picture.
    pub image: f64,
    /// For one request, whatever it takes: what search engines ask for.
    pub request: f64,
}

impl Price {
    /// What one reply costs, in US dollars.
    pub fn cost(&self, usage: &Usage, images: u32) -> f64 {
        let cached = usage.cached.min(usage.input);
        let tokens = (usage.input - cached) as f64 * self.input
            + cached as f64 * self.cached.unwrap_or(self.input)
            + usage.output as f64 * self.output;
        tokens / 1e6 + f64::from(images) * self.image + self.request
    }
}

/// Prices by provider and model, as of a date.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Prices {
    #[serde(default)]
    as_of: String,
    #[serde(flatten)]
    providers: BTreeMap<String, BTreeMap<String, Price>>,
}

/// A table of prices that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table of prices cannot be read: {0}")]
pub struct PricesError(String);

static BUILT_IN: LazyLock<Prices> =
    LazyLock::new(|| Prices::read(include_str!("prices.toml")).unwrap_or_default());

impl Prices {
    /// The table that comes with the program.
    pub fn built_in() -> &'static Prices {
        &BUILT_IN
    }

    /// Reads a table in the form of the built-in one: a section a provider, an entry a model;
    /// the model `*` stands for all.
    pub fn read(text: &str) -> Result<Prices, PricesError> {
        toml::from_str(text).map_err(|error| PricesError(error.message().to_owned()))
    }

    /// The date of the table, as written in it.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// A model's prices. A dated version of a model costs what the model costs.
    pub fn of(&self, provider: ProviderKind, model: &str) -> Option<Price> {
        let models = self.providers.get(provider.name())?;
        let dated = || {
            let named =
                models.iter().filter(|(name, _)| model.strip_prefix(name.as_str()).is_some_and(is_version));
            named.max_by_key(|(name, _)| name.len()).map(|(_, price)| price)
        };
        models.get(model).or_else(dated).or_else(|| models.get("*")).copied()
    }
}

/// Whether what follows a model's name is a date or version of it: `-2024-08-06`, `-latest`.
fn is_version(rest: &str) -> bool {
    rest.strip_prefix(['-', '@', ':']).is_some_and(|version| {
        matches!(version, "latest" | "preview")
            || (version.len() >= 3 && version.chars().all(|c| c.is_ascii_digit() || c == '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole_and_names_known_providers() {
        let prices = Prices::read(include_str!("prices.toml")).unwrap();
        assert!(!prices.as_of().is_empty());
        for provider in prices.providers.keys() {
            assert!(ProviderKind::named(provider).is_some(), "{provider}");
        }
    }

    #[test]
    fn dated_versions_cost_what_their_model_costs_and_others_do_not() {
        let prices = Prices::built_in();
        let of = |model| prices.of(ProviderKind::OpenAi, model);
        assert_eq!(of("gpt-4o-2024-08-06"), of("gpt-4o"));
        assert_ne!(of("gpt-4o-mini-2024-07-18"), of("gpt-4o"));
        assert_eq!(of("gpt-4o-audio"), None);
        assert_eq!(of("gpt-5-pro"), None);
        let sonnet = prices.of(ProviderKind::Anthropic, "claude-3-5-sonnet-20241022");
        assert_eq!(sonnet.map(|price| price.output), Some(15.0));
    }

    #[test]
    fn a_request_has_a_price_of_its_own() {
        let price = Price { request: 0.005, ..Price::default() };
        assert!((price.cost(&Usage::default(), 0) - 0.005).abs() < 1e-12);
    }

    #[test]
    fn cached_tokens_are_part_of_the_input() {
        let price = Price { input: 2.0, cached: Some(0.5), output: 8.0, image: 0.04, request: 0.0 };
        let usage = Usage { input: 1_000_000, cached: 400_000, output: 500_000, reasoning: 100_000 };
        assert!((price.cost(&usage, 2) - (1.2 + 0.2 + 4.0 + 0.08)).abs() < 1e-9);
    }
}
