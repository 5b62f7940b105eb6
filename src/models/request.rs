//! What an endpoint is asked, in a form that no provider owns.

use std::sync::Arc;

use bytes::Bytes;

use crate::digest::{Digest, Hasher};

/// One call, complete and rendered: what goes on the wire and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Text, and pictures where the model can see, answered with text.
    Chat(ChatRequest),
    /// A prompt answered with pictures.
    Paint(PaintRequest),
    /// Texts answered with a vector each.
    Embed(Vec<Arc<str>>),
    /// A text answered with scores by name.
    Classify(Arc<str>),
    /// A web search answered with hits.
    Search(SearchRequest),
    /// An address answered with the readable text behind it.
    Fetch(Arc<str>),
}

/// A conversation so far, and how to answer it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    pub system: Option<Arc<str>>,
    pub turns: Vec<Turn>,
    pub parameters: Parameters,
    /// JSON schema that the reply must follow.
    pub schema: Option<Arc<serde_json::Value>>,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: Arc<str>,
    pub images: Vec<Picture>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    User,
    Assistant,
}

/// A picture with its bytes at hand. Two are equal when their bytes are.
#[derive(Clone, Debug)]
pub struct Picture {
    pub digest: Digest,
    /// Such as `image/png`.
    pub media_type: Arc<str>,
    pub bytes: Bytes,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Picture) -> bool {
        self.digest == other.digest
    }
}

/// How to sample. What is `None` is not sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// The most tokens of a reply.
    pub max_tokens: Option<u32>,
    pub seed: Option<i64>,
    pub stop: Vec<Arc<str>>,
    /// For models that think first: `low`, `medium`, `high`, or what the provider names.
    pub reasoning_effort: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PaintRequest {
    pub prompt: Arc<str>,
    /// How many pictures.
    pub count: u32,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    pub seed: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest {
    pub query: Arc<str>,
    /// The most hits wanted.
    pub top: u32,
    /// Search for pictures rather than pages.
    pub images: bool,
}

impl Request {
    /// Adds the canonical encoding of the request to a hash. Pictures enter by content.
    pub fn write_to(&self, hasher: &mut Hasher) {
        match self {
            Request::Chat(chat) => {
                hasher.text("chat");
                optional(hasher, chat.system.as_deref());
                hasher.number(chat.turns.len() as u64);
                for turn in &chat.turns {
                    hasher.number(match turn.speaker {
                        Speaker::User => 0,
                        Speaker::Assistant => 1,
                    });
                    hasher.text(&turn.text).number(turn.images.len() as u64);
                    for image in &turn.images {
                        hasher.digest(&image.digest).text(&image.media_type);
                    }
                }
                chat.parameters.write_to(hasher);
                optional(hasher, chat.schema.as_ref().map(|schema| schema.to_string()).as_deref());
            }
            Request::Paint(paint) => {
                hasher.text("paint").text(&paint.prompt).number(u64::from(paint.count));
                let size = paint.size.map(|(width, height)| format!("{width}x{height}"));
                optional(hasher, size.as_deref());
                optional(hasher, paint.seed.map(|seed| seed.to_string()).as_deref());
            }
            Request::Embed(texts) => {
                hasher.text("embed").number(texts.len() as u64);
                for text in texts {
                    hasher.text(text);
                }
            }
            Request::Classify(text) => {
                hasher.text("classify").text(text);
            }
            Request::Search(search) => {
                hasher.text("search").text(&search.query).number(u64::from(search.top));
                hasher.number(u64::from(search.images));
            }
            Request::Fetch(address) => {
                hasher.text("fetch").text(address);
            }
        }
    }
}

impl Parameters {
    /// These parameters, and those of `defaults` where there are none here.
    #[must_use]
    pub fn or(&self, defaults: &Parameters) -> Parameters {
        Parameters {
            temperature: self.temperature.or(defaults.temperature),
            top_p: self.top_p.or(defaults.top_p),
            max_tokens: self.max_tokens.or(defaults.max_tokens),
            seed: self.seed.or(defaults.seed),
            stop: if self.stop.is_empty() { defaults.stop.clone() } else { self.stop.clone() },
            reasoning_effort: self.reasoning_effort.clone().or_else(|| defaults.reasoning_effort.clone()),
        }
    }

    fn write_to(&self, hasher: &mut Hasher) {
        let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort } = self;
        optional(hasher, temperature.map(|value| value.to_string()).as_deref());
        optional(hasher, top_p.map(|value| value.to_string()).as_deref());
        optional(hasher, max_tokens.map(|value| value.to_string()).as_deref());
        optional(hasher, seed.map(|value| value.to_string()).as_deref());
        hasher.number(stop.len() as u64);
        for word in stop {
            hasher.text(word);
        }
        optional(hasher, reasoning_effort.as_deref());
    }
}

fn optional(hasher: &mut Hasher, text: Option<&str>) {
    match text {
        Some(text) => hasher.number(1).text(text),
        None => hasher.number(0),
    };
}
