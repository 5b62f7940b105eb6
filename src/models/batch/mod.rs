//! Many requests handed in at once, answered within a day at about half the price.
//!
//! A batch outlives the process: keep its [`BatchId`], and ask after it whenever. The replies
//! have the same form as those of single calls, so the same keys and the same reading serve.

mod anthropic;
mod openai;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::dialects::{Message, Site};
use super::endpoint::Endpoint;
use super::error::ReadError;
use super::exchange::Carrier;
use super::judgement::{self, Judgement, of_status};
use super::limits::quota::retry_after;
use super::limits::retry::delay;
use super::provider::ProviderKind;
use super::reply::{CallFailure, FailureCause, RawReply};
use super::request::{ChatRequest, Request};
use super::transport::{Answer, Fault, Transport};

/// A batch that was handed in, by the provider's name for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub String);

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchState {
    Working {
        done: u64,
        total: u64,
    },
    /// What there is can be collected; not each request need have an answer.
    Ended,
    /// The batch as a whole was not taken, with the provider's reason.
    Rejected(String),
}

/// Why a batch has no name.
#[derive(Clone, Debug, PartialEq)]
pub enum Unsubmitted {
    /// The provider did not take it.
    Refused(CallFailure),
    /// The failure came in the middle of handing in, so that the provider may have taken it all the
    /// same. It is not handed in again, since it would be paid for twice.
    Unclear(CallFailure),
}

/// A batch whose name the provider did not tell.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// What it was marked with, where the provider takes a mark.
    pub mark: &'a str,
    /// When it was handed in, in seconds since the epoch by this machine's clock.
    pub at: u64,
    /// The names of its requests.
    pub names: &'a HashSet<String>,
}

/// Whether a batch is in the provider's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Yes(BatchId),
    /// This one may be it; that shows when it has ended.
    Perhaps(BatchId),
    No,
}

/// By how much the clocks of provider and machine may differ, in seconds.
const CLOCKS_DIFFER: u64 = 3_600;
/// Pages of a provider's list that are gone through; each has a hundred batches.
const MOST_PAGES: usize = 100;

/// A reply to one request of a batch, or why there is none, by the name given to the request.
pub type Collected = (String, Result<RawReply, CallFailure>);

/// Which of the two batch interfaces a provider has.
#[derive(Clone, Copy, Debug)]
enum Interface {
    OpenAi,
    Anthropic,
}

/// What one batch request says about the requests in it: names of at most 64 letters, digits,
/// `_` and `-`, such as a call key in hexadecimal.
struct Entry<'a> {
    name: &'a str,
    body: Box<RawValue>,
}

/// A line about one request.
struct Line {
    name: String,
    result: Result<(u16, Box<RawValue>), (FailureCause, String)>,
}

impl Endpoint {
    /// Whether the provider takes batches of such requests.
    pub fn takes_batches_of(&self, request: &Request) -> bool {
        match self.interface() {
            Some(Interface::OpenAi) => matches!(request, Request::Chat(_) | Request::Embed(_)),
            Some(Interface::Anthropic) => matches!(request, Request::Chat(_)),
            None => false,
        }
    }

    /// Hands in requests of one kind, each with a name of its own, under a mark by which the batch
    /// can be found again.
    ///
    /// # Errors
    /// Where the batch was not taken, or it is not known whether it was.
    pub async fn submit(&self, requests: &[(String, Request)], mark: &str) -> Result<BatchId, Unsubmitted> {
        let (interface, line) = self.batch_line().map_err(Unsubmitted::Refused)?;
        let mut entries = Vec::with_capacity(requests.len());
        for (name, request) in requests {
            let body = self.batch_body(request).map_err(Unsubmitted::Refused)?;
            entries.push(Entry { name, body });
        }
        let id = match interface {
            Interface::OpenAi => {
                let kind = requests.first().map(|(_, request)| request);
                openai::submit(&line, &entries, kind, mark).await?
            }
            Interface::Anthropic => anthropic::submit(&line, &entries).await?,
        };
        Ok(BatchId(id))
    }

    /// Looks for a batch in the provider's list.
    pub async fn find(&self, sought: &Sought<'_>) -> Result<Found, CallFailure> {
        let (interface, line) = self.batch_line()?;
        match interface {
            Interface::OpenAi => openai::find(&line, sought).await,
            Interface::Anthropic => anthropic::find(&line, sought).await,
        }
    }

