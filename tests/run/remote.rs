//! Sources that lie elsewhere: got once, pinned, kept, and refused when they are no longer what
//! was pinned.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tgp::data::row::{Row, RowId};
use tgp::data::schema::{Column, Schema};
use tgp::data::types::Type;
use tgp::data::value::Value;
use tgp::data::write::parquet;

use crate::models::server::{Behaviour, Outgoing, Server};

use super::project::{Project, questions};

/// What a server keeps, by path; it may be changed while the server runs.
type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

fn keeping(files: &[(&str, Vec<u8>)]) -> (Server, Kept) {
    let kept: Kept = Arc::default();
    for (path, bytes) in files {
        kept.lock().unwrap().insert((*path).to_owned(), bytes.clone());
    }
    let shared = Arc::clone(&kept);
    let respond = move |incoming: &crate::models::server::Incoming<'_>| match shared
        .lock()
        .unwrap()
        .get(incoming.path)
    {
        Some(bytes) => Outgoing { status: 200, media_type: "application/octet-stream", body: bytes.clone() },
        None => Outgoing::json(404, r#"{"error":"Repository not found"}"#),
    };
    (Server::start(Behaviour { respond: Arc::new(respond), ..Behaviour::default() }), kept)
}

fn reading(source: &str) -> String {
    format!(
        "pipeline test.remote @ 1.0.0\n\ncurate items {{\n  read {source} as {{ n: int, question: text }}\n  \
         key n\n}}\n"
    )
}

/// A Parquet file of questions, with a column that nobody asks for.
fn table(numbers: std::ops::Range<i64>) -> Vec<u8> {
    let column = |name: &str, kind| Column { name: Arc::from(name), kind, hidden: false };
    let columns = [("n", Type::Int), ("question", Type::Text), ("bulk", Type::Text)];
    let schema = Schema { columns: columns.into_iter().map(|(name, kind)| column(name, kind)).collect() };
    let row = |n: i64| Row {
        id: RowId(0),
        values: vec![Value::Int(n), Value::text(format!("What is {n}?")), Value::text("x".repeat(100))],
        failure: None,
    };
    parquet(&schema, &numbers.map(row).collect::<Vec<_>>()).unwrap()
}

fn lock(project: &Project) -> String {
    std::fs::read_to_string(project.path("tgp.lock")).unwrap()
}

#[test]
fn a_source_on_the_web_is_got_once_and_pinned() {
    let (server, kept) = keeping(&[("/items.jsonl", questions(5).into_bytes())]);
    let address = format!("{}/items.jsonl", server.root());
    let project =
        Project::new().with("remote.tgp", &reading(&format!("jsonl \"{address}\""))).with_cache("cache");
    let first = project.tgp("run remote.tgp --json").complete();
    assert_eq!(first.node("items", "rows"), 5);
    assert!(lock(&project).contains(&address), "{}", lock(&project));
    assert_eq!(server.requests(), 1);

    // What is pinned is not asked about, and it is on this machine.
    kept.lock().unwrap().insert("/items.jsonl".to_owned(), questions(7).into_bytes());
    let again = project.tgp("run remote.tgp --json --offline --refresh items").complete();
    assert_eq!(again.node("items", "rows"), 5);
    assert_eq!(server.requests(), 1);

    // Another machine has the lock and not the copy: it gets what is there, and that has changed.
    let other = Project::new()
        .with("remote.tgp", &reading(&format!("jsonl \"{address}\"")))
        .with("tgp.lock", &lock(&project))
        .with_cache("cache");
    let refused = other.tgp("run remote.tgp");
    assert_eq!(refused.code, 2, "{}", refused.messages);
    assert!(refused.messages.contains("has changed"), "{}", refused.messages);
    assert!(refused.messages.contains(&format!("tgp lock --accept {address}")), "{}", refused.messages);

    let accepted = other.tgp(&format!("lock --accept {address}")).complete();
    assert!(accepted.messages.contains("next run"), "{}", accepted.messages);
    let taken = other.tgp("run remote.tgp --json").complete();
    assert_eq!(taken.node("items", "rows"), 7);
    assert_ne!(lock(&other), lock(&project));
}

#[test]
fn a_packed_source_on_the_web_reads_like_a_plain_one() {
    let packed = zstd::encode_all(questions(2000).as_bytes(), 1).unwrap();
    let (server, _) = keeping(&[("/items.jsonl.zst", packed)]);
    let project = Project::new()
        .with_cache("cache")
        .with("remote.tgp", &reading(&format!("jsonl \"{}/items.jsonl.zst\"", server.root())));
    assert_eq!(project.tgp("run remote.tgp --json").complete().node("items", "rows"), 2000);
}

#[test]
fn a_dataset_of_hugging_face_is_read_by_name_and_revision() {
    let listing = |sha: &str, files: &[&str]| {
        let files: Vec<_> = files.iter().map(|file| serde_json::json!({ "rfilename": file })).collect();
        serde_json::json!({ "id": "lab/sums", "sha": sha, "siblings": files }).to_string().into_bytes()
    };
    let (server, kept) = keeping(&[
        (
            "/api/datasets/lab/sums/revision/refs%2Fconvert%2Fparquet",
            listing(
                "c0ffee",
                &["easy/test/0000.parquet", "easy/test/0001.parquet", "easy/train/0000.parquet"],
            ),
        ),
        ("/datasets/lab/sums/resolve/c0ffee/easy/test/0000.parquet", table(0..30)),
        ("/datasets/lab/sums/resolve/c0ffee/easy/test/0001.parquet", table(30..50)),
        ("/api/datasets/lab/sums/revision/v2", listing("beef", &["data/test-00000-of-00001.parquet"])),
        ("/datasets/lab/sums/resolve/beef/data/test-00000-of-00001.parquet", table(0..3)),
    ]);
    let project = Project::new()
        .with("remote.tgp", &reading("parquet \"hf://lab/sums/easy/test\""))
        .with("tgp.toml", &format!("[data]\nhugging_face = \"{}\"\n", server.root()))
        .with_cache("cache");
    assert_eq!(project.tgp("run remote.tgp --json").complete().node("items", "rows"), 50);
    assert_eq!(server.requests(), 3);
    let pinned = lock(&project);
    assert!(pinned.contains("c0ffee") && pinned.contains("easy/test/0001.parquet"), "{pinned}");
    assert!(!pinned.contains("train"), "{pinned}");

    // The branch moves on; what is pinned stays what is read, got again by its commit.
    kept.lock().unwrap().insert(
        "/api/datasets/lab/sums/revision/refs%2Fconvert%2Fparquet".to_owned(),
        listing("0000", &["easy/test/0000.parquet"]),
    );
    std::fs::remove_dir_all(project.path("cache")).unwrap();
    assert_eq!(project.tgp("run remote.tgp --json --refresh items").complete().node("items", "rows"), 50);
    assert_eq!(server.requests(), 5);

    project.edit("remote.tgp", "hf://lab/sums/easy/test", "hf://lab/sums@v2/default/test");
    assert_eq!(project.tgp("run remote.tgp --json").complete().node("items", "rows"), 3);

    project.edit("remote.tgp", "hf://lab/sums@v2/default/test", "hf://lab/sums@v2/default/dev");
    let absent = project.tgp("run remote.tgp");
    assert_eq!(absent.code, 2);
    assert!(absent.messages.contains("it has default/test"), "{}", absent.messages);

    project.edit("remote.tgp", "hf://lab/sums@v2/default/dev", "hf://lab/sums@v3/default/dev");
    let absent = project.tgp("run remote.tgp");
    assert_eq!(absent.code, 2);
    assert!(absent.messages.contains("no revision `v3`"), "{}", absent.messages);
}

#[test]
fn a_source_that_cannot_be_got_is_told_before_anything_is_asked() {
    let server = Server::start(Behaviour::default());
    let text = super::project::PAID.replace("\"items.jsonl\"", "\"http://127.0.0.1:9/items.jsonl\"");
    let project = Project::new().on(&server).with("paid.tgp", &text).with_cache("cache");
    let ended = project.tgp("run paid.tgp --bind targets=openai/one --bind critic=openai/critic");
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("can't be reached"), "{}", ended.messages);
    assert_eq!(server.requests(), 0);

    let (missing, _) = keeping(&[]);
    project.edit("paid.tgp", "http://127.0.0.1:9", &missing.root());
    let ended = project.tgp("run paid.tgp --bind targets=openai/one --bind critic=openai/critic");
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("status 404"), "{}", ended.messages);
    let ended = project.tgp("run paid.tgp --offline --bind targets=openai/one --bind critic=openai/critic");
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("--offline"), "{}", ended.messages);
    assert!(!project.path("tgp.lock").exists());
}

