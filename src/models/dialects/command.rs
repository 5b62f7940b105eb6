//! External programs that answer one line of JSON with one line of JSON.
//!
//! In: `{"id": 1, "chat": {"system": …, "turns": [{"user": …, "images": ["data:…"]}],
//! "parameters": {…}, "schema": …}}`, or `"embed": [texts]`, `"classify": text`,
//! `"paint": {…}`, `"search": {…}`, `"fetch": address`.
//! Out: `{"id": 1, "text": …}`, or `"vectors"`, `"scores"`, `"pictures"` in base64, `"hits"`,
//! `"page"`; or `"error"` for what asking again would not cure.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Dialect, Message, Site, data_url, parse, picture_from_base64};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Hit, Outcome, Page, Reply, Usage};
use crate::models::request::Request;
use crate::models::written_request;

pub(in crate::models) struct Command;

#[derive(Deserialize)]
struct Answer {
    text: Option<String>,
    vectors: Option<Vec<Vec<f64>>>,
    scores: Option<IndexMap<String, f64>>,
    pictures: Option<Vec<String>>,
    hits: Option<Vec<Found>>,
    page: Option<Found>,
    error: Option<Value>,
    usage: Option<Counts>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Found {
    url: String,
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    input: u64,
    #[serde(default)]
    output: u64,
}

impl Dialect for Command {
    fn lacks(&self, _: &Site, _: &Request) -> Option<String> {
        None
    }

    fn message(&self, _: &Site, request: &Request) -> Message {
        let (kind, mut value) = written_request::request_json(request);
        if let Request::Chat(chat) = request {
            for (place, turn) in chat.turns.iter().enumerate() {
                if !turn.images.is_empty() {
                    value["turns"][place]["images"] = turn.images.iter().map(data_url).collect();
                }
            }
        }
        Message::post(String::new(), &json!({ kind: value }))
    }

    fn read(&self, _: &Site, request: &Request, _: u16, body: &[u8]) -> Result<Reply, ReadError> {
        let answer: Answer = parse(body)?;
        if let Some(error) = answer.error {
            let message = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
            return Err(ReadError::Failed { status: 422, message });
        }
        let usage = answer.usage.map(|counts| Usage {
            input: counts.input,
            output: counts.output,
            ..Usage::default()
        });
        let missing = |what: &str| ReadError::malformed(format!("it has no `{what}`"));
        let content = match request {
            Request::Chat(_) => {
                let text = answer.text.ok_or_else(|| missing("text"))?;
                return Ok(Reply::text(Outcome::Complete, &text, usage.unwrap_or_default(), None));
            }
            Request::Paint(_) => {
                let pictures = answer.pictures.ok_or_else(|| missing("pictures"))?;
                let pictures = pictures.iter().map(|text| picture_from_base64(text));
                Content::Pictures(pictures.collect::<Result<_, _>>()?)
            }
            Request::Embed(texts) => {
                let vectors = answer.vectors.ok_or_else(|| missing("vectors"))?;
                if vectors.len() != texts.len() {
                    let counts = format!("{} vectors for {} texts", vectors.len(), texts.len());
                    return Err(ReadError::malformed(counts));
                }
                Content::Vectors(vectors)
            }
            Request::Classify(_) => {
                let scores = answer.scores.ok_or_else(|| missing("scores"))?;
                Content::Scores(scores.into_iter().map(|(name, score)| (name.into(), score)).collect())
            }
            Request::Search(_) => {
                let hits = answer.hits.ok_or_else(|| missing("hits"))?;
                Content::Hits(hits.into_iter().map(hit).collect())
            }
            Request::Fetch(_) => {
                let Hit { url, title, text } = hit(answer.page.ok_or_else(|| missing("page"))?);
                Content::Page(Page { url, title, text })
            }
        };
        Ok(Reply { usage: usage.unwrap_or_default(), ..Reply::of(content, false) })
    }
}

fn hit(found: Found) -> Hit {
    Hit { url: found.url.into(), title: found.title.into(), text: found.text.into() }
}
