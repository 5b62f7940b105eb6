//! Pages of the web, fetched and made readable.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};

use super::page::readable;
use super::{Dialect, Message, Site, failed, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Page, Reply};
use crate::models::request::Request;

pub(in crate::models) struct Web;

/// What is kept of a page: its text in full, and what its headers said.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    url: Cow<'a, str>,
    media_type: Cow<'a, str>,
    text: Cow<'a, str>,
}

impl Dialect for Web {
    fn lacks(&self, _: &Site, request: &Request) -> Option<String> {
        let Request::Fetch(address) = request else { return None };
        let known = address.starts_with("http://") || address.starts_with("https://");
        (!known).then(|| format!("way to reach `{address}`: it takes http and https addresses"))
    }

    fn message(&self, _: &Site, request: &Request) -> Message {
        let address = match request {
            Request::Fetch(address) => address.to_string(),
            _ => String::new(),
        };
        Message { headers: &[("accept", "text/html,text/plain;q=0.9,*/*;q=0.1")], ..Message::get(address) }
    }

    fn seal(&self, url: &str, media_type: Option<&str>, body: Bytes) -> Bytes {
        let media_type = media_type.unwrap_or("text/html");
        let text = if is_text(media_type) { decoded(media_type, &body) } else { Cow::Borrowed("") };
        let kept = Kept { url: url.into(), media_type: media_type.into(), text };
        // Three texts; writing them to memory cannot fail.
        serde_json::to_vec(&kept).unwrap_or_default().into()
    }

    fn read(&self, _: &Site, _: &Request, status: u16, body: &[u8]) -> Result<Reply, ReadError> {
        if !(200..300).contains(&status) {
            return Err(failed(status, body));
        }
        let kept: Kept<'_> = parse(body)?;
        if !is_text(&kept.media_type) {
            return Err(ReadError::Failed {
                status: 415,
                message: format!("no text but {}", kept.media_type),
            });
        }
        let (title, text) = if kept.media_type.contains("html") {
            readable(&kept.text)
        } else {
            (String::new(), kept.text.trim().to_owned())
        };
        let empty = text.is_empty();
        let page = Page { url: (&*kept.url).into(), title: title.into(), text: text.into() };
        Ok(Reply::of(Content::Page(page), empty))
    }
}

fn is_text(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/") || ["html", "xml", "json"].iter().any(|part| kind.ends_with(part))
}

/// The body as text, by the header's character set, else the page's own, else UTF-8.
fn decoded<'a>(media_type: &str, body: &'a [u8]) -> Cow<'a, str> {
    const LOOKED_AT: usize = 1024;
    let head = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
    let encoding = charset(media_type).or_else(|| charset(&head)).unwrap_or(UTF_8);
    encoding.decode(body).0
}

fn charset(text: &str) -> Option<&'static Encoding> {
    let (_, rest) = text.split_once("charset=")?;
    let rest = rest.trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c)).unwrap_or(rest.len());
    Encoding::for_label(&rest.as_bytes()[..end])
}
