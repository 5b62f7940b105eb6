//! Embeddings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chat::Counts;
use super::failure;
use crate::models::dialects::{Site, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Reply};

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    input: &'a [Arc<str>],
    encoding_format: &'static str,
}

pub(super) fn body<'a>(site: &'a Site, texts: &'a [Arc<str>]) -> Body<'a> {
    Body { model: &site.model, input: texts, encoding_format: "float" }
}

#[derive(Deserialize)]
struct Embeddings {
    data: Option<Vec<Embedding>>,
    model: Option<String>,
    usage: Option<Counts>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Embedding {
    index: Option<usize>,
    embedding: Vec<f64>,
}

pub(super) fn read(texts: usize, body: &[u8]) -> Result<Reply, ReadError> {
    let answer: Embeddings = parse(body)?;
    if let Some(error) = answer.error.filter(|error| !error.is_null()) {
        return failure::within(&error);
    }
    let mut data = answer.data.ok_or_else(|| ReadError::malformed("it has no `data`"))?;
    if data.len() != texts {
        return Err(ReadError::malformed(format!("{} vectors for {texts} texts", data.len())));
    }
    data.sort_by_key(|embedding| embedding.index);
    let vectors = data.into_iter().map(|embedding| embedding.embedding).collect();
    let reply = Reply::of(Content::Vectors(vectors), false);
    Ok(Reply {
        usage: answer.usage.map(Into::into).unwrap_or_default(),
        served_by: answer.model.map(Into::into),
        ..reply
    })
}
