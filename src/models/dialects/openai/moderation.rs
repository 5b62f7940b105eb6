//! Moderation: scores by category.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::models::dialects::{Site, parse};
use crate::models::error::ReadError;
use crate::models::reply::{Content, Reply};

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    input: &'a str,
}

pub(super) fn body<'a>(site: &'a Site, text: &'a str) -> Body<'a> {
    Body { model: &site.model, input: text }
}

#[derive(Deserialize)]
struct Moderation {
    model: Option<String>,
    results: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    category_scores: IndexMap<String, f64>,
}

pub(super) fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let answer: Moderation = parse(body)?;
    let verdict = answer.results.into_iter().next();
    let verdict = verdict.ok_or_else(|| ReadError::malformed("its `results` are empty"))?;
    let scores = verdict.category_scores.into_iter().map(|(name, score)| (name.into(), score)).collect();
    Ok(Reply { served_by: answer.model.map(Into::into), ..Reply::of(Content::Scores(scores), false) })
}
