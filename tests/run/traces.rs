//! A row's way from its source to its verdict.

use std::sync::Arc;

use super::incremental::{BIND, answering, paid};
use super::project::{Project, repository};
use crate::models::server::{Behaviour, Outgoing, Server, completion};

#[test]
fn every_prompt_and_reply_on_the_way_is_told() {
    let server = Server::start(answering());
    let project = paid(5, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let asked = server.requests();
    let trace = project.tgp(&format!("trace paid.tgp verdicts n==3 {BIND}")).complete().out;
    let parts = [
        "items  curate · paid.tgp:7 · row 4 of items.jsonl",
        "question  What is 3 and 3?",
        "answers  query",
        "asked openai/one",
        "      What is 3 and 3?",
        "test-2024",
        "12 + 3 tokens",
        "      fine",
        "verdicts  judge",
        "asked openai/critic",
        "Is this a good answer to What is 3 and 3?: fine",
        "      yes",
        "good  true",
    ];
    let mut from = 0;
    for part in parts {
        let at = trace[from..].find(part).unwrap_or_else(|| panic!("{part} after {from}:\n{trace}"));
        from += at;
    }
    assert!(!trace.contains("sk-planted-key"), "{trace}");
    assert_eq!(server.requests(), asked);
}

#[test]
fn what_was_repaired_in_an_answer_is_counted_and_told() {
    let fenced = "Sure:\n```json\n{'answer': 'Yes',}\n```";
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| {
            let asked = incoming.body;
            let judging = asked.contains("good answer");
            let text = match judging {
                true if asked.contains("What is 1 and 1?") => fenced,
                true => "{\"answer\": \"yes\"}",
                false => "fine",
            };
            Outgoing::json(200, completion(text))
        }),
        ..Behaviour::default()
    });
    let project = paid(3, &server);
    let first = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(first.node("verdicts", "repaired"), 1);
    assert_eq!(first.node("answers", "repaired"), 0);
    let trace = |row: &str| project.tgp(&format!("trace paid.tgp verdicts {row} {BIND}")).complete().out;
    let told = trace("n==1");
    let repairs = "read in spite of a code fence, text around the value, a comma after the last item, \
                   single quotes, a label in another spelling";
    assert!(told.contains(repairs), "{told}");
    assert!(!trace("n==2").contains("read in spite of"));
    let events = project.tgp(&format!("trace paid.tgp verdicts n==1 --json {BIND}")).complete().events();
    let stops = events[0]["stops"].as_array().unwrap();
    assert_eq!(stops.last().unwrap()["exchanges"][0]["repairs"][0], "a code fence");
}

#[test]
fn a_row_is_found_by_its_identity_wherever_it_went() {
    let server = Server::start(answering());
    let project = paid(5, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let rows = project.tgp(&format!("trace paid.tgp verdicts n>=0 -n 9 --json {BIND}")).complete();
    let events = rows.events();
    assert_eq!(events.len(), 5);
    let stops = events[1]["stops"].as_array().unwrap();
    let last = stops.last().unwrap();
    let id = &last["id"].as_str().unwrap()[..10];
    let found = project.tgp(&format!("trace paid.tgp {id} --json {BIND}")).complete().events();
    assert_eq!(found[0]["stops"].as_array().unwrap().last(), Some(last));
    let none = project.tgp(&format!("trace paid.tgp answers ffffffff {BIND}"));
    assert_eq!(none.code, 1);
    assert!(none.messages.contains("no row of `answers` fits `ffffffff`"), "{}", none.messages);
}

#[test]
fn a_way_goes_through_variants_groups_and_joins() {
    let file = r#"pipeline test.way @ 1.0.0

use std.text { reversed }

models targets = [scripted("a") { _ => prompt }]

curate words {
  read jsonl "words.jsonl" as { word: text, kind: text }
  key word
}

curate kinds {
  rows [{ kind = "x", note = "first" }, { kind = "y", note = "second" }]
  key kind
}

generate noted from words {
  join kinds on kind
}

generate kinded from noted {
  group kind { count = count(), words = collect(word) }
}

query answers from kinded to targets {
  user "{{kind}} {{count}}"
}

judge verdicts from answers {
  verdict long: bool = words(reply) > 1
}

measure long from verdicts {
  metric long = rate(long) better higher
  missing excluded
}
"#;
    let words =
        "{\"word\":\"a\",\"kind\":\"x\"}\n{\"word\":\"b\",\"kind\":\"y\"}\n{\"word\":\"c\",\"kind\":\"x\"}\n";
    let file = file.replace("use std.text { reversed }\n\n", "");
    let project = Project::new().with("way.tgp", &file).with("words.jsonl", words);
    project.tgp("run way.tgp").complete();
    let trace = project.tgp("trace way.tgp verdicts kind==\"x\"").complete().out;
    for part in ["words  curate", "kinds  curate", "first", "made of 2 rows", "x 2", "long  true"] {
        assert!(trace.contains(part), "{part}:\n{trace}");
    }
}

#[test]
fn planted_models_are_traced_as_well() {
    let store = tempfile::tempdir().unwrap();
    let mut command = super::project::program();
    command.current_dir(repository()).args(["trace", "pipelines/quickstart.tgp", "verdicts"]);
    command
        .arg("country == \"Albania\" and variant == \"typo\" and model == \"brittle\"")
        .arg("--store")
        .arg(store.path());
    let trace = super::project::Ended::of(command.output().unwrap()).complete().out;
    for part in ["capitals.csv", "variant   typo", "asked brittle", "planted in the file", "correct  "] {
        assert!(trace.contains(part), "{part}:\n{trace}");
    }
}
