//! A provider that takes batches, as far as its interface matters: OpenAI's or Anthropic's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::models::server::{Behaviour, Incoming, Outgoing, Server, completion};

/// Whose interface is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    OpenAi,
    Anthropic,
}

/// How a request of a batch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered,
    /// With an error of its own, by its status.
    Failed(u16),
    Expired,
    Cancelled,
    /// The results say nothing of it.
    Absent,
}

/// What becomes of the message that starts a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starting {
    Confirmed,
    /// It is taken, and the connection breaks before that is said.
    TakenUnheard,
    /// It is not taken, and the connection breaks.
    LostOnTheWay,
    /// It is refused with this status.
    Refused(u16),
}

struct Batch {
    id: String,
    made_at: u64,
    mark: Value,
    /// Names and bodies.
    requests: Vec<(String, Value)>,
}

/// The provider. What it does can be changed while it runs.
pub(crate) struct BatchProvider {
    speaks: Speaks,
    files: Mutex<BTreeMap<String, String>>,
    batches: Mutex<Vec<Batch>>,
    /// Whether batches have ended.
    done: AtomicBool,
    /// Whether the results come in the order of the requests, or the other way round.
    reversed: AtomicBool,
    starting: Mutex<Starting>,
    ending: Mutex<fn(&str) -> Ending>,
    /// So many of the next questions after a batch, or for its results, go wrong.
    faults: AtomicU64,
    /// Batches are not listed.
    unlisted: AtomicBool,
    /// Calls made one by one.
    single: AtomicU64,
    polls: AtomicU64,
}

impl BatchProvider {
    pub(crate) fn new(speaks: Speaks) -> Arc<BatchProvider> {
        Arc::new(BatchProvider {
            speaks,
            files: Mutex::default(),
            batches: Mutex::default(),
            done: AtomicBool::new(true),
            reversed: AtomicBool::new(false),
            starting: Mutex::new(Starting::Confirmed),
            ending: Mutex::new(|_| Ending::Answered),
            faults: AtomicU64::new(0),
            unlisted: AtomicBool::new(false),
            single: AtomicU64::new(0),
            polls: AtomicU64::new(0),
        })
    }

    pub(crate) fn server(self: &Arc<BatchProvider>) -> Server {
        let provider = self.clone();
        Server::start(Behaviour {
            respond: Arc::new(move |incoming| provider.respond(incoming)),
            ..Behaviour::default()
        })
    }