    /// Asks how far a batch is.
    pub async fn poll(&self, id: &BatchId) -> Result<BatchState, CallFailure> {
        let (interface, line) = self.batch_line()?;
        match interface {
            Interface::OpenAi => openai::poll(&line, &id.0).await,
            Interface::Anthropic => anthropic::poll(&line, &id.0).await,
        }
    }

    /// Takes in what a batch that has ended brought, in the provider's order.
    pub async fn collect(&self, id: &BatchId) -> Result<Vec<Collected>, CallFailure> {
        let (interface, line) = self.batch_line()?;
        let lines = match interface {
            Interface::OpenAi => openai::collect(&line, &id.0).await?,
            Interface::Anthropic => anthropic::collect(&line, &id.0).await?,
        };
        let at = self.now();
        let collected = lines.into_iter().map(|Line { name, result }| {
            let reply = match result {
                Ok((status, body)) => self.batch_reply(status, &body, at),
                Err((cause, message)) => {
                    Err(CallFailure { cause, attempts: 1, excerpt: line.excerpt(message.as_bytes()) })
                }
            };
            (name, reply)
        });
        Ok(collected.collect())
    }

    /// A reply's meaning decides whether it is one, as with a single call. Reading it needs
    /// no more of the request than its kind, which the provider's interface gives already.
    fn batch_reply(&self, status: u16, body: &RawValue, at: Duration) -> Result<RawReply, CallFailure> {
        let body = Bytes::copy_from_slice(body.get().as_bytes());
        if (200..300).contains(&status) || self.is_filter(status, &body) {
            return Ok(RawReply { status, body, latency: Duration::ZERO, attempts: 1, at });
        }
        let error = ReadError::Failed { status, message: String::new() };
        let cause = match judgement::of_unreadable(error, status, &body) {
            Judgement::Retry(cause) | Judgement::Final(cause) => cause,
            Judgement::Wait | Judgement::Answer(_) => FailureCause::RateLimited,
        };
        Err(CallFailure { cause, attempts: 1, excerpt: self.excerpt(&body) })
    }

    fn interface(&self) -> Option<Interface> {
        match self.provider() {
            ProviderKind::OpenAi | ProviderKind::Compatible => Some(Interface::OpenAi),
            ProviderKind::Anthropic => Some(Interface::Anthropic),
            _ => None,
        }
    }

    fn batch_line(&self) -> Result<(Interface, BatchLine<'_>), CallFailure> {
        let interface = self.interface();
        let interface = interface.ok_or_else(|| not_taken(format!("{} has no batches", self.provider())))?;
        match self.carrier()? {
            Carrier::Http { transport, headers } => {
                Ok((interface, BatchLine { endpoint: self, site: self.site(), transport, headers }))
            }
            Carrier::Program(_) => Err(not_taken("a program has no batches".to_owned())),
        }
    }

    fn batch_body(&self, request: &Request) -> Result<Box<RawValue>, CallFailure> {
        let no_batches = || not_taken(format!("{} takes no batches of such requests", self.provider()));
        if let Some(unsupported) = self.refuse(request) {
            return Err(not_taken(unsupported.to_string()));
        }
        if !self.takes_batches_of(request) {
            return Err(no_batches());
        }
        let text = self.message(request).body.and_then(|body| String::from_utf8(body.into()).ok());
        text.and_then(|text| RawValue::from_string(text).ok()).ok_or_else(no_batches)
    }
}

/// A request of the same kind as one in canonical form: as much as reading its reply takes.
pub fn kind_of(canonical: &str) -> Request {
    #[derive(Deserialize)]
    struct Kind {
        embed: Option<Vec<Arc<str>>>,
    }
    match serde_json::from_str(canonical) {
        Ok(Kind { embed: Some(texts) }) => Request::Embed(texts),
        _ => Request::Chat(ChatRequest::default()),
    }
}

/// What the two interfaces ask through.
struct BatchLine<'a> {
    endpoint: &'a Endpoint,
    site: &'a Site,
    transport: &'a Transport,
    headers: &'a HeaderMap,
}

