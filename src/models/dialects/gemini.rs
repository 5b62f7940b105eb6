//! Google's Gemini.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Dialect, Message, Site, base64_of, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Outcome, Reply, Usage};
use crate::models::request::{ChatRequest, Parameters, Request, Speaker};
use crate::models::structured;

pub(in crate::models) struct Gemini;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Turned<'a>>,
    contents: Vec<Turned<'a>>,
    generation_config: Config<'a>,
}

#[derive(Serialize)]
struct Turned<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<Part<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Part<'a> {
    Text(Cow<'a, str>),
    #[serde(rename_all = "camelCase")]
    InlineData {
        mime_type: &'a str,
        data: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Thinking<'a> {
    ThinkingLevel(&'a str),
    ThinkingBudget(u32),
}

impl Dialect for Gemini {
    fn lacks(&self, site: &Site, request: &Request) -> Option<String> {
        let Request::Chat(chat) = request else { return None };
        let effort = chat.parameters.reasoning_effort.as_deref()?;
        let unknown = counts_thoughts(site) && budget(effort).is_none();
        unknown.then(|| format!("reasoning effort `{effort}`: it knows low, medium and high"))
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let url = |method: &str| format!("{}/models/{}:{method}", site.base_url, site.model);
        match request {
            Request::Chat(chat) => Message::post(url("generateContent"), &body(site, chat)),
            Request::Embed(texts) => Message::post(url("batchEmbedContents"), &embed(site, texts)),
            _ => Message::get(site.base_url.clone()),
        }
    }

    fn key_header(&self, _: &Site, key: &str) -> (&'static str, String) {
        ("x-goog-api-key", key.to_owned())
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        match request {
            _ if !(200..300).contains(&status) => Err(failed(status, body)),
            Request::Embed(texts) => read_vectors(texts.len(), body),
            _ => read(body),
        }
    }
}

fn body<'a>(site: &Site, chat: &'a ChatRequest) -> Body<'a> {
    let contents = chat.turns.iter().map(|turn| {
        let images = turn
            .images
            .iter()
            .map(|image| Part::InlineData { mime_type: &image.media_type, data: base64_of(image) });
        let text = Part::Text(Cow::Borrowed(&turn.text));
        Turned {
            role: Some(match turn.speaker {
                Speaker::User => "user",
                Speaker::Assistant => "model",
            }),
            parts: images.chain([text]).collect(),
        }
    });
    let schema = chat.schema.as_deref();
    let native = schema.and_then(translated);
    let system = match schema {
        Some(schema) if native.is_none() => {
            Some(Cow::Owned(structured::with_instruction(chat.system.as_deref(), schema)))
        }
        _ => chat.system.as_deref().map(Cow::Borrowed),
    };
    let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort } = &chat.parameters;
    Body {
        system_instruction: system.map(|text| Turned { role: None, parts: vec![Part::Text(text)] }),
        contents: contents.collect(),
        generation_config: Config {
            temperature: *temperature,
            top_p: *top_p,
            max_output_tokens: *max_tokens,
            seed: *seed,
            stop_sequences: stop,
            response_mime_type: native.is_some().then_some("application/json"),
            response_schema: native,
            thinking_config: reasoning_effort.as_deref().map(|effort| match budget(effort) {
                Some(tokens) if counts_thoughts(site) => Thinking::ThinkingBudget(tokens),
                _ => Thinking::ThinkingLevel(effort),
            }),
        },
    }
}

/// Models up to 2.5 are told how many tokens to think; later ones, how hard.
fn counts_thoughts(site: &Site) -> bool {
    site.model.starts_with("gemini-2")
}

/// Google's own translation of efforts (its page "OpenAI compatibility").
fn budget(effort: &str) -> Option<u32> {
    match effort {
        "none" => Some(0),
        "low" => Some(1_024),
        "medium" => Some(8_192),
        "high" => Some(24_576),
        _ => None,
    }
}

