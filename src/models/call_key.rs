//! What a call is known by, to the cache and to people.

use serde_json::{Map, Value, json};

use super::dialects::Site;
use super::provider::{Address, Profile, ProviderKind};
use super::request::{ChatRequest, Parameters, Request, Speaker};
use crate::digest::{Digest, Hasher};

/// Where a request goes, as far as it is part of the call's identity.
pub(super) fn place<'a>(site: &'a Site, identity: Option<&'a str>) -> &'a str {
    match identity {
        Some(identity) => identity,
        None if is_official(site.profile, &site.base_url) => "",
        None => &site.base_url,
    }
}

fn is_official(profile: &Profile, base_url: &str) -> bool {
    match profile.address {
        Address::Hosted(address) => address == base_url,
        Address::Local(_) | Address::Stated => false,
        Address::None => true,
    }
}

/// The identity of a call: provider, model, place, request, sample number, edition.
pub(super) fn call_key(
    site: &Site,
    identity: Option<&str>,
    request: &Request,
    sample: u32,
    edition: Option<&str>,
) -> Digest {
    let mut hasher = Hasher::new("tgp.call.v1");
    // A program is known by its content, wherever it lies.
    let model = if site.profile.kind == ProviderKind::Command { "" } else { &site.model };
    hasher.text(site.profile.name).text(model).text(place(site, identity));
    request.write_to(&mut hasher);
    hasher.number(u64::from(sample));
    match edition {
        Some(edition) => hasher.number(1).text(edition),
        None => hasher.number(0),
    };
    hasher.finish()
}

/// The request for a reader of the ledger: pictures by digest, no secrets.
pub(super) fn canonical_json(site: &Site, identity: Option<&str>, request: &Request) -> String {
    let mut fields = Map::new();
    fields.insert("provider".to_owned(), site.profile.name.into());
    if !site.model.is_empty() {
        fields.insert("model".to_owned(), site.model.as_str().into());
    }
    let place = place(site, identity);
    if !place.is_empty() {
        fields.insert("at".to_owned(), place.into());
    }
    let (kind, value) = request_json(request);
    fields.insert(kind.to_owned(), value);
    Value::Object(fields).to_string()
}

/// The request alone: its kind, and all that is in it with pictures by digest.
pub(super) fn request_json(request: &Request) -> (&'static str, Value) {
    match request {
        Request::Chat(chat) => ("chat", of_chat(chat)),
        Request::Paint(paint) => {
            let mut value = json!({ "prompt": &*paint.prompt, "count": paint.count });
            if let Some((width, height)) = paint.size {
                value["size"] = json!([width, height]);
            }
            if let Some(seed) = paint.seed {
                value["seed"] = seed.into();
            }
            ("paint", value)
        }
        Request::Embed(texts) => ("embed", texts.iter().map(|text| &**text).collect()),
        Request::Classify(text) => ("classify", (&**text).into()),
        Request::Search(search) => {
            ("search", json!({ "query": &*search.query, "top": search.top, "images": search.images }))
        }
        Request::Fetch(address) => ("fetch", (&**address).into()),
    }
}

fn of_chat(chat: &ChatRequest) -> Value {
    let mut fields = Map::new();
    if let Some(system) = &chat.system {
        fields.insert("system".to_owned(), (&**system).into());
    }
    let turns = chat.turns.iter().map(|turn| {
        let speaker = match turn.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        let mut value = json!({ speaker: &*turn.text });
        if !turn.images.is_empty() {
            value["images"] = turn.images.iter().map(|image| image.digest.hex()).collect();
        }
        value
    });
    fields.insert("turns".to_owned(), turns.collect());
    let parameters = of_parameters(&chat.parameters);
    if !parameters.is_empty() {
        fields.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(schema) = &chat.schema {
        fields.insert("schema".to_owned(), (**schema).clone());
    }
    Value::Object(fields)
}

fn of_parameters(parameters: &Parameters) -> Map<String, Value> {
    let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort } = parameters;
    let stop: Option<Value> = (!stop.is_empty()).then(|| stop.iter().map(|word| &**word).collect());
    [
        ("temperature", temperature.map(Value::from)),
        ("top_p", top_p.map(Value::from)),
        ("max_tokens", max_tokens.map(Value::from)),
        ("seed", seed.map(Value::from)),
        ("stop", stop),
        ("reasoning_effort", reasoning_effort.as_deref().map(Value::from)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