/// Whether a message may be sent again when it is unknown whether it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    Safe,
    Costly,
}

impl BatchLine<'_> {
    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.site.base_url)
    }

    /// Sends a message until it is answered well.
    async fn send(
        &self,
        message: &Message,
        headers: &HeaderMap,
        repeat: Repeat,
    ) -> Result<Bytes, CallFailure> {
        let most = self.endpoint.limits().attempts.max(1);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.transport.send(message, headers).await;
            let (cause, wait, excerpt) = match answer {
                Ok(Answer { status, body, .. }) if (200..300).contains(&status) => return Ok(body),
                Ok(Answer { status, headers, body, .. }) => {
                    let wait = retry_after(&headers, self.endpoint.now());
                    let (cause, again) = match of_status(status, &body) {
                        Judgement::Wait | Judgement::Answer(_) => (FailureCause::RateLimited, true),
                        Judgement::Retry(cause) => (cause, status == 503 || repeat == Repeat::Safe),
                        Judgement::Final(cause) => (cause, false),
                    };
                    (cause, again.then_some(wait), self.excerpt(&body))
                }
                Err(fault) => {
                    let again = matches!(fault, Fault::Unreachable(_)) || repeat == Repeat::Safe;
                    let cause = match fault {
                        Fault::Unreachable(reason) => FailureCause::Unreachable(reason),
                        Fault::TimedOut => FailureCause::TimedOut,
                        Fault::Torn(reason) => FailureCause::Torn(reason),
                    };
                    (cause, again.then_some(None), String::new())
                }
            };
            match wait {
                Some(wait) if attempts < most => {
                    let wait = wait.unwrap_or_else(|| delay(attempts, self.endpoint.jitter()));
                    let wait = wait.min(self.endpoint.limits().longest_wait);
                    if self.endpoint.unless_stopped(tokio::time::sleep(wait)).await.is_none() {
                        return Err(CallFailure { cause: FailureCause::Cancelled, attempts, excerpt });
                    }
                }
                _ => return Err(CallFailure { cause, attempts, excerpt }),
            }
        }
    }

    /// Sends the message that starts a batch. It may go out once: where the answer to it is lost,
    /// nobody knows whether it was taken.
    async fn hand_in<T: DeserializeOwned>(&self, message: &Message) -> Result<T, Unsubmitted> {
        match self.send(message, self.headers, Repeat::Costly).await {
            Ok(body) => self.parse(&body).map_err(Unsubmitted::Unclear),
            Err(failure) => Err(match failure.cause {
                FailureCause::Torn(_) | FailureCause::TimedOut | FailureCause::Server(_) => {
                    Unsubmitted::Unclear(failure)
                }
                _ => Unsubmitted::Refused(failure),
            }),
        }
    }

    async fn get(&self, url: String) -> Result<Bytes, CallFailure> {
        let message = Message { url, body: None, headers: &[] };
        self.send(&message, self.headers, Repeat::Safe).await
    }

    fn excerpt(&self, body: &[u8]) -> String {
        self.endpoint.excerpt(body)
    }

    /// Reads JSON that the interface promises.
    fn parse<'b, T: Deserialize<'b>>(&self, body: &'b [u8]) -> Result<T, CallFailure> {
        serde_json::from_slice(body).map_err(|error| CallFailure {
            cause: FailureCause::Torn(error.to_string()),
            attempts: 1,
            excerpt: self.excerpt(body),
        })
    }

    /// Reads the list of batches; where it is not one, it can't be looked through.
    fn parse_list<'b, T: Deserialize<'b>>(&self, body: &'b [u8]) -> Result<T, CallFailure> {
        self.parse(body).map_err(|failure| {
            let cause = FailureCause::NotReady(format!("its list of batches is none: {}", failure.cause));
            CallFailure { cause, ..failure }
        })
    }

    /// Reads a line of JSON each.
    fn parse_lines<'b, T: Deserialize<'b>>(&self, body: &'b [u8]) -> Result<Vec<T>, CallFailure> {
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        lines.map(|line| self.parse(line)).collect()
    }
}

fn not_taken(reason: String) -> CallFailure {
    CallFailure { cause: FailureCause::NotReady(reason), attempts: 0, excerpt: String::new() }
}
