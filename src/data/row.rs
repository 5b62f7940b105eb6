//! Rows: an identity, values, and what went wrong if something did.

use std::fmt;
use std::sync::Arc;

use crate::digest::{Digest, Hasher};

use super::value::Value;

/// The identity of a row: by key or content at a source, by lineage after; never by position.
// A number of this length stands on sixteen bytes else, and with it each value of each row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed(8))]
pub struct RowId(pub u128);

impl RowId {
    /// The first half of a digest.
    pub fn from_digest(digest: &Digest) -> RowId {
        let mut half = [0; 16];
        half.copy_from_slice(&digest.0[..16]);
        RowId(u128::from_le_bytes(half))
    }

    /// The row made from this one by a step: `tag` says which kind of step, `part` which of the
    /// rows it made (an index, a variant's name, a model).
    pub fn derive(self, tag: &str, part: &[u8]) -> RowId {
        let mut hasher = Hasher::new("tgp.row.v1");
        hasher.bytes(&self.0.to_le_bytes()).text(tag).bytes(part);
        RowId::from_digest(&hasher.finish())
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", { self.0 })
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0 >> 96)
    }
}

/// One row of a table. Its values stand in the order of the table's schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub id: RowId,
    pub values: Vec<Value>,
    /// Why the row has no further values; such a row stays in its table, apart from the others.
    pub failure: Option<Arc<Failure>>,
}

impl Row {
    /// Why the row failed, if it did.
    pub fn reason(&self) -> Option<Reason> {
        self.failure.as_ref().map(|failure| failure.reason)
    }
}

/// What went wrong with a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub reason: Reason,
    /// One sentence for a person.
    pub message: Arc<str>,
    /// Requests sent before giving up; 0 where none was needed.
    pub attempts: u32,
    /// The beginning of what came back last.
    pub excerpt: Arc<str>,
}

/// The kinds of failure. What is retried on the next run differs by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The provider's filter answered.
    Blocked,
    /// An answer came but was not of the type asked for, even after asking again.
    Invalid,
    /// No answer came.
    Failed,
    /// A verdict has no value for this row.
    Missing,
    /// A line or record of a source could not be read.
    Unreadable,
    /// An expression has no value here, such as an index past the end.
    Undefined,
}

/// What stands for the reason where a row did not fail.
pub const NO_FAILURE: &str = "none";

impl Reason {
    /// Every reason, in the order of their declaration.
    pub const ALL: [Reason; 6] = [
        Reason::Blocked,
        Reason::Invalid,
        Reason::Failed,
        Reason::Missing,
        Reason::Unreadable,
        Reason::Undefined,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Reason::Blocked => "blocked",
            Reason::Invalid => "invalid",
            Reason::Failed => "failed",
            Reason::Missing => "missing",
            Reason::Unreadable => "unreadable",
            Reason::Undefined => "undefined",
        }
    }
}
