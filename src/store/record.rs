//! What the ledger holds, and the JSON lines that it is written in.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::models::reply::{RawReply, Usage};

use super::{CallKey, Space, StoreError, nanoseconds, raw_reply};

/// A reply that was paid for, with what was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub key: CallKey,
    pub provider: Cow<'static, str>,
    pub model: Arc<str>,
    pub usage: Usage,
    /// US dollars, where the price is known.
    #[serde(with = "dollars")]
    pub cost: Option<f64>,
    /// The canonical request as JSON, for readers; pictures by digest. Line breaks in it
    /// become spaces, which JSON does not mind.
    #[serde(serialize_with = "in_one_line")]
    pub request: Box<RawValue>,
    #[serde(with = "raw_reply")]
    pub reply: RawReply,
}

/// A failed attempt: part of the history, never served as a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub key: CallKey,
    pub provider: String,
    pub model: String,
    /// When, since the epoch.
    #[serde(rename = "at_ns", with = "nanoseconds")]
    pub at: Duration,
    /// Which attempt failed, counted from 1.
    pub attempt: u32,
    /// What happened, in a word or two: `timed out`, `429`.
    pub what: String,
    /// The beginning of the response's body, without secrets.
    pub excerpt: String,
}

/// One line of a ledger or an export.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'a> {
    /// First in an export.
    Export {
        version: u32,
    },
    /// A reply that is served, unless a later one has the same key.
    Reply(Cow<'a, Record>),
    /// A reply that another machine paid for too; kept, not served.
    Spare(Cow<'a, Record>),
    Event(Cow<'a, Event>),
    /// First in a journal: where its lines will stand.
    Journal {
        segment: u32,
        offset: u64,
    },
    /// In exports only.
    Object {
        digest: Digest,
        base64: String,
    },
    /// In exports only.
    Fact {
        space: Space,
        key: String,
        value: String,
    },
}

/// As much of a line as an index needs.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Glance {
    Reply(Keyed),
    Spare(Keyed),
    Event(Keyed),
}

#[derive(Deserialize)]
struct Keyed {
    key: CallKey,
    #[serde(default)]
    reply: Arrival,
    #[serde(default)]
    at_ns: u64,
}

#[derive(Default, Deserialize)]
struct Arrival {
    at_ns: u64,
}

/// What a record takes beside its request and its body, about.
const ASIDE: usize = 384;

/// What kind of line it is, whose, and when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peek {
    pub(super) key: CallKey,
    pub(super) at: Duration,
    /// A reply that is served.
    pub(super) is_served: bool,
    /// A reply, served or spare.
    pub(super) is_reply: bool,
}

/// Looks at a line without reading it all; none where it is of no kind that has a key.
pub(super) fn peek(line: &[u8]) -> Option<Peek> {
    let (keyed, is_served, is_reply) = match serde_json::from_slice(line).ok()? {
        Glance::Reply(keyed) => (keyed, true, true),
        Glance::Spare(keyed) => (keyed, false, true),
        Glance::Event(keyed) => (keyed, false, false),
    };
    let at = Duration::from_nanos(keyed.at_ns.max(keyed.reply.at_ns));
    Some(Peek { key: keyed.key, at, is_served, is_reply })
}

impl Line<'_> {
    /// The line's text, its line break at the end.
    pub(super) fn to_text(&self) -> Result<Vec<u8>, StoreError> {
        let mut text = Vec::with_capacity(match self {
            Line::Reply(record) | Line::Spare(record) => {
                ASIDE + record.request.get().len() + record.reply.body.len()
            }
            _ => 0,
        });
        serde_json::to_writer(&mut text, self)
            .map_err(|error| StoreError::Unwritable { reason: error.to_string() })?;
        text.push(b'\n');
        Ok(text)
    }
}

fn in_one_line<S: Serializer>(request: &RawValue, serializer: S) -> Result<S::Ok, S::Error> {
    let text = request.get();
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return request.serialize(serializer);
    }
    RawValue::from_string(text.replace(['\n', '\r'], " "))
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// Read by the standard library, which finds the exact number that was written.
mod dollars {
    use super::{Deserialize, Deserializer, RawValue, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(cost: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        cost.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
        raw.map(|raw| raw.get().parse().map_err(serde::de::Error::custom)).transpose()
    }
}
