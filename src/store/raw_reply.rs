//! A reply as JSON: bodies that are JSON or text stay readable, all come back byte for byte.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use crate::models::reply::RawReply;

use super::nanoseconds;

#[derive(Serialize, Deserialize)]
struct Written<B> {
    status: u16,
    #[serde(rename = "at_ns", with = "nanoseconds")]
    at: Duration,
    #[serde(rename = "latency_ns", with = "nanoseconds")]
    latency: Duration,
    attempts: u32,
    body: B,
}

/// A body being written.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum BodyOut<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Base64(String),
}

/// A body being read.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyIn {
    Json(Box<RawValue>),
    Text(String),
    Base64(String),
}

pub(super) fn serialize<S: Serializer>(reply: &RawReply, serializer: S) -> Result<S::Ok, S::Error> {
    Written {
        status: reply.status,
        at: reply.at,
        latency: reply.latency,
        attempts: reply.attempts,
        body: body_out(&reply.body),
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RawReply, D::Error> {
    let written = Written::<BodyIn>::deserialize(deserializer)?;
    let body = match written.body {
        BodyIn::Json(raw) => Bytes::from(Box::<str>::from(raw).into_string()),
        BodyIn::Text(text) => Bytes::from(text),
        BodyIn::Base64(text) => Bytes::from(STANDARD.decode(text).map_err(de::Error::custom)?),
    };
    Ok(RawReply {
        status: written.status,
        body,
        latency: written.latency,
        attempts: written.attempts,
        at: written.at,
    })
}

fn body_out(body: &[u8]) -> BodyOut<'_> {
    match std::str::from_utf8(body) {
        Ok(text) => one_line_json(text).map_or(BodyOut::Text(text), BodyOut::Json),
        Err(_) => BodyOut::Base64(STANDARD.encode(body)),
    }
}

/// JSON can stand in a line as it is when it has no line of its own and no space around it,
/// which would be lost in reading.
fn one_line_json(text: &str) -> Option<&RawValue> {
    let bare = text.trim().len() == text.len() && memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none();
    if bare { serde_json::from_str(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(body: &[u8]) -> String {
        let reply = RawReply {
            status: 200,
            body: Bytes::copy_from_slice(body),
            latency: Duration::new(1, 234_567_891),
            attempts: 2,
            at: Duration::new(1_764_000_000, 123_456_789),
        };
        let mut text = Vec::new();
        serialize(&reply, &mut serde_json::Serializer::new(&mut text)).unwrap();
        let back = deserialize(&mut serde_json::Deserializer::from_slice(&text)).unwrap();
        assert_eq!(back, reply);
        assert!(!text.contains(&b'\n'));
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn json_stays_json() {
        assert!(
            round_trip(br#"{"b": 1.50, "a":[1e400], "b": 2}"#)
                .contains(r#""body":{"json":{"b": 1.50, "a":[1e400], "b": 2}}"#)
        );
    }

    #[test]
    fn every_body_comes_back_byte_for_byte() {
        let deep = [vec![b'['; 5000], vec![b']'; 5000]].concat();
        let bodies: [&[u8]; 10] = [
            b"",
            b" {}",
            b"{}\n",
            b"{\n  \"pretty\": true\n}",
            b"plain text, \"quoted\"",
            b"\xEF\xBB\xBF{}",
            b"\xFF\xFE\x00",
            b"{\"torn\":",
            b"null",
            &deep,
        ];
        for body in bodies {
            round_trip(body);
        }
    }
}
