//! Replies recorded in a file, found by the row's key.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::value::Value;

use super::effects::Asked;

/// The recorded replies of one binding.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    replies: HashMap<String, Arc<str>>,
}

/// All recordings of a run.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    all: Vec<(Asked, Recording)>,
}

impl Recording {
    /// Takes in one recorded reply; `key` are the key fields' values. A later one replaces an
    /// earlier one of the same key, which is told by giving it back.
    pub fn insert(&mut self, key: &[Value], reply: Arc<str>) -> Option<Arc<str>> {
        self.replies.insert(spelled(key), reply)
    }

    pub fn get(&self, key: &[Value]) -> Option<&Arc<str>> {
        self.replies.get(&spelled(key))
    }
}

impl Recordings {
    pub fn insert(&mut self, asked: Asked, recording: Recording) {
        self.all.push((asked, recording));
    }

    pub fn get(&self, asked: Asked) -> Option<&Recording> {
        self.all.iter().find(|(known, _)| *known == asked).map(|(_, recording)| recording)
    }
}

/// A key as text, so that a number recorded as text finds the number in the row.
fn spelled(key: &[Value]) -> String {
    let mut out = String::new();
    for value in key {
        match value {
            Value::Text(text) => out.push_str(text),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Float(number) => out.push_str(&number.to_string()),
            Value::Bool(value) => out.push_str(&value.to_string()),
            other => out.push_str(&format!("{other:?}")),
        }
        out.push('\u{1f}');
    }
    out
}
