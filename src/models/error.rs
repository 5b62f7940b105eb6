//! What can be wrong with an endpoint, a request or an answer, apart from a call's failure.

use std::path::PathBuf;

/// An endpoint cannot be set up or used as it was described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("`{endpoint}` needs a key: set the variable `{variable}`")]
    KeyMissing { endpoint: String, variable: String },
    #[error("`{endpoint}` needs a key, and the file {} cannot be read: {reason}", path.display())]
    KeyUnreadable { endpoint: String, path: PathBuf, reason: String },
    #[error("the key of `{endpoint}` has characters that no header can carry")]
    KeyInvalid { endpoint: String },
    #[error("`{provider}` has no address of its own: state a base URL")]
    AddressMissing { provider: &'static str },
    #[error("`{address}` is not the address of a server: {reason}")]
    AddressInvalid { address: String, reason: String },
    #[error("the program `{program}` cannot be read: {reason}")]
    ProgramUnreadable { program: String, reason: String },
    #[error("no connection can be made at all: {reason}")]
    NoClient { reason: String },
}

/// The provider has nothing for a part of the request. Known without asking it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{provider} has no {what}")]
pub struct Unsupported {
    pub provider: &'static str,
    /// What it has not, such as "parameter `seed`".
    pub what: String,
}

/// A raw reply that is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("the reply is not what the provider's interface promises: {reason}")]
    Malformed { reason: String },
    /// The provider reported a failure, in the status or in the body.
    #[error("the provider reported failure {status}: {message}")]
    Failed { status: u16, message: String },
}

impl ReadError {
    pub(super) fn malformed(reason: impl ToString) -> ReadError {
        ReadError::Malformed { reason: reason.to_string() }
    }
}
