//! Bad input: one clear message each, the right exit code, and nothing lost.

use crate::models::server::{Behaviour, Server};

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
    assert!(ended.messages.contains("same key, 0"), "{}", ended.messages);
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
