//! OpenAI's interface, and the family of servers that speak it.

mod chat;
mod embeddings;
mod failure;
mod images;
mod moderation;

use super::{Dialect, Message, Next, Site};
use crate::models::error::ReadError;
use crate::models::provider::Quirk;
use crate::models::reply::Reply;
use crate::models::request::Request;

pub(in crate::models) struct OpenAi;

impl Dialect for OpenAi {
    fn lacks(&self, site: &Site, request: &Request) -> Option<String> {
        match request {
            Request::Chat(chat) => chat::lacks(site, chat),
            Request::Paint(paint) => images::lacks(site, paint),
            Request::Embed(_) | Request::Classify(_) => None,
            Request::Search(_) => Some("web search".to_owned()),
            Request::Fetch(_) => Some("fetching of pages".to_owned()),
        }
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        match request {
            Request::Chat(chat) => Message::post(url(site, "chat/completions"), &chat::body(site, chat)),
            Request::Paint(paint) => {
                Message::post(url(site, "images/generations"), &images::body(site, paint))
            }
            Request::Embed(texts) => Message::post(url(site, "embeddings"), &embeddings::body(site, texts)),
            Request::Classify(text) => Message::post(url(site, "moderations"), &moderation::body(site, text)),
            Request::Search(_) | Request::Fetch(_) => Message::get(site.base_url.clone()),
        }
    }

    fn key_header(&self, site: &Site, key: &str) -> (&'static str, String) {
        if site.profile.has(Quirk::Azure) {
            ("api-key", key.to_owned())
        } else {
            ("authorization", format!("Bearer {key}"))
        }
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        if !(200..300).contains(&status) {
            return failure::read(status, body);
        }
        match request {
            Request::Chat(_) => chat::read(body),
            Request::Paint(_) => images::read(body),
            Request::Embed(texts) => embeddings::read(texts.len(), body),
            Request::Classify(_) => moderation::read(body),
            Request::Search(_) | Request::Fetch(_) => {
                Err(ReadError::malformed("not a reply to this request"))
            }
        }
    }

    fn next(&self, _: &Site, request: &Request, body: &[u8]) -> Next {
        match request {
            Request::Paint(_) => images::next(body),
            _ => Next::Done,
        }
    }
}

fn url(site: &Site, path: &str) -> String {
    let Site { base_url, model, api_version, .. } = site;
    if site.profile.has(Quirk::Azure) {
        let version = api_version.as_deref().unwrap_or("2024-10-21");
        format!("{base_url}/openai/deployments/{model}/{path}?api-version={version}")
    } else {
        format!("{base_url}/{path}")
    }
}
