//! What comes back from an endpoint: the bytes as received, and what they mean.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::request::Picture;

/// A paid answer as it arrived; this is what the ledger keeps. What it means is worked out
/// anew at each use, so that a better reading costs nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct RawReply {
    /// HTTP status; 200 for what did not come over HTTP.
    pub status: u16,
    /// The body, unchanged.
    pub body: Bytes,
    /// From sending the request that succeeded to the last byte of its answer.
    pub latency: Duration,
    /// Requests sent, this one among them.
    pub attempts: u32,
    /// When it arrived, since the epoch.
    pub at: Duration,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub outcome: Outcome,
    pub content: Content,
    pub usage: Usage,
    /// The model's name as the provider reports it, such as a dated version.
    pub served_by: Option<Arc<str>>,
}

/// How an answer ended. An error's text never becomes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The model ended its answer itself.
    Complete,
    /// The answer was cut at the length limit.
    Cut,
    /// The provider's filter answered instead of the model.
    Blocked,
    /// The model answered with nothing.
    Empty,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(Arc<str>),
    Pictures(Vec<Picture>),
    /// A vector a text.
    Vectors(Vec<Vec<f64>>),
    /// Scores by name, in the provider's order.
    Scores(Vec<(Arc<str>, f64)>),
    Hits(Vec<Hit>),
    Page(Page),
    /// Nothing, as with [`Outcome::Blocked`].
    None,
}

/// One result of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    pub url: Arc<str>,
    pub title: Arc<str>,
    pub text: Arc<str>,
}

/// The readable part of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub url: Arc<str>,
    pub title: Arc<str>,
    pub text: Arc<str>,
}

/// Tokens, as the provider counts them; 0 where it doesn't say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Tokens of the request, those read from the provider's cache among them.
    pub input: u64,
    /// Tokens of the reply, those of hidden reasoning among them.
    pub output: u64,
    /// Of `input`, those read from the provider's cache.
    pub cached: u64,
    /// Of `output`, those of hidden reasoning.
    pub reasoning: u64,
}

/// Why no answer came, after all attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct CallFailure {
    pub cause: FailureCause,
    pub attempts: u32,
    /// The beginning of the last response's body, without secrets; empty where none came.
    pub excerpt: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// No connection: refused, no such host, TLS.
    Unreachable(String),
    /// Nothing came within the time allowed.
    TimedOut,
    /// The answer broke off or was not what the provider's interface promises.
    Torn(String),
    /// Still told to wait after the last attempt (429).
    RateLimited,
    /// The provider failed (5xx).
    Server(u16),
    /// The request or its key was refused (4xx); asking again would not help.
    Refused(u16),
    /// The endpoint's circuit is open: it failed so often that it is not asked for a while.
    CircuitOpen,
    /// The endpoint cannot be used as it is bound, such as for want of a key, or has nothing
    /// for a part of the request; nothing was sent.
    NotReady(String),
    /// Recorded calls only, and this one is not recorded.
    NotRecorded,
    /// A budget is reached; nothing was sent.
    BudgetReached,
    /// Enough calls were made; nothing was sent.
    CallsReached,
    /// The call is in a batch that has not ended.
    Batched,
    /// The batch that the call was in brought no answer to it, with the provider's reason.
    NotAnswered(String),
    /// Nothing may be sent in this run, and the call is not on record.
    NotOnRecord,
    /// Nothing may be sent in this run; this is what came of it when it was last asked.
    LastTime(String),
    /// The run was stopped before the call went out.
    Cancelled,
    /// The reply came and could not be kept.
    NotKept(String),
    /// A scripted model was told to fail, or has no arm for this.
    Planted,
}

impl CallFailure {
    /// The cause, and what the endpoint said.
    pub fn told(&self) -> String {
        match self.excerpt.as_str() {
            "" => self.cause.to_string(),
            said => format!("{}: {said}", self.cause),
        }
    }
}

impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureCause::Unreachable(problem) => write!(f, "the endpoint can't be reached: {problem}"),
            FailureCause::TimedOut => f.write_str("no answer came in time"),
            FailureCause::Torn(problem) => write!(f, "the answer was not whole: {problem}"),
            FailureCause::RateLimited => f.write_str("the endpoint kept saying to wait (429)"),
            FailureCause::Server(status) => write!(f, "the endpoint failed ({status})"),
            FailureCause::Refused(status) => write!(f, "the endpoint refused the request ({status})"),
            FailureCause::CircuitOpen => {
                f.write_str("the endpoint failed so often that it is left alone for a while")
            }
            FailureCause::NotReady(problem) => f.write_str(problem),
            FailureCause::NotRecorded => f.write_str("no reply is recorded for this row"),
            FailureCause::BudgetReached => f.write_str("the budget is reached"),
            FailureCause::CallsReached => f.write_str("as many calls were made as are allowed"),
            FailureCause::NotAnswered(reason) => write!(f, "the batch brought no answer: {reason}"),
            FailureCause::Batched => f.write_str("the call is in a batch that has not ended"),
            FailureCause::NotOnRecord => f.write_str("the reply is not on record, and this run asks nobody"),
            FailureCause::LastTime(what) => write!(f, "when it was last asked: {what}"),
            FailureCause::Cancelled => f.write_str("the run was stopped"),
            FailureCause::NotKept(problem) => write!(f, "the reply could not be kept: {problem}"),
            FailureCause::Planted => f.write_str("the scripted model has no answer"),
        }
    }
}