    pub(crate) fn work_on(&self) {
        self.done.store(false, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.done.store(true, Ordering::Relaxed);
    }

    pub(crate) fn reverse(&self) {
        self.reversed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn start_as(&self, starting: Starting) {
        *self.starting.lock().unwrap() = starting;
    }

    pub(crate) fn end_as(&self, ending: fn(&str) -> Ending) {
        *self.ending.lock().unwrap() = ending;
    }

    pub(crate) fn fail_next(&self, faults: u64) {
        self.faults.store(faults, Ordering::Relaxed);
    }

    pub(crate) fn hide_list(&self) {
        self.unlisted.store(true, Ordering::Relaxed);
    }

    /// Batches that were taken.
    pub(crate) fn batches(&self) -> usize {
        self.batches.lock().unwrap().len()
    }

    /// Requests in all batches that were taken.
    pub(crate) fn batched(&self) -> usize {
        self.batches.lock().unwrap().iter().map(|batch| batch.requests.len()).sum()
    }

    /// Calls made one by one.
    pub(crate) fn single(&self) -> u64 {
        self.single.load(Ordering::Relaxed)
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    fn respond(&self, incoming: &Incoming<'_>) -> Outgoing {
        let path = incoming.path.strip_prefix("/v1/").unwrap();
        let (path, _query) = path.split_once('?').unwrap_or((path, ""));
        let path: Vec<&str> = path.split('/').collect();
        match (self.speaks, incoming.method, path.as_slice()) {
            (_, "POST", ["chat", "completions"] | ["messages"]) => {
                self.single.fetch_add(1, Ordering::Relaxed);
                let body = serde_json::from_str(incoming.body).unwrap();
                Outgoing::json(200, self.reply(&body).to_string())
            }
            (Speaks::OpenAi, "POST", ["files"]) => {
                let mut files = self.files.lock().unwrap();
                let name = format!("file-{}", files.len());
                let lines: Vec<&str> = incoming.body.lines().filter(|line| line.starts_with('{')).collect();
                files.insert(name.clone(), lines.join("\n"));
                Outgoing::json(200, json!({ "id": name }).to_string())
            }
            (Speaks::OpenAi, "POST", ["batches"]) => {
                let body: Value = serde_json::from_str(incoming.body).unwrap();
                let asked = self.files.lock().unwrap()[body["input_file_id"].as_str().unwrap()].clone();
                let requests = asked.lines().map(|line| {
                    let line: Value = serde_json::from_str(line).unwrap();
                    (line["custom_id"].as_str().unwrap().to_owned(), line["body"].clone())
                });
                self.start(requests.collect(), body["metadata"].clone())
            }
            (Speaks::Anthropic, "POST", ["messages", "batches"]) => {
                let body: Value = serde_json::from_str(incoming.body).unwrap();
                let requests = body["requests"].as_array().unwrap().iter().map(|request| {
                    (request["custom_id"].as_str().unwrap().to_owned(), request["params"].clone())
                });
                self.start(requests.collect(), Value::Null)
            }
            (Speaks::OpenAi, "GET", ["batches"]) | (Speaks::Anthropic, "GET", ["messages", "batches"]) => {
                if self.unlisted.load(Ordering::Relaxed) {
                    return Outgoing::json(404, r#"{"error":{"message":"no such path"}}"#);
                }
                let batches = self.batches.lock().unwrap();
                let data: Vec<Value> = batches.iter().rev().map(|batch| self.state(batch)).collect();
                Outgoing::json(200, json!({ "data": data, "has_more": false }).to_string())
            }
            (_, "GET", ["batches", id] | ["messages", "batches", id]) => {
                self.polls.fetch_add(1, Ordering::Relaxed);
                self.unless_faulty(|| {
                    let batches = self.batches.lock().unwrap();
                    match batches.iter().find(|batch| batch.id == **id) {
                        Some(batch) => Outgoing::json(200, self.state(batch).to_string()),
                        None => Outgoing::json(404, r#"{"error":{"message":"no such batch"}}"#),
                    }
                })
            }
            (_, "GET", ["files", id, "content"] | ["messages", "batches", id, "results"]) => self
                .unless_faulty(|| {
                    let (id, of_errors) = match id.strip_prefix("errors-") {
                        Some(id) => (id, true),
                        None => (*id, false),
                    };
                    Outgoing::json(200, self.results(id, of_errors))
                }),
            other => panic!("{other:?}"),
        }
    }

    /// One fault is a failing server, the next a connection that breaks.
    fn unless_faulty(&self, answer: impl FnOnce() -> Outgoing) -> Outgoing {
        let left = self.faults.load(Ordering::Relaxed);
        if left == 0 {
            return answer();
        }
        self.faults.store(left - 1, Ordering::Relaxed);
        if left.is_multiple_of(2) { Outgoing::json(500, "{}") } else { Outgoing::none() }
    }

    fn start(&self, requests: Vec<(String, Value)>, mark: Value) -> Outgoing {
        let starting = *self.starting.lock().unwrap();
        match starting {
            Starting::Refused(status) => {
                return Outgoing::json(status, r#"{"error":{"message":"not today"}}"#);
            }
            Starting::LostOnTheWay => return Outgoing::none(),
            Starting::Confirmed | Starting::TakenUnheard => {}
        }
        let mut batches = self.batches.lock().unwrap();
        let made_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let id = format!("batch_{}", batches.len());
        batches.push(Batch { id, made_at, mark, requests });
        match starting {
            Starting::TakenUnheard => Outgoing::none(),
            _ => Outgoing::json(200, self.state(&batches[batches.len() - 1]).to_string()),
        }
    }

    fn state(&self, batch: &Batch) -> Value {
        let Batch { id, made_at, mark, requests } = batch;
        let done = self.done.load(Ordering::Relaxed);
        let total = requests.len();
        match self.speaks {
            Speaks::OpenAi => json!({
                "id": id, "created_at": made_at, "metadata": mark,
                "status": if done { "completed" } else { "in_progress" },
                "output_file_id": done.then_some(id),
                "error_file_id": done.then(|| format!("errors-{id}")),
                "request_counts": { "total": total, "completed": total / 4, "failed": 0 },
            }),
            Speaks::Anthropic => {
                let left = if done { 0 } else { total - total / 4 };
                json!({
                    "id": id, "created_at": "2099-01-01T00:00:00Z",
                    "processing_status": if done { "ended" } else { "in_progress" },
                    "request_counts": {
                        "processing": left, "succeeded": total - left, "errored": 0, "canceled": 0, "expired": 0,
                    },
                })
            }
        }
    }

    fn results(&self, id: &str, of_errors: bool) -> String {
        let batches = self.batches.lock().unwrap();
        let batch = batches.iter().find(|batch| batch.id == id).unwrap();
        let ending = *self.ending.lock().unwrap();
        let line = |(name, body): &(String, Value)| {
            let ending = ending(&body.to_string());
            let fails = ending != Ending::Answered;
            if ending == Ending::Absent || (self.speaks == Speaks::OpenAi && fails != of_errors) {
                return None;
            }
            Some(self.line(name, body, ending).to_string() + "\n")
        };
        let mut lines: Vec<String> = batch.requests.iter().filter_map(line).collect();
        if self.reversed.load(Ordering::Relaxed) {
            lines.reverse();
        }
        lines.concat()
    }

    fn line(&self, name: &str, body: &Value, ending: Ending) -> Value {
        let error = json!({ "message": "the request failed", "type": "api_error" });
        match (self.speaks, ending) {
            (Speaks::OpenAi, Ending::Answered) => json!({
                "custom_id": name, "error": null,
                "response": { "status_code": 200, "request_id": "r", "body": self.reply(body) },
            }),
            (Speaks::OpenAi, Ending::Failed(status)) => json!({
                "custom_id": name, "error": null,
                "response": { "status_code": status, "request_id": "r", "body": { "error": error } },
            }),
            (Speaks::OpenAi, _) => json!({
                "custom_id": name, "response": null,
                "error": { "code": "batch_expired", "message": "it was not answered within 24 hours" },
            }),
            (Speaks::Anthropic, Ending::Answered) => json!({
                "custom_id": name, "result": { "type": "succeeded", "message": self.reply(body) },
            }),
            (Speaks::Anthropic, Ending::Failed(_)) => json!({
                "custom_id": name,
                "result": { "type": "errored", "error": { "type": "error", "error": error } },
            }),
            (Speaks::Anthropic, Ending::Cancelled) => {
                json!({ "custom_id": name, "result": { "type": "canceled" } })
            }
            (Speaks::Anthropic, _) => json!({ "custom_id": name, "result": { "type": "expired" } }),
        }
    }

    /// What the model answers.
    fn reply(&self, body: &Value) -> Value {
        let text = if body.to_string().contains("good answer") { "yes" } else { "fine" };
        match self.speaks {
            Speaks::OpenAi => serde_json::from_str(&completion(text)).unwrap(),
            Speaks::Anthropic => json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test",
                "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn",
                "usage": { "input_tokens": 12, "output_tokens": 3 },
            }),
        }
    }
}
