//! `--batch`: handed in, left, come back to, taken in.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::models::server::{Behaviour, Incoming, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

const BIND: &str = "--bind targets=openai/gpt-4o --bind critic=openai/gpt-4.1";

/// OpenAI's files and batches, as far as they matter.
#[derive(Default)]
struct Batching {
    files: Mutex<BTreeMap<String, String>>,
    batches: AtomicU64,
    /// Whether batches have ended.
    done: AtomicBool,
    /// Calls made one by one.
    single: AtomicU64,
}

impl Batching {
    fn server(self: &Arc<Batching>) -> Server {
        let batching = self.clone();
        Server::start(Behaviour {
            respond: Arc::new(move |incoming| batching.respond(incoming)),
            ..Behaviour::default()
        })
    }

    fn respond(&self, incoming: &Incoming<'_>) -> Outgoing {
        let path = incoming.path.strip_prefix("/v1/").unwrap();
        let mut files = self.files.lock().unwrap();
        match (incoming.method, path.split('/').collect::<Vec<_>>().as_slice()) {
            ("POST", ["chat", "completions"]) => {
                self.single.fetch_add(1, Ordering::Relaxed);
                Outgoing::json(200, completion("yes"))
            }
            ("POST", ["files"]) => {
                let name = format!("file-{}", files.len());
                let lines: Vec<&str> = incoming.body.lines().filter(|line| line.starts_with('{')).collect();
                files.insert(name.clone(), lines.join("\n"));
                Outgoing::json(200, format!(r#"{{"id":"{name}"}}"#))
            }
            ("POST", ["batches"]) => {
                let body: Value = serde_json::from_str(incoming.body).unwrap();
                let number = self.batches.fetch_add(1, Ordering::Relaxed);
                let asked = files[body["input_file_id"].as_str().unwrap()].clone();
                let answers = asked.lines().map(|line| {
                    let line: Value = serde_json::from_str(line).unwrap();
                    let name = line["custom_id"].as_str().unwrap();
                    let judging = line["body"].to_string().contains("good answer");
                    let body = completion(if judging { "yes" } else { "fine" });
                    format!(r#"{{"custom_id":"{name}","response":{{"status_code":200,"body":{body}}},"error":null}}"#)
                });
                let answers: Vec<String> = answers.collect();
                files.insert(format!("out-{number}"), answers.join("\n"));
                Outgoing::json(200, format!(r#"{{"id":"batch_{number}","status":"validating"}}"#))
            }
            ("GET", ["batches", id]) => {
                let number = id.strip_prefix("batch_").unwrap();
                let status = if self.done.load(Ordering::Relaxed) { "completed" } else { "in_progress" };
                Outgoing::json(
                    200,
                    format!(
                        r#"{{"id":"{id}","status":"{status}","output_file_id":"out-{number}","request_counts":{{"total":20,"completed":5,"failed":0}}}}"#
                    ),
                )
            }
            ("GET", ["files", name, "content"]) => Outgoing::json(200, files[*name].clone()),
            other => panic!("{other:?}"),
        }
    }
}

fn project(server: &Server) -> Project {
    Project::new().on(server).with("paid.tgp", PAID).with("items.jsonl", &questions(20))
}

#[test]
fn a_run_in_batches_gives_what_a_live_run_gives_at_half_the_price() {
    let batching = Arc::new(Batching::default());
    batching.done.store(true, Ordering::Relaxed);
    let server = batching.server();
    let project = project(&server);
    let ran = project.tgp(&format!("run paid.tgp --json --batch {BIND}")).complete();
    assert_eq!(batching.batches.load(Ordering::Relaxed), 2, "one for the answers, one for the verdicts");
    assert_eq!(batching.single.load(Ordering::Relaxed), 0);
    assert_eq!((ran.node("answers", "calls"), ran.node("verdicts", "calls")), (20.into(), 20.into()));
    assert_eq!((ran.node("answers", "rows"), ran.node("answers", "failed")), (20.into(), 0.into()));
    // 12 tokens at $2.50 a million and 3 at $10, halved.
    assert_eq!(ran.node("answers", "microdollars"), 20 * 30);
    assert!(
        ran.messages.contains("20 calls to openai/gpt-4o handed in as batch batch_0"),
        "{}",
        ran.messages
    );

    // The replies have the keys of live calls.
    let live = project.tgp(&format!("run paid.tgp --json --refresh answers {BIND}")).complete();
    assert_eq!(live.node("answers", "recorded"), 20);
    assert_eq!(batching.single.load(Ordering::Relaxed), 0);
    assert!(std::fs::read_dir(project.path(".tgp/pending")).unwrap().next().is_none());
}

#[test]
fn a_batch_survives_the_program() {
    let batching = Arc::new(Batching::default());
    let server = batching.server();
    let project = project(&server);
    let mut first = project.start(&format!("run paid.tgp --batch {BIND}"));
    while batching.batches.load(Ordering::Relaxed) == 0 || !has_id(&project) {
        std::thread::sleep(Duration::from_millis(10));
    }
    first.kill().unwrap();
    first.wait().unwrap();

    // A live run must not pay for what a batch is paid for.
    let live = project.tgp(&format!("run paid.tgp --json {BIND}"));
    assert_eq!(live.code, 3, "{}", live.messages);
    assert_eq!(batching.single.load(Ordering::Relaxed), 0);

    batching.done.store(true, Ordering::Relaxed);
    let ran = project.tgp(&format!("run paid.tgp --json --batch {BIND}")).complete();
    assert_eq!(batching.batches.load(Ordering::Relaxed), 2);
    assert_eq!(ran.node("verdicts", "failed"), 0);
    assert!(
        ran.messages.contains("20 replies of openai/gpt-4o taken in from batch batch_0"),
        "{}",
        ran.messages
    );
}

/// Whether the note of a batch holds the provider's name for it.
fn has_id(project: &Project) -> bool {
    let Ok(entries) = std::fs::read_dir(project.path(".tgp/pending")) else { return false };
    let whole =
        entries.filter_map(Result::ok).filter(|entry| entry.path().extension().is_some_and(|it| it == "zst"));
    whole.into_iter().any(|entry| {
        let packed = std::fs::read(entry.path()).unwrap_or_default();
        let text = zstd::decode_all(&*packed).unwrap_or_default();
        String::from_utf8_lossy(&text).contains("batch_0")
    })
}

#[test]
fn what_was_perhaps_handed_in_is_not_handed_in_again() {
    let batching = Arc::new(Batching::default());
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| match incoming.path {
            "/v1/batches" => Outgoing::json(500, "{}"),
            _ => batching.respond(incoming),
        }),
        ..Behaviour::default()
    });
    let project = project(&server);
    let unclear = project.tgp(&format!("run paid.tgp --batch {BIND}"));
    assert_eq!(unclear.code, 3, "{}", unclear.messages);
    assert!(unclear.messages.contains("is not known"), "{}", unclear.messages);
    let asked = server.requests();
    let again = project.tgp(&format!("run paid.tgp --batch {BIND}"));
    assert_eq!(again.code, 3);
    assert_eq!(server.requests(), asked, "{}", again.messages);
}

#[test]
fn what_takes_no_batches_is_asked_live() {
    let batching = Arc::new(Batching::default());
    let server = batching.server();
    let project = project(&server);
    let toml = format!("[endpoints.vllm]\nbase_url = \"{}\"\n", server.base_url());
    project.write("tgp.toml", toml.as_bytes());
    let bind = "--bind targets=vllm/m --bind critic=vllm/critic";
    project.tgp(&format!("run paid.tgp --batch {bind}")).complete();
    assert_eq!(batching.single.load(Ordering::Relaxed), 40);
}
