//! What did not change costs nothing.

use std::sync::Arc;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

pub(crate) const BIND: &str = "--bind targets=openai/one --bind critic=openai/critic";

/// Answers questions with words and judgements with `yes`.
pub(crate) fn answering() -> Behaviour {
    Behaviour {
        respond: Arc::new(|incoming| {
            let judging = incoming.body.contains("good answer");
            Outgoing::json(200, completion(if judging { "yes" } else { "fine" }))
        }),
        ..Behaviour::default()
    }
}

pub(crate) fn paid(count: usize, server: &Server) -> Project {
    Project::new().on(server).with("paid.tgp", PAID).with("items.jsonl", &questions(count))
}

#[test]
fn every_row_is_asked_once_and_never_again() {
    let server = Server::start(answering());
    let project = paid(300, &server);
    let first = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(first.node("answers", "calls"), 300);
    assert_eq!(first.node("verdicts", "calls"), 300);
    assert_eq!(server.requests(), 600);

    let second = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 600);
    for node in ["items", "answers", "verdicts", "quality"] {
        assert_eq!(second.node(node, "known"), true, "{node}");
    }
}

#[test]
fn a_packed_source_that_was_not_touched_is_known() {
    let server = Server::start(answering());
    let project = paid(20, &server);
    let packed = zstd::bulk::compress(questions(20).as_bytes(), 1).unwrap();
    project.write("items.jsonl", &packed);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let second = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(second.node("items", "known"), true);
    assert_eq!(server.requests(), 40);
}

#[test]
fn a_changed_judge_is_asked_alone() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.edit("paid.tgp", "Is this a good answer", "Would you call this a good answer");
    let again = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 150);
    assert_eq!(again.node("answers", "known"), true);
    assert_eq!(again.node("verdicts", "calls"), 50);
}

#[test]
fn an_added_model_is_asked_alone() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let bind = "--bind targets=openai/one,openai/two --bind critic=openai/critic";
    let again = project.tgp(&format!("run paid.tgp --json {bind}")).complete();
    assert_eq!(again.node("answers", "calls"), 50);
    // The judge sees the same question and reply again, and was paid for that already.
    assert_eq!(again.node("verdicts", "calls"), 0);
    assert_eq!(again.node("quality", "rows"), 2);
    assert_eq!(server.requests(), 150);
}

#[test]
fn layout_and_names_are_free() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.edit("paid.tgp", "verdicts", "opinions");
    project.edit("paid.tgp", "items {", "cases   {   # the questions");
    project.edit("paid.tgp", "from items", "from cases");
    project.tgp("fmt paid.tgp").complete();
    let again = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 100);
    assert_eq!(again.node("opinions", "known"), true);
}

#[test]
fn a_new_row_asks_its_own_calls() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let more = format!("{{\"n\": 99, \"question\": \"And now?\"}}\n{}", questions(50));
    project.write("items.jsonl", more.as_bytes());
    let again = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 102);
    assert_eq!(again.node("answers", "rows"), 51);
}

#[test]
fn a_plan_counts_calls_and_makes_none() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    let plan = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    assert!(plan.out.contains("50 calls"), "{}", plan.out);
    assert_eq!(server.requests(), 0);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.edit("paid.tgp", "Is this a good answer", "Would you call this a good answer");
    let plan = project.tgp(&format!("plan paid.tgp --json {BIND}")).complete();
    let verdicts = plan.events().into_iter().find(|node| node["node"] == "verdicts").unwrap();
    assert_eq!(verdicts["calls"], 50);
    assert_eq!(verdicts["told"][0], "judge prompt changed at line 18", "{verdicts}");
    assert!(verdicts["why"][0]["text"]["is"][0].as_str().unwrap().contains("Would you call"), "{verdicts}");
    assert_eq!(server.requests(), 100);
}

#[test]
fn a_run_that_asks_nobody_is_served_from_the_record() {
    let server = Server::start(answering());
    let project = paid(20, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    std::fs::remove_dir_all(project.path(".tgp/index")).unwrap();
    std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
    drop(server);
    let offline = project.tgp(&format!("run paid.tgp --offline {BIND}")).complete();
    assert!(offline.messages.contains("warning"), "{}", offline.messages);
}

#[test]
fn a_lost_chunk_is_made_again_and_nothing_is_paid_twice() {
    let server = Server::start(answering());
    let project = paid(20, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    // Lists of chunks are short objects, and stay; the rows go.
    let lose = || {
        let pack = project.path(".tgp/objects/000001.pack");
        let mut bytes = std::fs::read(&pack).unwrap();
        let (mut at, mut lost) = (0, 0);
        while let Some(head) = bytes.get(at..at + 48) {
            let begins = at + head.len();
            at = begins + u32::from_le_bytes(head[40..44].try_into().unwrap()) as usize;
            if at - begins > 200 {
                bytes[begins..at].fill(0);
                lost += 1;
            }
        }
        assert!(lost >= 3);
        std::fs::write(&pack, bytes).unwrap();
    };
    // A node that works again finds that the rows of a known table are gone.
    lose();
    project.edit("paid.tgp", "metric good =", "metric fine =");
    project.edit("paid.tgp", "missing excluded", "missing zero");
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    // Rows that are only to be shown: that is told, and they are there again after the next run.
    lose();
    let shown = project.tgp(&format!("show paid.tgp items {BIND}"));
    assert!(shown.code != 0 && shown.messages.contains("run again"), "{}", shown.messages);
    project.tgp(&format!("show paid.tgp items {BIND}")).complete();
    assert_eq!(server.requests(), 40);
}

#[test]
fn a_limit_of_calls_keeps_what_was_paid_for() {
    let server = Server::start(answering());
    let project = paid(50, &server);
    let stopped = project.tgp(&format!("run paid.tgp --max-calls 30 {BIND}"));
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    assert!(
        stopped.messages.contains("30 calls went out, as many as --max-calls allows"),
        "{}",
        stopped.messages
    );
    assert_eq!(server.requests(), 30);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert_eq!(server.requests(), 100);
}
