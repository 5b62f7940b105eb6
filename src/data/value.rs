//! Values: what a cell of a table holds.

use std::sync::Arc;

use crate::digest::Digest;

use super::row::RowId;

/// What a cell holds. Cloning is cheap: all that is large is shared.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value; allowed only where the type is optional, or in a row that failed.
    Missing,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Text, a path, or the label of a closed set: which of them, the type says.
    Text(Arc<str>),
    Date(jiff::civil::Date),
    Image(Arc<Image>),
    Json(Arc<serde_json::Value>),
    /// A conversation.
    Turns(Arc<[Turn]>),
    List(Arc<[Value]>),
    /// The fields' values in the order of the record's type.
    Record(Arc<[Value]>),
    Id(RowId),
}

// Rows are copied from step to step, and many of them are held at a time.
const _: () = assert!(size_of::<Value>() <= 24);

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub speaker: Speaker,
    pub text: Arc<str>,
    pub images: Vec<Image>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    System,
    User,
    Assistant,
}

/// A picture by content; its bytes are an object of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub digest: Digest,
    /// Such as `image/png`.
    pub media_type: Arc<str>,
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }
}
