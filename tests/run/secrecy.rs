//! After runs with a known key, errors among them, the key is in nothing that was written.

use std::path::Path;
use std::sync::Arc;

use crate::models::server::{Behaviour, Outgoing, Server, completion, header};

use super::project::{PAID, Project, questions};

/// What the tests give as the key of OpenAI.
const KEY: &str = "sk-planted-key-of-the-tests";
const BIND: &str = "--bind targets=openai/one --bind critic=openai/critic";

/// Every file below a folder, unpacked where it is packed.
fn all_text(folder: &Path, out: &mut Vec<u8>) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += all_text(&path, out);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        // Frames of the ledger stand one after the other, with notes of ours between them.
        if let Ok(plain) = zstd::decode_all(&*bytes) {
            out.extend(plain);
        }
        out.extend(bytes);
        files += 1;
    }
    files
}

fn holds(text: &[u8], part: &str) -> bool {
    memchr::memmem::find(text, part.as_bytes()).is_some()
}

#[test]
fn the_key_is_in_no_file_and_no_message() {
    // Some calls are answered, some fail for good; every error repeats the key.
    let server = Server::start(Behaviour {
        respond: Arc::new(|incoming| {
            let key = header(incoming.head, "authorization").unwrap().to_owned();
            assert!(key.contains(KEY));
            if incoming.body.contains("What is 3") {
                Outgoing::json(400, format!(r#"{{"error":{{"message":"{key} may not"}}}}"#))
            } else if incoming.body.contains("What is 4") {
                Outgoing::json(500, format!("<html>{key}</html>"))
            } else {
                Outgoing::json(200, completion("yes"))
            }
        }),
        ..Behaviour::default()
    });
    let toml = "[endpoints.openai]\nattempts = 2\n";
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(8))
        .with("tgp.toml", toml);
    let mut said = Vec::new();
    for command in [
        format!("run paid.tgp --json {BIND}"),
        format!("run paid.tgp {BIND}"),
        format!("run paid.tgp --batch {BIND}"),
        format!("plan paid.tgp {BIND}"),
        format!("models paid.tgp --ping {BIND}"),
        format!("show paid.tgp answers --failures {BIND}"),
        format!("report paid.tgp -o report.html {BIND}"),
        format!("report paid.tgp {BIND}"),
        "cache export all.tgpx".to_owned(),
    ] {
        let ended = project.tgp(&command);
        said.extend(ended.out.into_bytes());
        said.extend(ended.messages.into_bytes());
    }
    let mut written = Vec::new();
    let files = all_text(&project.path(""), &mut written);
    assert!(files > 8, "{files}");
    // The excerpts of the errors are there, so that what is searched is what holds them.
    assert!(holds(&written, "[key] may not") || holds(&said, "[key] may not"));
    assert!(holds(&written, "\"reply\""));
    assert!(!holds(&written, KEY), "a file holds the key");
    assert!(!holds(&said, KEY), "{}", String::from_utf8_lossy(&said));
}