#[test]
fn a_kept_copy_that_was_changed_is_not_read() {
    let (server, _) = keeping(&[("/items.jsonl", questions(5).into_bytes())]);
    let source = format!("jsonl \"{}/items.jsonl\"", server.root());
    let project = Project::new().with("remote.tgp", &reading(&source)).with_cache("cache");
    project.tgp("run remote.tgp").complete();
    let copy = std::fs::read_dir(project.path("cache/data")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&copy, questions(4)).unwrap();
    let ended = project.tgp("run remote.tgp --refresh items");
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("changed or damaged"), "{}", ended.messages);
    std::fs::remove_file(&copy).unwrap();
    project.tgp("run remote.tgp --refresh items").complete();
}

#[test]
fn an_address_that_is_none_is_refused_by_the_checker() {
    let project = Project::new().with("remote.tgp", &reading("parquet \"hf://gsm8k/test\""));
    let ended = project.tgp("check remote.tgp");
    assert_eq!(ended.code, 1);
    assert!(ended.messages.contains("hf://OWNER/NAME/CONFIG/SPLIT"), "{}", ended.messages);
    project.edit("remote.tgp", "parquet \"hf://gsm8k/test\"", "csv \"hf://a/b/c/d\"");
    assert!(project.tgp("check remote.tgp").messages.contains("read parquet"));
}

#[test]
fn a_server_that_fails_at_first_is_asked_again() {
    let asked = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let respond = move |_: &crate::models::server::Incoming<'_>| match asked
        .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    {
        0 => Outgoing::json(503, "{}"),
        _ => Outgoing::json(200, questions(4)),
    };
    let server = Server::start(Behaviour { respond: Arc::new(respond), ..Behaviour::default() });
    let source = format!("jsonl \"{}/items.jsonl\"", server.root());
    let project = Project::new().with("remote.tgp", &reading(&source)).with_cache("cache");
    assert_eq!(project.tgp("run remote.tgp --json").complete().node("items", "rows"), 4);
    assert_eq!(server.requests(), 2);
}
