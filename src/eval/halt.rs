//! Why an evaluation ended without a value.

use crate::data::row::{Failure, Reason};
use crate::data::value::Value;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// Answers are needed first; they are noted in the effects.
    Waiting,
    /// The file says to leave the row out.
    Drop,
    /// The row fails. Boxed, because it is rare and results are many.
    Fail(Box<Failure>),
}

pub type Evaluated<T = Value> = Result<T, Halt>;

impl Halt {
    pub fn fail(reason: Reason, message: impl Into<std::sync::Arc<str>>) -> Halt {
        Halt::Fail(Box::new(Failure { reason, message: message.into(), attempts: 0, excerpt: "".into() }))
    }

    /// The expression has no value for this row.
    pub fn undefined(message: impl Into<std::sync::Arc<str>>) -> Halt {
        Halt::fail(Reason::Undefined, message)
    }
}
