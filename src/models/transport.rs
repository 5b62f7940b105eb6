//! Carrying messages over HTTP.

use std::error::Error;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};

use super::dialects::Message;
use super::error::EndpointError;
use super::limits::Limits;

const CONNECT: Duration = Duration::from_secs(10);
/// Local servers of the common kinds close idle connections after five seconds; a connection
/// must not be used when it may be closing.
const IDLE_LOCAL: Duration = Duration::from_secs(4);
const IDLE_HOSTED: Duration = Duration::from_secs(60);
/// One HTTP/2 connection carries about a hundred requests at a time.
const STREAMS: u32 = 100;
/// No answer to a request of ours is larger than this.
const LARGEST: usize = 256 << 20;

/// One endpoint's connections.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    /// How long nothing may come while an answer is waited for.
    idle: Duration,
    /// The address asked last: as a rule the next one too.
    last: Mutex<Option<(String, Url)>>,
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
    pub(super) fn open(base_url: &str, limits: &Limits) -> Result<Transport, EndpointError> {
        install_crypto();
        let plain = base_url.starts_with("http://");
        let mut builder = Client::builder()
            .user_agent(concat!("tgp/", env!("CARGO_PKG_VERSION")))
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
        match builder.build() {
            Ok(client) => Ok(Transport { client, idle: limits.idle_timeout, last: Mutex::default() }),
            Err(error) => Err(EndpointError::NoClient { reason: reason(&error) }),
        }
    }

    pub(super) async fn send(&self, message: &Message, headers: &HeaderMap) -> Result<Answer, Fault> {
        let url = self.address(&message.url)?;
        let method = if message.body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, url);
        *request.headers_mut() = headers.clone();
        if let Some(body) = &message.body {
            if !headers.contains_key(CONTENT_TYPE) {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            *request.body_mut() = Some(body.clone().into());
        }
        for (name, value) in message.headers {
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let mut response = self.unless_idle(self.client.execute(request)).await?.map_err(fault)?;
        let status = response.status().as_u16();
        let url = response.url().as_str();
        let moved_to = (url != message.url).then(|| url.to_owned());
        let headers = std::mem::take(response.headers_mut());
        let body = self.whole(&mut response).await?;
        Ok(Answer { status, moved_to, headers, body })
    }

    /// Waits for a step of an answer, but not for longer than nothing may come. The client has such
    /// a limit too, which sets its clock also where nothing is waited for.
    async fn unless_idle<T>(&self, step: impl Future<Output = T>) -> Result<T, Fault> {
        tokio::time::timeout(self.idle, step).await.map_err(|_| Fault::TimedOut)
    }

    async fn whole(&self, response: &mut Response) -> Result<Bytes, Fault> {
        let Some(first) = self.chunk(response).await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk(response).await? else { return Ok(first) };
        let mut body = BytesMut::from(first);
        body.extend_from_slice(&second);
        while let Some(chunk) = self.chunk(response).await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Fault::Torn("the answer is larger than any answer should be".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    async fn chunk(&self, response: &mut Response) -> Result<Option<Bytes>, Fault> {
        self.unless_idle(response.chunk()).await?.map_err(|error| match fault(error) {
            Fault::TimedOut => Fault::TimedOut,
            Fault::Unreachable(reason) | Fault::Torn(reason) => Fault::Torn(reason),
        })
    }

    fn address(&self, text: &str) -> Result<Url, Fault> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, url)) if known == text => Ok(url.clone()),
            _ => {
                let url = Url::parse(text).map_err(|error| Fault::Unreachable(error.to_string()))?;
                *last = Some((text.to_owned(), url.clone()));
                Ok(url)
            }
        }
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
fn reason(error: &dyn Error) -> String {
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