/// A schema in the part of JSON Schema that the interface takes; `None` where it has more.
fn translated(schema: &Value) -> Option<Value> {
    const UNKNOWN: &[&str] = &["$ref", "$defs", "oneOf", "allOf", "not", "const", "if", "patternProperties"];
    match schema {
        Value::Object(fields) => {
            if fields.keys().any(|name| UNKNOWN.contains(&name.as_str())) {
                return None;
            }
            let mut known = serde_json::Map::new();
            for (name, value) in fields {
                let value = match (name.as_str(), value) {
                    ("additionalProperties" | "$schema", _) => continue,
                    // A type that may be null is said otherwise here.
                    ("type", Value::Array(types)) => {
                        let others: Vec<&Value> = types.iter().filter(|one| *one != "null").collect();
                        let [one] = others.as_slice() else { return None };
                        known.insert("nullable".to_owned(), Value::Bool(true));
                        (*one).clone()
                    }
                    // The names below are the caller's own and no keywords.
                    ("properties", Value::Object(properties)) => {
                        let properties =
                            properties.iter().map(|(name, value)| Some((name.clone(), translated(value)?)));
                        Value::Object(properties.collect::<Option<_>>()?)
                    }
                    ("items" | "anyOf", value) => translated(value)?,
                    (_, value) => value.clone(),
                };
                known.insert(name.clone(), value);
            }
            Some(Value::Object(known))
        }
        Value::Array(parts) => parts.iter().map(translated).collect::<Option<Vec<_>>>().map(Value::Array),
        other => Some(other.clone()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Candidate<'a>>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Counts>,
    #[serde(borrow)]
    model_version: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Said<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    parts: Option<Vec<SaidPart<'a>>>,
}

#[derive(Deserialize)]
struct SaidPart<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    thought: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    prompt_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Usage {
        let reasoning = counts.thoughts_token_count.unwrap_or(0);
        Usage {
            input: counts.prompt_token_count.unwrap_or(0),
            output: counts.candidates_token_count.unwrap_or(0) + reasoning,
            cached: counts.cached_content_token_count.unwrap_or(0),
            reasoning,
        }
    }
}

fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let answer: Answer<'_> = parse(body)?;
    let usage = answer.usage_metadata.map(Usage::from).unwrap_or_default();
    if answer.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
        return Ok(Reply { usage, ..Reply::blocked() });
    }
    let candidates = answer.candidates.ok_or_else(|| ReadError::malformed("it has no `candidates`"))?;
    let candidate = candidates.into_iter().next();
    let candidate = candidate.ok_or_else(|| ReadError::malformed("its `candidates` are empty"))?;
    let outcome = match candidate.finish_reason.as_deref() {
        Some("MAX_TOKENS") => Outcome::Cut,
        Some(
            "SAFETY"
            | "RECITATION"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT",
        ) => Outcome::Blocked,
        _ => Outcome::Complete,
    };
    let parts = candidate.content.and_then(|content| content.parts).unwrap_or_default();
    let said = parts.into_iter().filter(|part| part.thought != Some(true));
    let text: String = said.filter_map(|part| part.text).collect();
    Ok(Reply::text(outcome, &text, usage, answer.model_version.as_deref()))
}

#[derive(Serialize)]
struct EmbedBody<'a> {
    requests: Vec<EmbedOne<'a>>,
}

#[derive(Serialize)]
struct EmbedOne<'a> {
    model: String,
    content: Turned<'a>,
}

fn embed<'a>(site: &Site, texts: &'a [Arc<str>]) -> EmbedBody<'a> {
    let requests = texts.iter().map(|text| EmbedOne {
        model: format!("models/{}", site.model),
        content: Turned { role: None, parts: vec![Part::Text(Cow::Borrowed(text))] },
    });
    EmbedBody { requests: requests.collect() }
}

fn read_vectors(texts: usize, body: &[u8]) -> Result<Reply, ReadError> {
    #[derive(Deserialize)]
    struct Embeddings {
        embeddings: Vec<Embedding>,
    }
    #[derive(Deserialize)]
    struct Embedding {
        values: Vec<f64>,
    }
    let answer: Embeddings = parse(body)?;
    if answer.embeddings.len() != texts {
        return Err(ReadError::malformed(format!("{} vectors for {texts} texts", answer.embeddings.len())));
    }
    let vectors = answer.embeddings.into_iter().map(|embedding| embedding.values).collect();
    Ok(Reply::of(Content::Vectors(vectors), false))
}
