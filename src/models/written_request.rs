//! What a call is known by to people: the request as JSON, written straight to text.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::call_key::place;
use super::dialects::Site;
use super::request::{ChatRequest, Parameters, Request, Speaker, Turn};
use crate::digest::Digest;

/// The request for a reader of the ledger: pictures by digest, no secrets.
pub(super) fn canonical_json(site: &Site, identity: Option<&str>, request: &Request) -> Box<RawValue> {
    let written = to_raw_value(&Canonical { site, identity, request });
    // Texts and numbers in memory can always be written.
    written.unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The request alone: its kind, and all that is in it with pictures by digest.
pub(super) fn request_json(request: &Request) -> (&'static str, Value) {
    (kind(request), serde_json::to_value(Asked(request)).unwrap_or_default())
}

fn kind(request: &Request) -> &'static str {
    match request {
        Request::Chat(_) => "chat",
        Request::Paint(_) => "paint",
        Request::Embed(_) => "embed",
        Request::Classify(_) => "classify",
        Request::Search(_) => "search",
        Request::Fetch(_) => "fetch",
    }
}

struct Canonical<'a> {
    site: &'a Site,
    identity: Option<&'a str>,
    request: &'a Request,
}

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("provider", self.site.profile.name)?;
        if !self.site.model.is_empty() {
            fields.serialize_entry("model", &self.site.model)?;
        }
        let place = place(self.site, self.identity);
        if !place.is_empty() {
            fields.serialize_entry("at", place)?;
        }
        fields.serialize_entry(kind(self.request), &Asked(self.request))?;
        fields.end()
    }
}

struct Asked<'a>(&'a Request);

impl Serialize for Asked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Request::Chat(chat) => AskedChat(chat).serialize(serializer),
            Request::Paint(paint) => {
                let mut fields = serializer.serialize_map(None)?;
                fields.serialize_entry("prompt", &paint.prompt)?;
                fields.serialize_entry("count", &paint.count)?;
                if let Some(size) = &paint.size {
                    fields.serialize_entry("size", size)?;
                }
                if let Some(seed) = &paint.seed {
                    fields.serialize_entry("seed", seed)?;
                }
                fields.end()
            }
            Request::Embed(texts) => texts.serialize(serializer),
            Request::Classify(text) => text.serialize(serializer),
            Request::Search(search) => {
                let mut fields = serializer.serialize_map(None)?;
                fields.serialize_entry("query", &search.query)?;
                fields.serialize_entry("top", &search.top)?;
                fields.serialize_entry("images", &search.images)?;
                fields.end()
            }
            Request::Fetch(address) => address.serialize(serializer),
        }
    }
}

struct AskedChat<'a>(&'a ChatRequest);

impl Serialize for AskedChat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chat = self.0;
        let mut fields = serializer.serialize_map(None)?;
        if let Some(system) = &chat.system {
            fields.serialize_entry("system", system)?;
        }
        fields.serialize_entry("turns", &AskedTurns(&chat.turns))?;
        if chat.parameters != Parameters::default() {
            fields.serialize_entry("parameters", &AskedParameters(&chat.parameters))?;
        }
        if let Some(schema) = &chat.schema {
            fields.serialize_entry("schema", schema)?;
        }
        fields.end()
    }
}

struct AskedTurns<'a>(&'a [Turn]);

impl Serialize for AskedTurns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(AskedTurn))
    }
}

struct AskedTurn<'a>(&'a Turn);

impl Serialize for AskedTurn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let turn = self.0;
        let mut fields = serializer.serialize_map(None)?;
        let speaker = match turn.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        fields.serialize_entry(speaker, &turn.text)?;
        if !turn.images.is_empty() {
            let digests: Vec<&Digest> = turn.images.iter().map(|image| &image.digest).collect();
            fields.serialize_entry("images", &digests)?;
        }
        fields.end()
    }
}

struct AskedParameters<'a>(&'a Parameters);

impl Serialize for AskedParameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort } = self.0;
        let mut fields = serializer.serialize_map(None)?;
        if let Some(temperature) = temperature {
            fields.serialize_entry("temperature", temperature)?;
        }
        if let Some(top_p) = top_p {
            fields.serialize_entry("top_p", top_p)?;
        }
        if let Some(max_tokens) = max_tokens {
            fields.serialize_entry("max_tokens", max_tokens)?;
        }
        if let Some(seed) = seed {
            fields.serialize_entry("seed", seed)?;
        }
        if !stop.is_empty() {
            fields.serialize_entry("stop", stop)?;
        }
        if let Some(effort) = reasoning_effort {
            fields.serialize_entry("reasoning_effort", effort)?;
        }
        fields.end()
    }
}
