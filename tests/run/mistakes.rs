//! Bad input: one clear message each, the right exit code, and nothing lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

const BIND: &str = "--bind targets=openai/one --bind critic=openai/critic";

#[test]
fn a_file_that_is_not_text() {
    let project = Project::new();
    project.write("bad.tgp", b"pipeline a @ 1.0.0\n\xff\xfe");
    let ended = project.tgp("check bad.tgp");
    assert_eq!(ended.code, 1);
    assert!(ended.messages.contains("line 2 is not UTF-8"), "{}", ended.messages);
}

#[test]
fn an_empty_file() {
    let ended = Project::new().with("empty.tgp", "").tgp("run empty.tgp");
    assert_eq!(ended.code, 1);
    assert!(ended.messages.contains("header"), "{}", ended.messages);
}

#[test]
fn a_file_that_is_not_there() {
    let ended = Project::new().tgp("run nowhere.tgp");
    assert_eq!(ended.code, 1);
    assert!(ended.messages.contains("nowhere.tgp"), "{}", ended.messages);
}

#[test]
fn a_broken_line_of_data_is_named() {
    let server = Server::start(Behaviour::default());
    let broken = format!("{}{{\"n\": 5, \"question\"\n{}", questions(3), "{\"n\": 9, \"question\": \"x\"}\n");
    let project = Project::new().on(&server).with("paid.tgp", PAID).with("items.jsonl", &broken);
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("line 4"), "{}", ended.messages);
    assert_eq!(server.requests(), 0);

    project.edit("paid.tgp", "question: text }", "question: text } on_error skip");
    let kept = project.tgp(&format!("run paid.tgp --json {BIND}"));
    assert_eq!(kept.code, 3, "{}", kept.messages);
    assert_eq!(kept.node("items", "rows"), 5);
    assert_eq!(kept.node("items", "failed"), 1);
    assert_eq!(kept.node("answers", "rows"), 4);
    let failures = project.tgp(&format!("show paid.tgp items --failures {BIND}")).complete();
    assert!(failures.out.contains("line 4"), "{}", failures.out);
}

#[test]
fn a_missing_field_is_named() {
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", "{\"n\": 1}\n");
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("line 1") && ended.messages.contains("question"), "{}", ended.messages);
}

#[test]
fn two_rows_of_one_key() {
    let twice = format!("{}{}", questions(2), questions(1));
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", &twice);
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("1 row of `items` has the same key"), "{}", ended.messages);
}

#[test]
fn a_server_that_is_not_there_leaves_rows_to_try_again() {
    let project = Project::new().at("http://127.0.0.1:9/v1").with("paid.tgp", PAID);
    project.write("items.jsonl", questions(3).as_bytes());
    project.write("tgp.toml", b"[endpoints.openai]\nattempts = 1\noutage_seconds = 0\n");
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 3, "{}", ended.messages);
    assert!(ended.messages.contains("--failures"), "{}", ended.messages);
    let failures = project.tgp(&format!("show paid.tgp answers --failures {BIND}")).complete();
    assert!(failures.out.contains("failed"), "{}", failures.out);
}

#[test]
fn a_model_without_a_binding() {
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", &questions(1));
    let ended = project.tgp("run paid.tgp");
    assert_eq!(ended.code, 1, "{}", ended.messages);
    assert!(ended.messages.contains("`targets`") && ended.messages.contains("--bind"), "{}", ended.messages);
}

#[test]
fn several_mistakes_are_told_at_once() {
    let project = Project::new().with("paid.tgp", PAID);
    project.edit("paid.tgp", "user question", "user qestion");
    project.edit("paid.tgp", "rate(good)", "rate(gud)");
    let ended = project.tgp("check paid.tgp");
    assert_eq!(ended.code, 1);
    assert!(
        ended.messages.contains("did you mean") || ended.messages.contains("`question`"),
        "{}",
        ended.messages
    );
    assert!(ended.messages.contains("qestion") && ended.messages.contains("gud"), "{}", ended.messages);
}

#[test]
fn a_wrong_command_line() {
    assert_eq!(Project::new().tgp("run").code, 1);
    assert_eq!(Project::new().tgp("fly paid.tgp").code, 1);
    assert_eq!(Project::new().tgp("--help").code, 0);
}

/// What a run says of a data file, and that it asked for nothing.
fn told(format: &str, name: &str, bytes: Option<&[u8]>) -> String {
    let server = Server::start(Behaviour::default());
    let text = PAID.replace("jsonl \"items.jsonl\"", &format!("{format} \"{name}\""));
    let project = Project::new().on(&server).with("paid.tgp", &text);
    if let Some(bytes) = bytes {
        project.write(name, bytes);
    }
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 2, "{name}: {}", ended.messages);
    assert_eq!(server.requests(), 0, "{name}");
    assert_eq!(ended.messages.matches("error:").count(), 1, "{}", ended.messages);
    ended.messages
}

