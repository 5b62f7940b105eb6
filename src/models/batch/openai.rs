//! OpenAI's batches: a file of requests goes up, a file of responses comes down.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    BatchId, BatchLine, BatchState, CLOCKS_DIFFER, Entry, Found, Line, MOST_PAGES, Repeat, Sought,
    Unsubmitted,
};
use crate::models::dialects::Message;
use crate::models::reply::{CallFailure, FailureCause};
use crate::models::request::Request;

/// What stands between the parts of the upload. It counts only after a line break, and those
/// within a request are escaped.
const BOUNDARY: &str = "tgp-b7f1d0c2a94e";
const FORM: &str = "multipart/form-data; boundary=tgp-b7f1d0c2a94e";

#[derive(Serialize)]
struct Row<'a> {
    custom_id: &'a str,
    method: &'static str,
    url: &'static str,
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Start<'a> {
    input_file_id: &'a str,
    endpoint: &'static str,
    completion_window: &'static str,
    metadata: Marked<'a>,
}

/// What a batch is marked with at the provider.
#[derive(Serialize)]
struct Marked<'a> {
    tgp: &'a str,
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<ListedBatch>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct ListedBatch {
    id: String,
    created_at: Option<u64>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Batch {
    status: String,
    output_file_id: Option<String>,
    error_file_id: Option<String>,
    request_counts: Option<Counts>,
    errors: Option<Value>,
}

#[derive(Deserialize)]
struct Counts {
    total: u64,
    completed: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct Outcome {
    custom_id: String,
    response: Option<Response>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Response {
    status_code: u16,
    body: Box<RawValue>,
}

pub(super) async fn submit(
    line: &BatchLine<'_>,
    entries: &[Entry<'_>],
    kind: Option<&Request>,
    mark: &str,
) -> Result<String, Unsubmitted> {
    let endpoint = match kind {
        Some(Request::Embed(_)) => "/v1/embeddings",
        _ => "/v1/chat/completions",
    };
    let mut rows = Vec::new();
    for Entry { name, body } in entries {
        let row = Row { custom_id: name, method: "POST", url: endpoint, body };
        // Texts and JSON that is valid already; writing them to memory cannot fail.
        rows.extend(serde_json::to_vec(&row).unwrap_or_default());
        rows.push(b'\n');
    }
    let file = upload(line, &rows).await.map_err(Unsubmitted::Refused)?;
    let metadata = Marked { tgp: mark };
    let start = Start { input_file_id: &file, endpoint, completion_window: "24h", metadata };
    let start = Message::post(line.url("batches"), &start);
    line.hand_in::<Named>(&start).await.map(|batch| batch.id)
}

/// Sends the requests up. A file that was taken twice costs nothing; a batch would.
async fn upload(line: &BatchLine<'_>, rows: &[u8]) -> Result<String, CallFailure> {
    let mut headers = line.headers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
    let upload = Message { url: line.url("files"), body: Some(form_of(rows)), headers: &[] };
    let file = line.send(&upload, &headers, Repeat::Safe).await?;
    line.parse::<Named>(&file).map(|file| file.id)
}

pub(super) async fn find(line: &BatchLine<'_>, sought: &Sought<'_>) -> Result<Found, CallFailure> {
    let mut after = String::new();
    for _ in 0..MOST_PAGES {
        let body = line.get(line.url(&format!("batches?limit=100{after}"))).await?;
        let Listed { data, has_more } = line.parse_list(&body)?;
        for batch in &data {
            let mark = batch.metadata.as_ref().and_then(|metadata| metadata.get("tgp"));
            if mark.and_then(Value::as_str) == Some(sought.mark) {
                return Ok(Found::Yes(BatchId(batch.id.clone())));
            }
        }
        // The newest stand first.
        let is_past = |batch: &ListedBatch| batch.created_at.is_some_and(|at| at + CLOCKS_DIFFER < sought.at);
        match data.last() {
            Some(last) if has_more && !is_past(last) => after = format!("&after={}", last.id),
            _ => break,
        }
    }
    Ok(Found::No)
}

fn form_of(rows: &[u8]) -> Bytes {
    let mut form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"batch.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n"
    )
    .into_bytes();
    form.extend_from_slice(rows);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form.into()
}

pub(super) async fn poll(line: &BatchLine<'_>, id: &str) -> Result<BatchState, CallFailure> {
    let batch = batch(line, id).await?;
    Ok(match batch.status.as_str() {
        // What was answered before the end of an expired or cancelled batch is paid for.
        "completed" | "expired" | "cancelled" => BatchState::Ended,
        "failed" => BatchState::Rejected(batch.errors.as_ref().map_or_else(String::new, reasons)),
        _ => {
            let counts = batch.request_counts.unwrap_or(Counts { total: 0, completed: 0, failed: 0 });
            BatchState::Working { done: counts.completed + counts.failed, total: counts.total }
        }
    })
}

pub(super) async fn collect(line: &BatchLine<'_>, id: &str) -> Result<Vec<Line>, CallFailure> {
    let batch = batch(line, id).await?;
    let mut lines = Vec::new();
    for file in batch.output_file_id.into_iter().chain(batch.error_file_id) {
        let content = line.get(line.url(&format!("files/{file}/content"))).await?;
        for Outcome { custom_id, response, error } in line.parse_lines::<Outcome>(&content)? {
            let result = match (response, error.filter(|error| !error.is_null())) {
                (Some(Response { status_code, body }), None) => Ok((status_code, body)),
                (_, error) => {
                    let reason = error.as_ref().map_or_else(|| "no reason is given".to_owned(), reason);
                    Err((FailureCause::NotAnswered(reason), String::new()))
                }
            };
            lines.push(Line { name: custom_id, result });
        }
    }
    Ok(lines)
}

/// Why a batch as a whole was refused: a list of errors.
fn reasons(errors: &Value) -> String {
    match errors.get("data").and_then(Value::as_array) {
        Some(errors) if !errors.is_empty() => errors.iter().map(reason).collect::<Vec<_>>().join("; "),
        _ => reason(errors),
    }
}

fn reason(error: &Value) -> String {
    let text = error.get("message").or_else(|| error.get("code")).and_then(Value::as_str);
    text.map_or_else(|| error.to_string(), str::to_owned)
}

async fn batch(line: &BatchLine<'_>, id: &str) -> Result<Batch, CallFailure> {
    let body = line.get(line.url(&format!("batches/{id}"))).await?;
    line.parse(&body)
}
