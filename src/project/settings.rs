//! What `tgp.toml` states about endpoints, added to what providers are usually given.

use crate::engine::endpoints::EndpointSettings;
use crate::models::endpoint::EndpointSpec;

use super::config::Config;
use super::config::endpoint::EndpointEntry;
use super::project::Project;

impl EndpointSettings for Config {
    /// The provider's entry first, then the model's own.
    fn complete(&self, mut spec: EndpointSpec) -> EndpointSpec {
        let model = format!("{}/{}", spec.provider, spec.model);
        for name in [spec.provider.name(), &model] {
            if let Some(entry) = self.endpoints.get(name) {
                entry.add_to(&mut spec);
            }
        }
        // A search engine is called by its provider's name alone.
        let prices = [&spec.name, &model, &format!("{}/*", spec.provider)];
        let price = prices.iter().find_map(|name| self.prices.get(*name)).copied();
        state(&mut spec.price, &price);
        spec
    }
}

impl EndpointSettings for Project {
    /// Programs are started in the project's folder, from where their paths start.
    fn complete(&self, spec: EndpointSpec) -> EndpointSpec {
        EndpointSpec { folder: Some(self.root.clone()), ..self.config.complete(spec) }
    }
}

impl EndpointEntry {
    fn add_to(&self, spec: &mut EndpointSpec) {
        state(&mut spec.base_url, &self.base_url);
        state(&mut spec.identity, &self.identity);
        state(&mut spec.api_version, &self.api_version);
        // Of two sources of a key the file goes first, so a variable stated for one model must
        // take the place of a file stated for its provider.
        if self.key_variable.is_some() || self.key_file.is_some() {
            spec.key_variable.clone_from(&self.key_variable);
            spec.key_file.clone_from(&self.key_file);
        }
        replace(&mut spec.arguments, self.arguments.clone());
        let limits = &mut spec.limits;
        state(&mut limits.requests_per_second, &self.requests_per_second);
        state(&mut limits.requests_per_minute, &self.requests_per_minute);
        state(&mut limits.tokens_per_minute, &self.tokens_per_minute);
        replace(&mut limits.concurrency, self.concurrency);
        replace(&mut limits.attempts, self.attempts);
        replace(&mut limits.total_timeout, self.total_timeout);
        replace(&mut limits.idle_timeout, self.idle_timeout);
        replace(&mut limits.outage, self.outage);
    }
}

fn state<T: Clone>(place: &mut Option<T>, stated: &Option<T>) {
    if stated.is_some() {
        place.clone_from(stated);
    }
}

fn replace<T>(place: &mut T, stated: Option<T>) {
    if let Some(stated) = stated {
        *place = stated;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::diagnostics::source::SourceId;
    use crate::models::provider::ProviderKind;

    fn config(text: &str) -> Config {
        Config::parse(SourceId(0), text).unwrap()
    }

    #[test]
    fn a_models_entry_goes_over_its_providers() {
        let config = config(
            "[endpoints.openai]\nconcurrency = 8\nrequests_per_minute = 500\nkey_file = \"k\"\n\
             [endpoints.\"openai/gpt-4o\"]\nconcurrency = 2\nidle_timeout_seconds = 1.5\nkey_variable = \"MINE\"\n",
        );
        let spec = config.complete(EndpointSpec::new(ProviderKind::OpenAi, "gpt-4o"));
        assert_eq!(spec.limits.concurrency, 2);
        assert_eq!(spec.limits.requests_per_minute, Some(500.0));
        assert_eq!(spec.limits.idle_timeout, Duration::from_millis(1500));
        assert_eq!((spec.key_variable.as_deref(), spec.key_file), (Some("MINE"), None));

        let other = config.complete(EndpointSpec::new(ProviderKind::OpenAi, "other"));
        assert_eq!((other.limits.concurrency, other.key_file), (8, Some(PathBuf::from("k"))));
        let elsewhere = EndpointSpec::new(ProviderKind::Mistral, "gpt-4o");
        assert_eq!(config.complete(elsewhere.clone()), elsewhere);
    }

    #[test]
    fn a_stated_price_goes_over_the_built_in_one() {
        let config = config(
            "[prices.\"openai/gpt-4o\"]\ninput = 1\noutput = 2\n[prices.\"vllm/*\"]\ninput = 0\noutput = 0\n\
             [prices.\"zhipu/cogview-4\"]\nimage = 0.06\n[prices.brave]\nrequest = 0.005\n",
        );
        let price = |provider, model| config.complete(EndpointSpec::new(provider, model)).price;
        assert_eq!(price(ProviderKind::OpenAi, "gpt-4o").map(|price| price.output), Some(2.0));
        assert_eq!(price(ProviderKind::OpenAi, "gpt-4o-mini"), None);
        assert_eq!(price(ProviderKind::Vllm, "any").map(|price| price.output), Some(0.0));
        assert_eq!(price(ProviderKind::Brave, "brave").map(|price| price.request), Some(0.005));
        assert_eq!(price(ProviderKind::Zhipu, "cogview-4").map(|price| price.image), Some(0.06));
    }

    #[test]
    fn every_limit_reaches_its_place() {
        let config = config(
            "[endpoints.vllm]\nbase_url = \"http://h/v1\"\nidentity = \"lab\"\napi_version = \"2\"\n\
             requests_per_second = 3\ntokens_per_minute = 9\nattempts = 4\n\
             total_timeout_seconds = 60\noutage_seconds = 0\n",
        );
        let spec = config.complete(EndpointSpec::new(ProviderKind::Vllm, "m"));
        assert_eq!(spec.base_url.as_deref(), Some("http://h/v1"));
        assert_eq!(spec.identity.as_deref(), Some("lab"));
        assert_eq!(spec.api_version.as_deref(), Some("2"));
        assert_eq!(spec.limits.requests_per_second, Some(3.0));
        assert_eq!(spec.limits.tokens_per_minute, Some(9.0));
        assert_eq!(spec.limits.attempts, 4);
        assert_eq!(spec.limits.total_timeout, Duration::from_secs(60));
        assert_eq!(spec.limits.outage, Duration::ZERO);
    }
}
