//! What came back from one attempt: an answer, a reason to wait, or a failure.

use super::error::ReadError;
use super::reply::{FailureCause, Reply};
use super::transport::Fault;

/// What to do about an attempt.
#[derive(Debug)]
pub(super) enum Judgement {
    /// A whole answer, be it a filter's.
    Answer(Reply),
    /// Told to wait.
    Wait,
    /// Worth another attempt.
    Retry(FailureCause),
    /// Asking again would not help.
    Final(FailureCause),
}

/// Codes of a 429 that no waiting cures.
const EXHAUSTED: &[&str] = &["insufficient_quota", "billing_hard_limit_reached", "Insufficient Balance"];

/// What an answer that could not be read calls for.
pub(super) fn of_unreadable(error: ReadError, status: u16, body: &[u8]) -> Judgement {
    match error {
        ReadError::Malformed { reason } if (200..300).contains(&status) => {
            Judgement::Retry(FailureCause::Torn(reason))
        }
        ReadError::Malformed { .. } => of_status(status, body),
        ReadError::Failed { status, .. } => of_status(status, body),
    }
}

/// What a bad status calls for.
pub(super) fn of_status(status: u16, body: &[u8]) -> Judgement {
    match status {
        429 if is_exhausted(body) => Judgement::Final(FailureCause::Refused(429)),
        429 => Judgement::Wait,
        // Timeout, conflict and "too early" pass, whatever their number says.
        408 | 409 | 425 | 500.. => Judgement::Retry(FailureCause::Server(status)),
        _ => Judgement::Final(FailureCause::Refused(status)),
    }
}

fn is_exhausted(body: &[u8]) -> bool {
    EXHAUSTED.iter().any(|code| memchr::memmem::find(body, code.as_bytes()).is_some())
}

/// What a missing answer calls for.
pub(super) fn of_fault(fault: Fault) -> Judgement {
    Judgement::Retry(match fault {
        Fault::Unreachable(reason) => FailureCause::Unreachable(reason),
        Fault::TimedOut => FailureCause::TimedOut,
        Fault::Torn(reason) => FailureCause::Torn(reason),
    })
}

/// What a result says of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It is there and serves who asks.
    Alive,
    /// It may serve nobody: a model that it does not have, a key that is not allowed this.
    Doubtful,
    /// It answered nobody, or not whoever has this key: the key is wrong, or what it was paid is used up.
    Failing,
}

impl Judgement {
    /// What it says of the endpoint, where all calls go to one server.
    pub(super) fn health(&self) -> Health {
        match self {
            Judgement::Final(FailureCause::Refused(401 | 402 | 429)) => Health::Failing,
            Judgement::Final(FailureCause::Refused(403 | 404)) => Health::Doubtful,
            judgement if judgement.is_alive() => Health::Alive,
            _ => Health::Failing,
        }
    }

    /// Whether the endpoint showed that it is there, if only to refuse.
    fn is_alive(&self) -> bool {
        matches!(self, Judgement::Answer(_) | Judgement::Wait | Judgement::Final(_))
    }
}
