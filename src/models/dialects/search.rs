//! Searching the web: Brave, Serper, SearXNG.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::{Dialect, Message, Site, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Hit, Reply};
use crate::models::request::{Request, SearchRequest};

pub(in crate::models) struct Brave;
pub(in crate::models) struct Serper;
pub(in crate::models) struct SearXng;

/// A hit under any of the names that the services give its parts.
#[derive(Default, Deserialize)]
struct Found {
    #[serde(default)]
    title: Option<String>,
    #[serde(alias = "link")]
    url: Option<String>,
    #[serde(alias = "snippet", alias = "content")]
    description: Option<String>,
    #[serde(rename = "imageUrl", alias = "img_src")]
    image: Option<String>,
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    url: Option<String>,
}

/// The hits of a reply; those of a picture search are addresses of pictures.
fn reply(found: Vec<Found>, search: Option<&SearchRequest>) -> Reply {
    let images = search.is_some_and(|search| search.images);
    let most = search.map_or(usize::MAX, |search| search.top as usize);
    let hits = found.into_iter().filter_map(|found| {
        let picture = found.image.or_else(|| found.properties.and_then(|properties| properties.url));
        let url = if images { picture? } else { found.url? };
        Some(Hit {
            url: url.into(),
            title: found.title.unwrap_or_default().into(),
            text: found.description.unwrap_or_default().into(),
        })
    });
    let hits: Vec<Hit> = hits.take(most).collect();
    let empty = hits.is_empty();
    Reply::of(Content::Hits(hits), empty)
}

fn search_of(request: &Request) -> Option<&SearchRequest> {
    match request {
        Request::Search(search) => Some(search),
        _ => None,
    }
}

/// An address with its query encoded.
fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    match Url::parse_with_params(base, pairs) {
        Ok(url) => url.into(),
        // The base was parsed when the endpoint was opened; this keeps the failure visible.
        Err(_) => base.to_owned(),
    }
}

impl Dialect for Brave {
    fn lacks(&self, _: &Site, _: &Request) -> Option<String> {
        None
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let Some(search) = search_of(request) else { return Message::get(site.base_url.clone()) };
        let (kind, most) = if search.images { ("images", 200) } else { ("web", 20) };
        let count = search.top.clamp(1, most).to_string();
        let base = format!("{}/{kind}/search", site.base_url);
        Message::get(address(&base, &[("q", &search.query), ("count", &count)]))
    }

    fn key_header(&self, _: &Site, key: &str) -> (&'static str, String) {
        ("x-subscription-token", key.to_owned())
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        #[derive(Deserialize)]
        struct Answer {
            web: Option<Results>,
            results: Option<Vec<Found>>,
        }
        #[derive(Deserialize)]
        struct Results {
            results: Vec<Found>,
        }
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let answer: Answer = parse(body)?;
        let found = answer.web.map(|web| web.results).or(answer.results).unwrap_or_default();
        Ok(reply(found, search_of(request)))
    }
}

impl Dialect for Serper {
    fn lacks(&self, _: &Site, _: &Request) -> Option<String> {
        None
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        #[derive(Serialize)]
        struct Body<'a> {
            q: &'a str,
            num: u32,
        }
        let Some(search) = search_of(request) else { return Message::get(site.base_url.clone()) };
        let kind = if search.images { "images" } else { "search" };
        Message::post(format!("{}/{kind}", site.base_url), &Body { q: &search.query, num: search.top })
    }

    fn key_header(&self, _: &Site, key: &str) -> (&'static str, String) {
        ("x-api-key", key.to_owned())
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(alias = "images")]
            organic: Option<Vec<Found>>,
        }
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let answer: Answer = parse(body)?;
        Ok(reply(answer.organic.unwrap_or_default(), search_of(request)))
    }
}

impl Dialect for SearXng {
    fn lacks(&self, _: &Site, _: &Request) -> Option<String> {
        None
    }

    fn message(&self, site: &Site, request: &Request) -> Message {
        let Some(search) = search_of(request) else { return Message::get(site.base_url.clone()) };
        let category = if search.images { "images" } else { "general" };
        let pairs = [("q", &*search.query), ("format", "json"), ("categories", category)];
        Message::get(address(&format!("{}/search", site.base_url), &pairs))
    }

    fn read(&self, _: &Site, request: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        #[derive(Deserialize)]
        struct Answer {
            results: Vec<Found>,
        }
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let answer: Answer = parse(body)?;
        Ok(reply(answer.results, search_of(request)))
    }
}
