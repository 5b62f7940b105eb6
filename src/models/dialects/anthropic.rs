//! Anthropic's Messages.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Dialect, Message, Site, base64_of, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Outcome, Reply, Usage};
use crate::models::request::{ChatRequest, Request, Speaker, Turn};
use crate::models::structured;

pub(in crate::models) struct Anthropic;

/// The interface wants a limit always.
const MAX_TOKENS: u32 = 4_096;
/// The tool by which a reply is bound to a schema.
const TOOL: &str = "answer";

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<Cow<'a, str>>,
    messages: Vec<Turned<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tool<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
}

#[derive(Serialize)]
struct Turned<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Blocks(Vec<Block<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text { text: &'a str },
    Image { source: Source<'a> },
}

#[derive(Serialize)]
struct Source<'a> {
    r#type: &'static str,
    media_type: &'a str,
    data: String,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    description: &'static str,
    input_schema: &'a Value,
}

#[derive(Serialize)]
struct ToolChoice {
    r#type: &'static str,
    name: &'static str,
}

impl Dialect for Anthropic {
    fn lacks(&self, _: &Site, request: &Request) -> Option<String> {
        let Request::Chat(chat) = request else { return None };
        chat.parameters.seed.map(|_| "parameter `seed`".to_owned())
    }

    fn usual_limit(&self) -> Option<u32> {
        Some(MAX_TOKENS)
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let url = format!("{}/v1/messages", site.base_url);
        match request {
            Request::Chat(chat) => Message {
                headers: &[("anthropic-version", "2023-06-01")],
                ..Message::post(url, &body(site, chat))
            },
            _ => Message::get(url),
        }
    }

    fn key_header(&self, _: &Site, key: &str) -> (&'static str, String) {
        ("x-api-key", key.to_owned())
    }

    fn read(&self, _: &Site, _: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        if (200..300).contains(&status) { read(body) } else { failure(status, body) }
    }
}

fn body<'a>(site: &'a Site, chat: &'a ChatRequest) -> Body<'a> {
    let parameters = &chat.parameters;
    let effort = parameters.reasoning_effort.as_deref();
    let schema = chat.schema.as_deref();
    // A model that thinks first cannot be made to use a tool, so the prompt asks for JSON there.
    let bound = schema.filter(|schema| structured::is_object(schema) && effort.is_none());
    let system = match schema {
        Some(schema) if bound.is_none() => {
            Some(Cow::Owned(structured::with_instruction(chat.system.as_deref(), schema)))
        }
        _ => chat.system.as_deref().map(Cow::Borrowed),
    };
    Body {
        model: &site.model,
        max_tokens: parameters.max_tokens.unwrap_or(MAX_TOKENS),
        system,
        messages: chat.turns.iter().map(turn).collect(),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        stop_sequences: &parameters.stop,
        output_config: effort.map(|effort| OutputConfig { effort }),
        tools: bound.map(|input_schema| {
            [Tool { name: TOOL, description: "Gives the answer in its required form.", input_schema }]
        }),
        tool_choice: bound.map(|_| ToolChoice { r#type: "tool", name: TOOL }),
    }
}

fn turn(turn: &Turn) -> Turned<'_> {
    let role = match turn.speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    };
    if turn.images.is_empty() {
        return Turned { role, content: Content::Text(&turn.text) };
    }
    let images = turn.images.iter().map(|image| Block::Image {
        source: Source { r#type: "base64", media_type: &image.media_type, data: base64_of(image) },
    });
    let text = (!turn.text.is_empty()).then_some(Block::Text { text: &turn.text });
    Turned { role, content: Content::Blocks(images.chain(text).collect()) }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    content: Option<Vec<Part<'a>>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stop_reason: Option<Cow<'a, str>>,
    usage: Option<Counts>,
}

/// A block of any kind; those that are neither text nor the bound answer are thoughts.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Counts {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
}

impl From<Counts> for Usage {
    fn from(counts: Counts) -> Usage {
        let cached = counts.cache_read_input_tokens.unwrap_or(0);
        Usage {
            input: counts.input_tokens.unwrap_or(0)
                + counts.cache_creation_input_tokens.unwrap_or(0)
                + cached,
            output: counts.output_tokens.unwrap_or(0),
            cached,
            reasoning: 0,
        }
    }
}

fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let answer: Answer<'_> = parse(body)?;
    let parts = answer.content.ok_or_else(|| ReadError::malformed("it has no `content`"))?;
    let outcome = match answer.stop_reason.as_deref() {
        Some("max_tokens" | "model_context_window_exceeded") => Outcome::Cut,
        Some("refusal") => Outcome::Blocked,
        _ => Outcome::Complete,
    };
    let mut text = String::new();
    for part in &parts {
        match (&*part.r#type, &part.text, part.input) {
            ("text", Some(part), _) => text.push_str(part),
            ("tool_use", _, Some(input)) => text.push_str(input.get()),
            _ => {}
        }
    }
    let usage = answer.usage.map(Usage::from).unwrap_or_default();
    Ok(Reply::text(outcome, &text, usage, answer.model.as_deref()))
}

fn failure(status: u16, body: &[u8]) -> Result<Reply, ReadError> {
    let text = String::from_utf8_lossy(body);
    if status == 400 && text.contains("content filtering policy") {
        return Ok(Reply::blocked());
    }
    Err(failed(status, body))
}
