//! Chat completions.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::failure;
use crate::models::dialects::{Site, data_url, parse};
use crate::models::error::ReadError;
use crate::models::provider::Quirk;
use crate::models::reply::{Outcome, Reply, Usage};
use crate::models::request::{ChatRequest, Speaker, Turn};
use crate::models::structured;

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    random_seed: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
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
struct Reasoning<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

pub(super) fn lacks(site: &Site, chat: &ChatRequest) -> Option<String> {
    let parameters = &chat.parameters;
    if parameters.seed.is_some() && site.profile.has(Quirk::NoSeed) {
        return Some("parameter `seed`".to_owned());
    }
    if parameters.reasoning_effort.is_some() && site.profile.has(Quirk::NoEffort) {
        return Some("parameter `reasoning_effort`".to_owned());
    }
    None
}

pub(super) fn body<'a>(site: &'a Site, chat: &'a ChatRequest) -> Body<'a> {
    let profile = site.profile;
    let parameters = &chat.parameters;
    let schema = chat.schema.as_deref();
    let native = schema.filter(|schema| !profile.has(Quirk::NoSchema) && structured::is_object(schema));
    let system = match schema {
        Some(schema) if native.is_none() => {
            Some(Cow::Owned(structured::with_instruction(chat.system.as_deref(), schema)))
        }
        _ => chat.system.as_deref().map(Cow::Borrowed),
    };
    let system = system.map(|text| Message { role: "system", content: Content::Text(text) });
    let effort = parameters.reasoning_effort.as_deref();
    let completion = profile.has(Quirk::CompletionTokens);
    let random = profile.has(Quirk::RandomSeed);
    Body {
        model: &site.model,
        messages: system.into_iter().chain(chat.turns.iter().map(message)).collect(),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        max_tokens: parameters.max_tokens.filter(|_| !completion),
        max_completion_tokens: parameters.max_tokens.filter(|_| completion),
        seed: parameters.seed.filter(|_| !random),
        random_seed: parameters.seed.filter(|_| random),
        stop: &parameters.stop,
        reasoning_effort: effort.filter(|_| !profile.has(Quirk::EffortObject)),
        reasoning: effort.filter(|_| profile.has(Quirk::EffortObject)).map(|effort| Reasoning { effort }),
        response_format: native.map(|schema| ResponseFormat {
            r#type: "json_schema",
            json_schema: JsonSchema { name: "answer", strict: structured::is_closed(schema), schema },
        }),
    }
}

fn message(turn: &Turn) -> Message<'_> {
    let role = match turn.speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    if turn.images.is_empty() {
        return Message { role, content: Content::Text(Cow::Borrowed(&turn.text)) };
    }
    let images =
        turn.images.iter().map(|image| Part::ImageUrl { image_url: ImageUrl { url: data_url(image) } });
    let text = (!turn.text.is_empty()).then_some(Part::Text { text: &turn.text });
    Message { role, content: Content::Parts(images.chain(text).collect()) }
}

#[derive(Deserialize)]
struct Completion<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    usage: Option<Counts>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    message: Option<Answer<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Counts {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for tokens read from its cache.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Usage {
        let cached = counts.prompt_tokens_details.and_then(|details| details.cached_tokens);
        Usage {
            input: counts.prompt_tokens.unwrap_or(0),
            output: counts.completion_tokens.unwrap_or(0),
            cached: cached.or(counts.prompt_cache_hit_tokens).unwrap_or(0),
            reasoning: counts
                .completion_tokens_details
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or(0),
        }
    }
}

pub(super) fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let completion: Completion<'_> = parse(body)?;
    if let Some(error) = completion.error.filter(|error| !error.is_null()) {
        return failure::within(&error);
    }
    let usage = completion.usage.map(Usage::from).unwrap_or_default();
    let choices = completion.choices.ok_or_else(|| ReadError::malformed("it has no `choices`"))?;
    let choice = choices.into_iter().next().ok_or_else(|| ReadError::malformed("its `choices` are empty"))?;
    let answer = choice.message.ok_or_else(|| ReadError::malformed("its choice has no `message`"))?;
    let outcome = match choice.finish_reason.as_deref().unwrap_or("stop") {
        "length" | "max_tokens" | "model_length" => Outcome::Cut,
        "content_filter" | "sensitive" | "safety" => Outcome::Blocked,
        reason @ ("error" | "insufficient_system_resource" | "network_error") => {
            return Err(ReadError::Failed { status: 503, message: format!("finish_reason `{reason}`") });
        }
        // Servers invent reasons of their own for having come to the end.
        _ => Outcome::Complete,
    };
    let mut text = answer.content.map_or(Ok(Cow::Borrowed("")), content)?;
    if let (true, Some(refusal)) = (text.is_empty(), answer.refusal) {
        // The model itself declines here, in its own words: an answer like any other.
        text = refusal;
    }
    Ok(Reply::text(outcome, &text, usage, completion.model.as_deref()))
}

/// A text, or parts some of which are texts; thoughts are no part of the answer.
fn content(raw: &RawValue) -> Result<Cow<'_, str>, ReadError> {
    #[derive(Deserialize)]
    struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
    #[derive(Deserialize)]
    struct Part {
        r#type: Option<String>,
        text: Option<String>,
    }
    match raw.get().as_bytes().first() {
        Some(b'"') => {
            let Borrowed(text) = serde_json::from_str(raw.get()).map_err(ReadError::malformed)?;
            Ok(text)
        }
        Some(b'[') => {
            let parts: Vec<Part> = serde_json::from_str(raw.get()).map_err(ReadError::malformed)?;
            let texts = parts.into_iter().filter(|part| part.r#type.as_deref() == Some("text"));
            Ok(Cow::Owned(texts.filter_map(|part| part.text).collect()))
        }
        _ => Ok(Cow::Borrowed("")),
    }
}
