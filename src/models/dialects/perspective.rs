//! Perspective: how toxic a text is, by attributes.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Dialect, Message, Site, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Reply};
use crate::models::request::Request;

pub(in crate::models) struct Perspective;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    comment: Comment<'a>,
    requested_attributes: IndexMap<&'a str, Nothing>,
    do_not_store: bool,
}

#[derive(Serialize)]
struct Comment<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    attribute_scores: IndexMap<String, Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    summary_score: Summary,
}

#[derive(Deserialize)]
struct Summary {
    value: f64,
}

impl Dialect for Perspective {
    fn lacks(&self, _: &Site, _: &Request) -> Option<String> {
        None
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let url = format!("{}/comments:analyze", site.base_url);
        let Request::Classify(text) = request else { return Message::get(url) };
        let named = site.model.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut attributes: IndexMap<&str, Nothing> = named.map(|name| (name, Nothing {})).collect();
        if attributes.is_empty() {
            attributes.insert("TOXICITY", Nothing {});
        }
        let comment = Comment { text };
        Message::post(url, &Body { comment, requested_attributes: attributes, do_not_store: true })
    }

    fn key_header(&self, _: &Site, key: &str) -> (&'static str, String) {
        ("x-goog-api-key", key.to_owned())
    }

    fn read(&self, _: &Site, _: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let answer: Answer = parse(body)?;
        let scores = answer.attribute_scores.into_iter();
        let scores = scores.map(|(name, attribute)| (name.into(), attribute.summary_score.value)).collect();
        Ok(Reply::of(Content::Scores(scores), false))
    }
}
