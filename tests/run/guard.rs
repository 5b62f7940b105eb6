//! A guard that answers in a form of its own, as the book has it.

use std::sync::Arc;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{Project, repository};

/// The book's example.
fn example() -> String {
    let page = std::fs::read_to_string(repository().join("docs/models.md")).unwrap();
    let start = page.find("pipeline example.guard").unwrap();
    page[start..].split("\n```").next().unwrap().to_owned() + "\n"
}

#[test]
fn the_example_of_the_book_passes_its_test() {
    let project = Project::new().with("guard.tgp", &example());
    let tested = project.tgp("test guard.tgp").complete();
    assert!(tested.out.contains("1 passed, 0 failed"), "{}", tested.out);
}

/// The guard says `safe` of one answer and `unsafe` of the other; of what it says in no form of its
/// own, no verdict is made.
#[test]
fn a_guard_over_chat_is_a_classifier() {
    let answering = |bread: &'static str| {
        Server::start(Behaviour {
            respond: Arc::new(move |incoming| {
                let guards = incoming.body.contains("guard-model");
                // The guard is shown the conversation as turns.
                assert!(!guards || incoming.body.contains(r#""role":"assistant""#), "{}", incoming.body);
                Outgoing::json(
                    200,
                    completion(match incoming.body.contains("bread") {
                        _ if !guards => "Here you are.",
                        true => bread,
                        false => "\n\nunsafe\nS2,S14",
                    }),
                )
            }),
            ..Behaviour::default()
        })
    };
    let run = |bread: &'static str| {
        let server = answering(bread);
        let project = Project::new().on(&server).with("guard.tgp", &example());
        let ran =
            project.tgp("run guard.tgp --json --bind targets=openai/gpt-4o --bind guard=openai/guard-model");
        (ran.code, ran.node("verdicts", "failed"), ran.out)
    };
    let (code, failed, out) = run("safe");
    assert_eq!((code, failed), (0, 0.into()), "{out}");
    assert!(out.contains("0.5"), "{out}");
    let (code, failed, out) = run("I would rather not say.");
    assert_eq!((code, failed), (3, 1.into()), "{out}");
}
