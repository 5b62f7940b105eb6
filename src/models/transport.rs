//! Carrying messages over HTTP.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Method, Request, Url};

use super::dialects::Message;
use super::direct::Direct;
use super::error::EndpointError;
use super::idle::Idle;
use super::limits::Limits;

/// Who asks.
pub(super) const AGENT: &str = concat!("tgp/", env!("CARGO_PKG_VERSION"));
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Local servers of the common kinds close idle connections after five seconds; a connection
/// must not be used when it may be closing.
const IDLE_LOCAL: Duration = Duration::from_secs(4);
const IDLE_HOSTED: Duration = Duration::from_secs(60);
/// One HTTP/2 connection carries about a hundred requests at a time.
const STREAMS: u32 = 100;
/// What is asked straight is copied once more on its way, which a picture is too large for.
const SMALL: usize = 64 << 10;
/// As many headers as a request has at most, as a rule.
const HEADERS: usize = 6;

/// One endpoint's connections.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    /// For what the endpoint's own server is asked, where it is near.
    direct: Option<Direct>,
    idle: Idle,
}

/// What is sent to some address.
pub(super) struct Outgoing<'m> {
    pub(super) headers: HeaderMap,
    pub(super) body: Option<&'m Bytes>,
}

/// A response, complete.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where it came from in the end, if that is not where it was asked for.
    pub(super) moved_to: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// No response, or not a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unreachable(String),
    TimedOut,
    Torn(String),
}

impl Transport {
    /// To a server, which is asked straight where it is near.
    pub(super) fn open(base_url: &str, is_near: bool, limits: &Limits) -> Result<Transport, EndpointError> {
        install_crypto();
        let plain = base_url.starts_with("http://");
        let mut builder = Client::builder()
            .user_agent(AGENT)
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(limits.concurrency as usize)
            .pool_idle_timeout(if plain { IDLE_LOCAL } else { IDLE_HOSTED });
        if plain || limits.concurrency > STREAMS {
            // What may be asked again is for us to say; the client would keep a copy of each request.
            builder = builder.http1_only().retry(reqwest::retry::never().max_retries_per_request(0));
        }
        if plain {
            // A machine without any certificates can still talk to servers of its own, which have
            // nothing to win by packing what they send.
            builder = builder.tls_certs_only([]).no_gzip();
        }
        let direct = is_near.then(|| Direct::to(base_url, IDLE_LOCAL)).flatten();
        match builder.build() {
            Ok(client) => Ok(Transport { client, direct, idle: Idle(limits.idle_timeout) }),
            Err(error) => Err(EndpointError::NoClient { reason: reason(&error) }),
        }
    }

    pub(super) async fn send(&self, message: &Message, headers: &HeaderMap) -> Result<Answer, Fault> {
        let is_small = message.body.as_ref().is_none_or(|body| body.len() <= SMALL);
        if is_small
            && let Some(direct) = &self.direct
            && let Some(place) = direct.place(&message.url)
        {
            let answer = direct.send(place, Outgoing::new(message, headers), self.idle).await?;
            return match answer.redirect(&message.url) {
                None => Ok(answer),
                // Seldom, and so it takes no place in each exchange with a server nearby.
                Some(to) => Box::pin(self.follow(message, headers, answer.status, to)).await,
            };
        }
        let url = Url::parse(&message.url).map_err(|error| Fault::Unreachable(error.to_string()))?;
        Box::pin(self.send_by_client(&message.url, url, Outgoing::new(message, headers))).await
    }

    /// Asks where a server sends to, which is not asked again itself: the work may be done.
    async fn follow(
        &self,
        message: &Message,
        headers: &HeaderMap,
        status: u16,
        to: Url,
    ) -> Result<Answer, Fault> {
        let is_same = Url::parse(&message.url).is_ok_and(|asked| asked.origin() == to.origin());
        let none = HeaderMap::new();
        let headers = if is_same { headers } else { &none };
        // RFC 9110, 15.4: only these two keep what is asked; the others name a place to read.
        let outgoing = match status {
            307 | 308 => Outgoing::new(message, headers),
            _ => Outgoing { headers: headers.clone(), body: None },
        };
        self.send_by_client(&message.url, to, outgoing).await
    }

    async fn send_by_client(&self, asked: &str, url: Url, outgoing: Outgoing<'_>) -> Result<Answer, Fault> {
        let mut request = Request::new(outgoing.method(), url);
        *request.body_mut() = outgoing.body.cloned().map(Into::into);
        *request.headers_mut() = outgoing.headers;
        let response = self.idle.wait(self.client.execute(request)).await?.map_err(fault)?;
        let url = response.url().as_str();
        let moved_to = (url != asked).then(|| url.to_owned());
        let (head, body) = hyper::Response::<reqwest::Body>::from(response).into_parts();
        let body = self.idle.whole(body).await?;
        Ok(Answer { status: head.status.as_u16(), moved_to, headers: head.headers, body })
    }
}

impl<'m> Outgoing<'m> {
    fn new(message: &'m Message, headers: &HeaderMap) -> Outgoing<'m> {
        let mut all = HeaderMap::with_capacity(HEADERS);
        all.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        if message.body.is_some() && !headers.contains_key(CONTENT_TYPE) {
            all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in message.headers {
            all.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Outgoing { headers: all, body: message.body.as_ref() }
    }

    pub(super) fn method(&self) -> Method {
        if self.body.is_some() { Method::POST } else { Method::GET }
    }
}

impl Answer {
    /// Where the answer is, if this one only says so.
    fn redirect(&self, asked: &str) -> Option<Url> {
        let place = self.headers.get(LOCATION)?.to_str().ok()?;
        let moved = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        moved.then(|| Url::parse(asked).ok()?.join(place).ok()).flatten()
    }
}

pub(super) fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    if error.is_timeout() && !error.is_connect() {
        return Fault::TimedOut;
    }
    if error.is_connect() || error.is_builder() || error.is_redirect() {
        return Fault::Unreachable(reason(&error));
    }
    // What is left broke after the connection stood: a connection closed under the request,
    // or in the middle of the answer.
    Fault::Torn(reason(&error))
}

/// The last cause in the chain, which is the one that says something.
pub(super) fn reason(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let said = deepest.to_string();
    // The system's number for it says nothing to people.
    match said.split_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => said,
    }
}

pub(super) fn install_crypto() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // An error says that the program has chosen a provider before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
