//! Cohere's interface, version 2.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Dialect, Message, Site, data_url, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Outcome, Reply, Usage};
use crate::models::request::{ChatRequest, Parameters, Request, Speaker, Turn};
use crate::models::structured;

pub(in crate::models) struct Cohere;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Turned<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
}

#[derive(Serialize)]
struct Turned<'a> {
    role: &'static str,
    content: Said<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: &'a Value,
}

impl Dialect for Cohere {
    fn lacks(&self, _: &Site, request: &Request) -> Option<String> {
        let Request::Chat(chat) = request else { return None };
        chat.parameters.reasoning_effort.as_ref().map(|_| "parameter `reasoning_effort`".to_owned())
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let url = |path: &str| format!("{}/v2/{path}", site.base_url);
        match request {
            Request::Chat(chat) => Message::post(url("chat"), &body(site, chat)),
            Request::Embed(texts) => Message::post(url("embed"), &embed(site, texts)),
            _ => Message::get(site.base_url.clone()),
        }
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        match request {
            _ if !(200..300).contains(&status) => Err(failed(status, body)),
            Request::Embed(texts) => read_vectors(texts.len(), body),
            _ => read(body),
        }
    }
}

fn body<'a>(site: &'a Site, chat: &'a ChatRequest) -> Body<'a> {
    let schema = chat.schema.as_deref();
    let native = schema.filter(|schema| structured::is_object(schema));
    let system = match schema {
        Some(schema) if native.is_none() => {
            Some(Cow::Owned(structured::with_instruction(chat.system.as_deref(), schema)))
        }
        _ => chat.system.as_deref().map(Cow::Borrowed),
    };
    let system = system.map(|text| Turned { role: "system", content: Said::Text(text) });
    let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort: _ } = &chat.parameters;
    Body {
        model: &site.model,
        messages: system.into_iter().chain(chat.turns.iter().map(turn)).collect(),
        temperature: *temperature,
        p: *top_p,
        max_tokens: *max_tokens,
        seed: *seed,
        stop_sequences: stop,
        response_format: native.map(|json_schema| ResponseFormat { r#type: "json_object", json_schema }),
    }
}

fn turn(turn: &Turn) -> Turned<'_> {
    let role = match turn.speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    if turn.images.is_empty() {
        return Turned { role, content: Said::Text(Cow::Borrowed(&turn.text)) };
    }
    let images =
        turn.images.iter().map(|image| Part::ImageUrl { image_url: ImageUrl { url: data_url(image) } });
    let text = (!turn.text.is_empty()).then_some(Part::Text { text: &turn.text });
    Turned { role, content: Said::Parts(images.chain(text).collect()) }
}

#[derive(Deserialize)]
struct Answer {
    finish_reason: Option<String>,
    message: Option<Spoken>,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Spoken {
    content: Option<Vec<SpokenPart>>,
}

/// Parts without a text are thoughts.
#[derive(Deserialize)]
struct SpokenPart {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    tokens: Option<Tokens>,
    cached_tokens: Option<f64>,
}

/// Whole numbers that arrive as floating-point ones.
#[derive(Deserialize)]
struct Tokens {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
}

fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let answer: Answer = parse(body)?;
    let message = answer.message.ok_or_else(|| ReadError::malformed("it has no `message`"))?;
    let outcome = match answer.finish_reason.as_deref() {
        Some("MAX_TOKENS") => Outcome::Cut,
        Some("ERROR_TOXIC") => Outcome::Blocked,
        Some(reason @ ("ERROR" | "ERROR_LIMIT" | "TIMEOUT")) => {
            return Err(ReadError::Failed { status: 503, message: format!("finish_reason `{reason}`") });
        }
        _ => Outcome::Complete,
    };
    let text: String = message.content.unwrap_or_default().into_iter().filter_map(|part| part.text).collect();
    let usage = answer.usage.map(|counts| {
        let whole = |count: Option<f64>| count.map_or(0, |count| count as u64);
        let tokens = counts.tokens;
        Usage {
            input: whole(tokens.as_ref().and_then(|tokens| tokens.input_tokens)),
            output: whole(tokens.as_ref().and_then(|tokens| tokens.output_tokens)),
            cached: whole(counts.cached_tokens),
            reasoning: 0,
        }
    });
    Ok(Reply::text(outcome, &text, usage.unwrap_or_default(), None))
}

#[derive(Serialize)]
struct EmbedBody<'a> {
    model: &'a str,
    texts: &'a [Arc<str>],
    input_type: &'static str,
    embedding_types: [&'static str; 1],
}

fn embed<'a>(site: &'a Site, texts: &'a [Arc<str>]) -> EmbedBody<'a> {
    // Distances between texts of the same standing are what benchmarks use vectors for.
    EmbedBody { model: &site.model, texts, input_type: "clustering", embedding_types: ["float"] }
}

fn read_vectors(texts: usize, body: &[u8]) -> Result<Reply, ReadError> {
    #[derive(Deserialize)]
    struct Embeddings {
        embeddings: ByType,
        meta: Option<Meta>,
    }
    #[derive(Deserialize)]
    struct ByType {
        float: Vec<Vec<f64>>,
    }
    #[derive(Deserialize)]
    struct Meta {
        billed_units: Option<Tokens>,
    }
    let answer: Embeddings = parse(body)?;
    let vectors = answer.embeddings.float;
    if vectors.len() != texts {
        return Err(ReadError::malformed(format!("{} vectors for {texts} texts", vectors.len())));
    }
    let tokens = answer.meta.and_then(|meta| meta.billed_units).and_then(|units| units.input_tokens);
    let usage = Usage { input: tokens.map_or(0, |count| count as u64), ..Usage::default() };
    Ok(Reply { usage, ..Reply::of(Content::Vectors(vectors), false) })
}
