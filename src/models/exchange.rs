//! One attempt: a message, its answer, and what the answer itself asks to be fetched.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::dialects::download::{Download, wrap};
use super::dialects::{Message, Next, Site};
use super::program::Program;
use super::request::Request;
use super::transport::{Answer, Fault, Transport};

/// What brings a message to where it is answered.
#[derive(Debug)]
pub(super) enum Carrier {
    /// The headers hold the key.
    Http {
        transport: Box<Transport>,
        headers: HeaderMap,
    },
    Program(Box<Program>),
}

/// How often a question after work that goes on may fail before the work is given up.
const POLLS: u32 = 6;

/// Sends a message and brings back a whole answer, with the pictures that it points to.
pub(super) async fn exchange(
    site: &Site,
    request: &Request,
    message: &Message,
    carrier: &Carrier,
) -> Result<Answer, Fault> {
    let (transport, headers) = match carrier {
        Carrier::Http { transport, headers } => (transport, headers),
        Carrier::Program(program) => {
            let body = program.ask(message.body.as_deref().unwrap_or_default()).await?;
            return Ok(Answer { status: 200, moved_to: None, headers: HeaderMap::new(), body });
        }
    };
    let mut answer = transport.send(message, headers).await?;
    while (200..300).contains(&answer.status) {
        match site.profile.dialect.next(site, request, &answer.body) {
            Next::Done => break,
            Next::Poll { url, after } => {
                tokio::time::sleep(after).await;
                // Seldom needed, and so it takes no place in each exchange.
                answer = Box::pin(poll(site, url, transport, headers)).await?;
            }
            Next::Download(urls) => {
                let mut downloads = Vec::with_capacity(urls.len());
                for url in urls {
                    downloads.push(Box::pin(download(url, transport)).await?);
                }
                answer.body =
                    wrap(&answer.body, downloads).map_err(|error| Fault::Torn(error.to_string()))?;
                break;
            }
        }
    }
    if (200..300).contains(&answer.status) {
        let media_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let url = answer.moved_to.as_deref().unwrap_or(&message.url);
        answer.body = site.profile.dialect.seal(url, media_type, answer.body);
    }
    Ok(answer)
}

/// Asks after work that was paid for; a single failure must not lose it.
async fn poll(site: &Site, url: String, transport: &Transport, headers: &HeaderMap) -> Result<Answer, Fault> {
    let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    if host(&url) != host(&site.base_url) {
        return Err(Fault::Torn("the answer points to another server than the one asked".to_owned()));
    }
    let message = Message { url, body: None, headers: &[] };
    let mut failures = 0;
    loop {
        let answer = transport.send(&message, headers).await;
        failures += 1;
        match answer {
            Ok(answer) if answer.status < 429 || failures >= POLLS => return Ok(answer),
            Err(fault) if failures >= POLLS => return Err(fault),
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_secs(1 << failures.min(4))).await,
        }
    }
}

/// Fetches what lies at an address, without the key: it is someone else's.
async fn download(url: String, transport: &Transport) -> Result<Download, Fault> {
    let message = Message { url, body: None, headers: &[] };
    let answer = transport.send(&message, &HeaderMap::new()).await?;
    if !(200..300).contains(&answer.status) {
        return Err(Fault::Torn(format!("a picture's address answered {}", answer.status)));
    }
    let media_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
    Ok(Download::new(message.url, media_type, &answer.body))
}
