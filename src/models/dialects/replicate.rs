//! Replicate's predictions: work that is started, then asked after.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::download::Kept;
use super::{Dialect, Message, Next, Site, data_url, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Outcome, Reply, Usage};
use crate::models::request::{ChatRequest, PaintRequest, Request, Speaker};
use crate::models::structured;

pub(in crate::models) struct Replicate;

/// How long to let the work go on between two questions after it.
const BETWEEN: Duration = Duration::from_millis(1_000);

/// The input names that most models on Replicate share.
#[derive(Serialize)]
struct ChatInput<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
}

#[derive(Serialize)]
struct PaintInput<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_outputs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
}

#[derive(Serialize)]
struct Body<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    input: T,
}

impl Dialect for Replicate {
    fn lacks(&self, _: &Site, request: &Request) -> Option<String> {
        let Request::Chat(chat) = request else { return None };
        let lacks = match chat.turns.as_slice() {
            [turn] if turn.speaker == Speaker::User && turn.images.len() <= 1 => None,
            [turn] if turn.speaker == Speaker::User => Some("way to send several pictures"),
            _ => Some("conversations: it takes a single prompt"),
        };
        let stop = (!chat.parameters.stop.is_empty()).then_some("parameter `stop`");
        lacks.or(stop).map(str::to_owned)
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        // A model is `owner/name`, or `owner/name:version` for one that has no official form.
        let (name, version) = match site.model.split_once(':') {
            Some((name, version)) => (name, Some(version)),
            None => (&*site.model, None),
        };
        let url = match version {
            Some(_) => format!("{}/predictions", site.base_url),
            None => format!("{}/models/{name}/predictions", site.base_url),
        };
        let message = match request {
            Request::Chat(chat) => Message::post(url, &Body { version, input: chat_input(chat) }),
            Request::Paint(paint) => Message::post(url, &Body { version, input: paint_input(paint) }),
            _ => Message::get(url),
        };
        Message { headers: &[("prefer", "wait=60")], ..message }
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let kept = Kept::open(body)?;
        let prediction: Prediction = parse(kept.response())?;
        match prediction.status.as_str() {
            "succeeded" => {}
            "failed" | "canceled" | "aborted" => {
                let message = prediction.error.map_or_else(String::new, |error| text_of(&error));
                if message.contains("NSFW") || message.contains("flagged as sensitive") {
                    return Ok(Reply::blocked());
                }
                return Err(ReadError::Failed { status: 500, message });
            }
            other => return Err(ReadError::malformed(format!("the work is still `{other}`"))),
        }
        match request {
            Request::Paint(_) => {
                let urls = addresses(&prediction.output);
                let pictures = urls.iter().map(|url| kept.picture(url)).collect::<Result<Vec<_>, _>>()?;
                let empty = pictures.is_empty();
                Ok(Reply::of(Content::Pictures(pictures), empty))
            }
            _ => {
                let metrics = prediction.metrics;
                let usage = metrics.map(|metrics| Usage {
                    input: metrics.input_token_count.unwrap_or(0),
                    output: metrics.output_token_count.unwrap_or(0),
                    ..Usage::default()
                });
                let text = text_of(&prediction.output);
                let served_by = prediction.version.as_deref();
                Ok(Reply::text(Outcome::Complete, &text, usage.unwrap_or_default(), served_by))
            }
        }
    }

    fn next(&self, _: &Site, request: &Request, body: &[u8]) -> Next {
        let Ok(prediction) = parse::<Prediction>(body) else { return Next::Done };
        match (prediction.status.as_str(), prediction.urls, request) {
            ("starting" | "processing" | "queued", Some(Urls { get: Some(url) }), _) => {
                Next::Poll { url, after: BETWEEN }
            }
            ("succeeded", _, Request::Paint(_)) => Next::Download(addresses(&prediction.output)),
            _ => Next::Done,
        }
    }
}

fn chat_input(chat: &ChatRequest) -> ChatInput<'_> {
    let turn = chat.turns.first();
    let parameters = &chat.parameters;
    ChatInput {
        prompt: turn.map_or("", |turn| &turn.text),
        system_prompt: match chat.schema.as_deref() {
            Some(schema) => Some(structured::with_instruction(chat.system.as_deref(), schema)),
            None => chat.system.as_deref().map(str::to_owned),
        },
        image: turn.and_then(|turn| turn.images.first()).map(data_url),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        max_tokens: parameters.max_tokens,
        seed: parameters.seed,
        reasoning_effort: parameters.reasoning_effort.as_deref(),
    }
}

fn paint_input(paint: &PaintRequest) -> PaintInput<'_> {
    PaintInput {
        prompt: &paint.prompt,
        num_outputs: (paint.count > 1).then_some(paint.count),
        width: paint.size.map(|(width, _)| width),
        height: paint.size.map(|(_, height)| height),
        seed: paint.seed,
    }
}

#[derive(Deserialize)]
struct Prediction {
    status: String,
    version: Option<String>,
    #[serde(default)]
    output: Value,
    error: Option<Value>,
    urls: Option<Urls>,
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
struct Urls {
    get: Option<String>,
}

#[derive(Deserialize)]
struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
}

/// A text, or the pieces of one.
fn text_of(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        Value::Array(pieces) => pieces.iter().filter_map(Value::as_str).collect(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An address, or several.
fn addresses(output: &Value) -> Vec<String> {
    match output {
        Value::String(url) => vec![url.clone()],
        Value::Array(urls) => urls.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