#[test]
fn a_data_file_that_cannot_be_read_is_told_in_one_sentence() {
    use std::io::Write;

    let text = questions(3000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let mut damaged = gzip.clone();
    damaged[60..70].fill(0xff);
    let latin = [questions(4).as_bytes(), b"{\"n\": 4, \"question\": \"caf\xe9\"}\n"].concat();
    let wide: Vec<u8> = "\u{feff}{\"n\": 1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(&str, &str, Option<&[u8]>, &str)] = &[
        ("jsonl", "none.jsonl", None, "`none.jsonl` is not there"),
        ("jsonl", "empty.jsonl", Some(b""), "`empty.jsonl` holds no records"),
        ("csv", "empty.csv", Some(b""), "its first line must name the columns"),
        ("csv", "head.csv", Some(b"n,question\n"), "`head.csv` holds no records"),
        ("json", "empty.json", Some(b"[]"), "`empty.json` holds no records"),
        ("parquet", "x.parquet", Some(b""), "`x.parquet` is no Parquet file"),
        ("parquet", "x.parquet", Some(b"PAR1 and then nothing"), "cut short or damaged"),
        ("jsonl", "latin.jsonl", Some(&latin), "on line 5 that is not UTF-8"),
        ("jsonl", "wide.jsonl", Some(&wide), "is UTF-16 text"),
        ("jsonl", "a.jsonl.gz", Some(&gzip[..gzip.len() / 2]), "packed with gzip, and cut short"),
        ("jsonl", "a.jsonl.gz", Some(&damaged), "packed with gzip, and damaged"),
        ("jsonl", "a.jsonl.zst", Some(&zstd[..zstd.len() / 2]), "packed with zstd, and cut short"),
        ("csv", "open.csv", Some(b"n,question\n1,\"a\n2,b\n"), "begins on line 2 which is never closed"),
        ("csv", "cells.csv", Some(b"n,question\n1,a\n2\n"), "line 3: has 1 cells"),
        ("csv", "name.csv", Some(b"n,quetsion\n1,a\n"), "has no column `question`; it has `n`, `quetsion`"),
        ("jsonl", "name.jsonl", Some(b"{\"n\": 1, \"quetsion\": \"a\"}\n"), "did you mean `quetsion`?"),
        ("jsonl", "kind.jsonl", Some(b"{\"n\": \"x\", \"question\": \"a\"}\n"), "expected int, found text"),
        ("jsonl", "array.jsonl", Some(b"[\n{\"n\": 1}\n]\n"), "read with `read json`"),
        ("jsonl", "cells.jsonl", Some(b"n,question\n1,a\n"), "read with `read csv`"),
        ("json", "broken.json", Some(b"[{\"n\": 1},\n{\"n\" 2}]"), "from line 2 on: not JSON"),
        ("yaml", "broken.yaml", Some(b"- n: 1\n  question: \"a\n"), "not YAML: unclosed quote"),
    ];
    for (format, name, bytes, wanted) in cases {
        let messages = told(format, name, *bytes);
        assert!(messages.contains(wanted), "{wanted}:\n{messages}");
    }
}

#[test]
fn what_was_paid_for_before_a_broken_line_is_kept() {
    let server = Server::start(Behaviour::default());
    let whole = questions(6000);
    let broken = format!("{whole}{{\"n\": 6000\n");
    let project = Project::new().on(&server).with("paid.tgp", PAID).with("items.jsonl", &broken);
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(ended.code, 2, "{}", ended.messages);
    project.write("items.jsonl", whole.as_bytes());
    let mended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert!(matches!(mended.code, 0 | 3), "{}", mended.messages);
    // Whatever was answered before the line was reached is not asked for again.
    assert_eq!(server.requests() as usize, server.by_body().len());
}

#[test]
fn a_server_that_speaks_something_else_leaves_rows_to_try_again() {
    let answers: [(u16, &str); 3] =
        [(200, "<html>a page</html>"), (200, "{\"object\": \"list\"}"), (404, "{\"detail\": \"Not Found\"}")];
    for (status, body) in answers {
        let server = Server::start(Behaviour::answering(status, body));
        let project = Project::new().on(&server).with("paid.tgp", PAID);
        project.write("items.jsonl", questions(2).as_bytes());
        project.write("tgp.toml", b"[endpoints.openai]\nattempts = 1\noutage_seconds = 0\n");
        let ended = project.tgp(&format!("run paid.tgp {BIND}"));
        assert_eq!(ended.code, 3, "{body}: {}", ended.messages);
        let failures = project.tgp(&format!("show paid.tgp answers --failures {BIND}")).complete();
        assert_eq!(failures.out.matches("failed").count(), 2, "{body}: {}", failures.out);
    }
}

