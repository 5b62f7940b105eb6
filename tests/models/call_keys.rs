//! No stale reply is served: whatever goes on the wire, or tells two asks apart, is in the key;
//! nothing else is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tgp::digest::Digest;
use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::limits::Limits;
use tgp::models::provider::ProviderKind;
use tgp::models::request::{ChatRequest, Parameters, Picture, Request, Speaker, Turn};
use tgp::world::Machine;

/// Everything that a call's key is made of.
#[derive(Clone, Debug)]
struct Asked {
    provider: &'static str,
    model: String,
    base_url: String,
    system: Option<String>,
    texts: Vec<String>,
    picture: Vec<u8>,
    temperature: Option<f64>,
    max_tokens: Option<u32>,
    seed: Option<i64>,
    stop: Vec<String>,
    schema: Option<u8>,
    sample: u32,
    edition: Option<String>,
}

impl Asked {
    fn key(&self, change: impl FnOnce(&mut EndpointSpec)) -> Digest {
        let provider = ProviderKind::named(self.provider).unwrap();
        let mut spec = EndpointSpec {
            base_url: Some(self.base_url.clone()),
            ..EndpointSpec::new(provider, &self.model)
        };
        change(&mut spec);
        let endpoint = Endpoint::open(spec, Arc::new(Machine)).unwrap();
        endpoint.call_key(&self.request(), self.sample, self.edition.as_deref())
    }

    fn request(&self) -> Request {
        let picture = Picture {
            digest: Digest::of(&self.picture),
            media_type: "image/png".into(),
            bytes: Bytes::from(self.picture.clone()),
        };
        let turn = |text: &String| Turn {
            speaker: Speaker::User,
            text: text.as_str().into(),
            images: vec![picture.clone()],
        };
        Request::Chat(ChatRequest {
            system: self.system.as_deref().map(Arc::from),
            turns: self.texts.iter().map(turn).collect(),
            parameters: Parameters {
                temperature: self.temperature,
                max_tokens: self.max_tokens,
                seed: self.seed,
                stop: self.stop.iter().map(|word| word.as_str().into()).collect(),
                ..Parameters::default()
            },
            schema: self
                .schema
                .map(|most| Arc::new(serde_json::json!({ "type": "integer", "maximum": most }))),
        })
    }

    /// The same with one part changed, for each part.
    fn changed(&self) -> Vec<(&'static str, Asked)> {
        let change = |name, change: &dyn Fn(&mut Asked)| {
            let mut asked = self.clone();
            change(&mut asked);
            (name, asked)
        };
        vec![
            change("provider", &|asked| asked.provider = "mistral"),
            change("model", &|asked| asked.model.push('x')),
            change("base URL", &|asked| asked.base_url.push('1')),
            change("system", &|asked| asked.system = Some(asked.system.clone().unwrap_or_default() + " ")),
            change("message", &|asked| asked.texts[0].push('.')),
            change("another message", &|asked| asked.texts.push(String::new())),
            change("a byte of the picture", &|asked| asked.picture[0] ^= 1),
            change("temperature", &|asked| asked.temperature = asked.temperature.map_or(Some(0.5), |_| None)),
            change("max tokens", &|asked| {
                asked.max_tokens = Some(asked.max_tokens.map_or(1, |most| most + 1))
            }),
            change("seed", &|asked| asked.seed = Some(asked.seed.map_or(0, |seed| seed.wrapping_add(1)))),
            change("stop", &|asked| asked.stop.push("###".to_owned())),
            change("schema", &|asked| asked.schema = asked.schema.map_or(Some(1), |_| None)),
            change("sample", &|asked| asked.sample += 1),
            change("edition", &|asked| asked.edition = Some(asked.edition.clone().unwrap_or_default() + "b")),
        ]
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let place =
        ("[a-z]{1,8}", 1000_u16..9999).prop_map(|(name, port)| format!("http://{name}.test:{port}/v"));
    let words = (prop::option::of(".{0,12}"), prop::collection::vec(".{0,24}", 1..4));
    let sampling =
        (prop::option::of(0.0_f64..2.0), prop::option::of(1_u32..4096), prop::option::of(any::<i64>()));
    let rest = (
        prop::collection::vec(any::<u8>(), 1..32),
        prop::collection::vec("[a-z]{1,4}", 0..3),
        prop::option::of(any::<u8>()),
        0_u32..1000,
        prop::option::of("[0-9]{4}-[0-9]{2}"),
    );
    ("[a-z0-9-]{1,12}", place, words, sampling, rest).prop_map(|(model, base_url, words, sampling, rest)| {
        Asked {
            provider: "openai",
            model,
            base_url,
            system: words.0,
            texts: words.1,
            temperature: sampling.0,
            max_tokens: sampling.1,
            seed: sampling.2,
            picture: rest.0,
            stop: rest.1,
            schema: rest.2,
            sample: rest.3,
            edition: rest.4,
        }
    })
}

proptest! {
    #[test]
    fn each_part_changed_alone_is_another_call(asked in asked()) {
        let key = asked.key(|_| {});
        let mut keys = BTreeSet::from([key]);
        for (part, changed) in asked.changed() {
            prop_assert!(keys.insert(changed.key(|_| {})), "{part} is not in the key, or is taken for another");
        }
    }

    #[test]
    fn what_is_not_sent_is_not_in_the_key(asked in asked(), concurrency in 1_u32..500, seconds in 1_u64..500) {
        let key = asked.key(|_| {});
        let limits = Limits {
            concurrency,
            attempts: concurrency,
            requests_per_second: Some(seconds as f64),
            total_timeout: Duration::from_secs(seconds),
            ..Limits::default()
        };
        prop_assert_eq!(asked.key(|spec| spec.limits = limits), key);
        prop_assert_eq!(asked.key(|spec| spec.name = "another name".to_owned()), key);
        prop_assert_eq!(asked.key(|spec| spec.key_variable = Some("ANOTHER_KEY".to_owned())), key);
        prop_assert_eq!(asked.key(|spec| spec.key_file = Some("another/key".into())), key);
        prop_assert_eq!(asked.key(|spec| spec.identity = Some("this server".to_owned())), {
            // What stands for a server holds wherever it moves.
            let moved = Asked { base_url: "http://elsewhere.test".to_owned(), ..asked.clone() };
            moved.key(|spec| spec.identity = Some("this server".to_owned()))
        });
    }
}
