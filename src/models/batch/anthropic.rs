//! Anthropic's batches of messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    BatchId, BatchLine, BatchState, CLOCKS_DIFFER, Entry, Found, Line, MOST_PAGES, Repeat, Sought,
    Unsubmitted,
};
use crate::models::dialects::Message;
use crate::models::reply::{CallFailure, FailureCause};

const HEADERS: &[(&str, &str)] = &[("anthropic-version", "2023-06-01")];

#[derive(Serialize)]
struct Body<'a> {
    requests: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    custom_id: &'a str,
    params: &'a RawValue,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Batch {
    id: String,
    processing_status: String,
    request_counts: Counts,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<Batch>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Counts {
    processing: u64,
    succeeded: u64,
    errored: u64,
    canceled: u64,
    expired: u64,
}

#[derive(Deserialize)]
struct Outcome {
    custom_id: String,
    result: Ending,
}

/// `succeeded` with a message, `errored` with an error, `canceled` or `expired`.
#[derive(Deserialize)]
struct Ending {
    r#type: String,
    message: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Failure {
    error: Typed,
}

#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

impl Counts {
    fn done(&self) -> u64 {
        self.succeeded + self.errored + self.canceled + self.expired
    }

    fn total(&self) -> u64 {
        self.done() + self.processing
    }
}

pub(super) async fn submit(line: &BatchLine<'_>, entries: &[Entry<'_>]) -> Result<String, Unsubmitted> {
    let requests = entries.iter().map(|entry| Row { custom_id: entry.name, params: &entry.body });
    let body = Body { requests: requests.collect() };
    let message = Message { headers: HEADERS, ..Message::post(line.url("v1/messages/batches"), &body) };
    line.hand_in::<Named>(&message).await.map(|batch| batch.id)
}

/// Batches take no mark here. One that was made since then, with as many requests, may be it; the
/// names in its results tell.
pub(super) async fn find(line: &BatchLine<'_>, sought: &Sought<'_>) -> Result<Found, CallFailure> {
    let mut after = String::new();
    let mut perhaps = None;
    for _ in 0..MOST_PAGES {
        let body = get(line, &format!("v1/messages/batches?limit=100{after}")).await?;
        let Listed { data, has_more } = line.parse_list(&body)?;
        let is_past = |batch: &Batch| made_at(batch).is_some_and(|at| at + CLOCKS_DIFFER < sought.at);
        for batch in data.iter().filter(|batch| !is_past(batch)) {
            if batch.request_counts.total() != sought.names.len() as u64 {
                continue;
            }
            if batch.processing_status != "ended" {
                perhaps = Some(BatchId(batch.id.clone()));
            } else if collect(line, &batch.id).await?.iter().any(|one| sought.names.contains(&one.name)) {
                return Ok(Found::Yes(BatchId(batch.id.clone())));
            }
        }
        // The newest stand first.
        match data.last() {
            Some(last) if has_more && !is_past(last) => after = format!("&after_id={}", last.id),
            _ => break,
        }
    }
    Ok(perhaps.map_or(Found::No, Found::Perhaps))
}

/// Seconds since the epoch.
fn made_at(batch: &Batch) -> Option<u64> {
    let at: jiff::Timestamp = batch.created_at.as_ref()?.parse().ok()?;
    at.as_second().try_into().ok()
}

pub(super) async fn poll(line: &BatchLine<'_>, id: &str) -> Result<BatchState, CallFailure> {
    let body = get(line, &format!("v1/messages/batches/{id}")).await?;
    let Batch { processing_status, request_counts: counts, .. } = line.parse(&body)?;
    if processing_status == "ended" {
        return Ok(BatchState::Ended);
    }
    Ok(BatchState::Working { done: counts.done(), total: counts.total() })
}

pub(super) async fn collect(line: &BatchLine<'_>, id: &str) -> Result<Vec<Line>, CallFailure> {
    let body = get(line, &format!("v1/messages/batches/{id}/results")).await?;
    let outcomes = line.parse_lines::<Outcome>(&body)?;
    let lines = outcomes.into_iter().map(|Outcome { custom_id, result }| {
        let Ending { r#type, message, error } = result;
        let result = match (message, error) {
            (Some(message), _) => Ok((200, message)),
            (None, Some(error)) => Ok((status_of(&error), error)),
            (None, None) => Err((FailureCause::NotAnswered(format!("it is {}", r#type)), String::new())),
        };
        Line { name: custom_id, result }
    });
    Ok(lines.collect())
}

/// The status that the error would have come with outside a batch.
fn status_of(error: &RawValue) -> u16 {
    let failure: Option<Failure> = serde_json::from_str(error.get()).ok();
    match failure.as_ref().map(|failure| failure.error.r#type.as_str()) {
        Some("invalid_request_error") => 400,
        Some("authentication_error") => 401,
        Some("permission_error") => 403,
        Some("not_found_error") => 404,
        Some("rate_limit_error") => 429,
        Some("overloaded_error") => 529,
        _ => 500,
    }
}

async fn get(line: &BatchLine<'_>, path: &str) -> Result<bytes::Bytes, CallFailure> {
    let message = Message { url: line.url(path), body: None, headers: HEADERS };
    line.send(&message, line.headers, Repeat::Safe).await
}
