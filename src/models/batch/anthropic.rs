//! Anthropic's batches of messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{BatchLine, BatchState, Entry, Line, Repeat};
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
struct Batch {
    id: String,
    processing_status: String,
    request_counts: Counts,
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

pub(super) async fn submit(line: &BatchLine<'_>, entries: &[Entry<'_>]) -> Result<String, CallFailure> {
    let requests = entries.iter().map(|entry| Row { custom_id: entry.name, params: &entry.body });
    let body = Body { requests: requests.collect() };
    let message = Message { headers: HEADERS, ..Message::post(line.url("v1/messages/batches"), &body) };
    let answer = line.send(&message, line.headers, Repeat::Costly).await?;
    Ok(line.parse::<Batch>(&answer)?.id)
}

pub(super) async fn poll(line: &BatchLine<'_>, id: &str) -> Result<BatchState, CallFailure> {
    let body = get(line, &format!("v1/messages/batches/{id}")).await?;
    let Batch { processing_status, request_counts: counts, .. } = line.parse(&body)?;
    if processing_status == "ended" {
        return Ok(BatchState::Ended);
    }
    let done = counts.succeeded + counts.errored + counts.canceled + counts.expired;
    Ok(BatchState::Working { done, total: done + counts.processing })
}

pub(super) async fn collect(line: &BatchLine<'_>, id: &str) -> Result<Vec<Line>, CallFailure> {
    let body = get(line, &format!("v1/messages/batches/{id}/results")).await?;
    let outcomes = line.parse_lines::<Outcome>(&body)?;
    let lines = outcomes.into_iter().map(|Outcome { custom_id, result }| {
        let Ending { r#type, message, error } = result;
        let result = match (message, error) {
            (Some(message), _) => Ok((200, message)),
            (None, Some(error)) => Ok((status_of(&error), error)),
            (None, None) => {
                let reason = format!("the batch holds no answer: it is {}", r#type);
                Err((FailureCause::Torn(reason), String::new()))
            }
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