#[test]
fn a_key_that_is_not_set_is_told_before_anything_is_asked() {
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", &questions(1));
    let ended = project.tgp("run paid.tgp --bind targets=anthropic/one --bind critic=anthropic/critic");
    assert_eq!(ended.code, 1, "{}", ended.messages);
    assert!(ended.messages.contains("ANTHROPIC_API_KEY"), "{}", ended.messages);
}

/// A wrong key, a model that is not there, an account without credit: every call would be refused.
#[test]
fn an_endpoint_that_refuses_every_call_is_left_alone_and_the_reason_told_once() {
    let refusals = [
        (401, r#"{"error":{"message":"Incorrect API key provided"}}"#, "look at the key from OPENAI_API_KEY"),
        (404, r#"{"error":{"message":"no such model"}}"#, "look at the model's name `one`"),
        (
            429,
            r#"{"error":{"message":"no credit","code":"insufficient_quota"}}"#,
            "look at the account's credit",
        ),
    ];
    for (status, body, help) in refusals {
        let is_mended = Arc::new(AtomicBool::new(false));
        let mended = is_mended.clone();
        let server = Server::start(Behaviour {
            respond: Arc::new(move |_| match mended.load(Ordering::Relaxed) {
                true => Outgoing::json(200, completion("fine")),
                false => Outgoing::json(status, body),
            }),
            ..Behaviour::default()
        });
        let project = Project::new()
            .on(&server)
            .with("paid.tgp", PAID)
            .with("items.jsonl", &questions(400))
            .with("tgp.toml", "[endpoints.openai]\noutage_seconds = 0\n");
        let run = || project.tgp(&format!("run paid.tgp --json --only answers {BIND}"));
        let ended = run();
        assert_eq!(ended.code, 3, "{}", ended.messages);
        let asked = server.requests();
        assert!(asked < 100, "{asked} requests");
        assert_eq!(ended.messages.matches("openai/one was left alone").count(), 1, "{}", ended.messages);
        assert!(ended.messages.contains(&format!("({status})")), "{}", ended.messages);
        assert!(ended.messages.contains(help), "{}", ended.messages);
        is_mended.store(true, Ordering::Relaxed);
        assert_eq!(run().complete().node("answers", "failed"), 0);
        assert_eq!(server.requests() - asked, 400);
    }
}

/// What is refused for what a row asks says nothing of the others.
#[test]
fn a_refusal_of_some_rows_leaves_the_others_alone() {
    let respond = |incoming: &crate::models::server::Incoming<'_>| match incoming.body.contains("What is 1") {
        true => Outgoing::json(404, r#"{"error":{"message":"not this one"}}"#),
        false => Outgoing::json(200, completion("fine")),
    };
    let server = Server::start(Behaviour { respond: Arc::new(respond), ..Behaviour::default() });
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(200))
        .with("tgp.toml", "[endpoints.openai]\nconcurrency = 1\n");
    // The first one is answered, and then many are refused one after the other.
    let ended = project.tgp(&format!("run paid.tgp --json --only answers {BIND}"));
    assert_eq!(ended.node("answers", "failed"), 111, "{}", ended.messages);
    assert_eq!(server.requests(), 200);
    assert!(!ended.messages.contains("left alone"), "{}", ended.messages);
}

/// What is missing is room, and not the model's sense for JSON.
#[test]
fn an_answer_that_was_cut_is_told_as_cut() {
    let cut =
        completion("{\"is_good\": tr").replace("\"finish_reason\":\"stop\"", "\"finish_reason\":\"length\"");
    let server = Server::start(Behaviour::answering(200, &cut));
    let paid = PAID.replace("returns yes | no\n  } == yes", "returns { is_good: bool }\n  }.is_good");
    let project = Project::new().on(&server).with("paid.tgp", &paid).with("items.jsonl", &questions(1));
    project.tgp(&format!("run paid.tgp {BIND}"));
    let shown = project.tgp(&format!("show paid.tgp verdicts --failures {BIND}")).out;
    assert!(shown.contains("cut at the length limit, which a larger `max_tokens` moves"), "{shown}");
}

/// Such as a setting that a model does not take.
#[test]
fn where_no_call_is_answered_the_run_says_what_came_back() {
    let body = r#"{"error":{"message":"Unsupported value: temperature must be 1 with this model"}}"#;
    let server = Server::start(Behaviour::answering(400, body));
    let project = Project::new().on(&server).with("paid.tgp", PAID).with("items.jsonl", &questions(30));
    let ended = project.tgp(&format!("run paid.tgp {BIND}"));
    assert_eq!(server.requests(), 30);
    let told =
        "openai/one answered no call; the last: the endpoint refused the request (400): Unsupported value";
    assert!(ended.messages.contains(told), "{}", ended.messages);
}
