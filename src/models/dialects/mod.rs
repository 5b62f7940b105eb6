//! How each provider is spoken to: a neutral request to its message, its answer to a reply.
//!
//! Nothing here waits or does I/O; [`super::transport`] carries the messages.

mod anthropic;
mod cohere;
mod command;
pub(super) mod download;
mod gemini;
mod openai;
mod page;
mod perspective;
mod replicate;
mod search;
mod web;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

pub(super) use anthropic::Anthropic;
pub(super) use cohere::Cohere;
pub(super) use command::Command;
pub(super) use gemini::Gemini;
pub(super) use openai::OpenAi;
pub(super) use perspective::Perspective;
pub(super) use replicate::Replicate;
pub(super) use search::{Brave, SearXng, Serper};
pub(super) use web::Web;

use super::error::ReadError;
use super::provider::Profile;
use super::reply::{Content, Outcome, Reply, Usage};
use super::request::{Picture, Request};
use crate::digest::Digest;

/// Bytes that a message has room for at first.
const USUAL: usize = 1 << 10;

/// Whom a message is for.
pub(super) struct Site {
    pub(super) profile: &'static Profile,
    pub(super) model: Arc<str>,
    /// Without a slash at its end.
    pub(super) base_url: String,
    /// The version of the interface, where the provider wants one (Azure).
    pub(super) api_version: Option<String>,
}

/// One HTTP request, but for the key.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) url: String,
    /// JSON to post; `None` to get.
    pub(super) body: Option<Bytes>,
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// What to do with an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// It is the whole answer.
    Done,
    /// The work goes on there: ask this address after a while.
    Poll { url: String, after: Duration },
    /// The answer's pictures lie at these addresses and must be kept with it.
    Download(Vec<String>),
}

/// One provider's interface.
pub(super) trait Dialect: Send + Sync {
    /// A part of the request that the interface has nothing for, such as "parameter `seed`".
    fn lacks(&self, site: &Site, request: &Request) -> Option<String>;

    /// Tokens that a reply has at most where the request states none, if the interface wants a limit.
    fn usual_limit(&self) -> Option<u32> {
        None
    }

    /// The request in the provider's terms. Only asked for what is not [`Dialect::lacks`].
    fn message(&self, site: &Site, request: &Request) -> Message;

    /// The header that carries the key, and the key as it stands in it.
    fn key_header(&self, _site: &Site, key: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {key}"))
    }

    /// What an answer means, with its HTTP status.
    fn read(&self, site: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError>;

    /// The body to keep of an answer from `url`, for interfaces whose answers don't say all in
    /// their body.
    fn seal(&self, _url: &str, _media_type: Option<&str>, body: Bytes) -> Bytes {
        body
    }

    /// Whether an answer with a good status is complete.
    fn next(&self, _site: &Site, _request: &Request, _body: &[u8]) -> Next {
        Next::Done
    }
}

impl Message {
    pub(super) fn post(url: String, body: &impl Serialize) -> Message {
        // The bodies are structs of text and numbers; writing them to memory cannot fail.
        let mut text = Vec::with_capacity(USUAL);
        let _ = serde_json::to_writer(&mut text, body);
        Message { url, body: Some(text.into()), headers: &[] }
    }

    fn get(url: String) -> Message {
        Message { url, body: None, headers: &[] }
    }
}

impl Reply {
    fn text(outcome: Outcome, text: &str, usage: Usage, served_by: Option<&str>) -> Reply {
        let outcome = match outcome {
            Outcome::Complete if text.trim().is_empty() => Outcome::Empty,
            outcome => outcome,
        };
        let content = match outcome {
            Outcome::Blocked => Content::None,
            _ => Content::Text(text.into()),
        };
        Reply { outcome, content, usage, served_by: served_by.map(Into::into) }
    }

    fn of(content: Content, empty: bool) -> Reply {
        let outcome = if empty { Outcome::Empty } else { Outcome::Complete };
        Reply { outcome, content, usage: Usage::default(), served_by: None }
    }

    fn blocked() -> Reply {
        Reply { outcome: Outcome::Blocked, content: Content::None, usage: Usage::default(), served_by: None }
    }
}

/// A picture's content in base64.
fn base64_of(picture: &Picture) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(&picture.bytes)
}

/// A picture as a `data:` address.
fn data_url(picture: &Picture) -> String {
    format!("data:{};base64,{}", picture.media_type, base64_of(picture))
}

/// Reads JSON into a type, where what fails is the provider's promise.
fn parse<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, ReadError> {
    serde_json::from_slice(body).map_err(ReadError::malformed)
}

/// A picture from its bytes; what it is shows in them, else it is what was declared.
fn picture(bytes: Vec<u8>, declared: Option<&str>) -> Picture {
    let media_type = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => declared.unwrap_or("application/octet-stream"),
    };
    Picture { digest: Digest::of(&bytes), media_type: media_type.into(), bytes: bytes.into() }
}

/// A picture from base64, with or without a `data:` address around it.
fn picture_from_base64(text: &str) -> Result<Picture, ReadError> {
    use base64::Engine;
    let content = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(',').map_or("", |(_, content)| content),
        None => text,
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(content).map_err(ReadError::malformed)?;
    Ok(picture(bytes, None))
}

/// A failure with what its body says about it, in any of the usual places.
fn failed(status: u16, body: &[u8]) -> ReadError {
    use serde_json::Value;
    const PLACES: &[&str] = &["/error/message", "/error", "/message", "/detail", "/title"];
    let body: Result<Value, _> = serde_json::from_slice(body).map_err(|_| String::from_utf8_lossy(body));
    let message = match &body {
        Ok(value) => {
            let texts = PLACES.iter().filter_map(|place| value.pointer(place)?.as_str());
            texts.map(str::to_owned).next().unwrap_or_else(|| value.to_string())
        }
        Err(text) => text.to_string(),
    };
    ReadError::Failed { status, message }
}
