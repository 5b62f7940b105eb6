//! Editions: fresh cases that stay as they were made, frozen, and held against each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::project::Project;
use crate::models::server::{Behaviour, Outgoing, Server, completion};

const FILE: &str = r#"pipeline test.fresh @ 2.1.0

dynamic

model author: chat
models targets = [scripted("a") { 0.5 => "yes" _ => "no" }]

curate topics {
  rows 10 { topic = "topic {{i}}" }
}

generate cases from topics {
  let request = ask author { user "Write on {{topic}}" }
}

query answers from cases to targets {
  user request
}

judge verdicts from answers {
  verdict good: bool = reply == "yes"
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  missing excluded
}
"#;

const BIND: &str = "--bind author=openai/author";

/// An author that never writes the same thing twice: three words of ten are its own.
fn fresh() -> (Project, Server) {
    let written = AtomicU64::new(0);
    let respond = move |_: &crate::models::server::Incoming<'_>| {
        let number = written.fetch_add(1, Ordering::SeqCst);
        let text = format!("a{number} b{number} c{number} and seven more words of the same kind");
        Outgoing::json(200, completion(&text))
    };
    let server = Server::start(Behaviour { respond: Arc::new(respond), ..Behaviour::default() });
    let project = Project::new().on(&server).with("fresh.tgp", FILE);
    (project, server)
}

#[test]
fn an_edition_once_made_stays() {
    let (project, server) = fresh();
    let rows = |edition: &str| {
        project.tgp(&format!("run fresh.tgp --quiet --edition {edition} {BIND}")).complete();
        project.tgp(&format!("show fresh.tgp cases --format jsonl --edition {edition} {BIND}")).complete().out
    };
    let june = rows("2026-06");
    let december = rows("2026-12");
    assert_eq!(server.requests(), 20);
    assert_ne!(june, december);
    assert_eq!(rows("2026-06"), june);
    assert_eq!(server.requests(), 20);
    let verified = project.tgp(&format!("verify fresh.tgp --edition 2026-06 {BIND}")).complete();
    assert!(verified.out.contains("10 replies the same"), "{}", verified.out);
    let plan = project.tgp(&format!("plan fresh.tgp --edition 2027-06 {BIND}")).complete();
    assert!(plan.out.contains("edition 2027-06 is new; the last was 2026-06"), "{}", plan.out);
}

#[test]
fn a_frozen_node_is_read_by_another_pipeline() {
    let (project, server) = fresh();
    let early = project.tgp(&format!("freeze fresh.tgp cases --edition 2026-06 -o cases.jsonl {BIND}"));
    assert_eq!(early.code, 2, "{}", early.messages);
    project.tgp(&format!("run fresh.tgp --quiet --edition 2026-06 {BIND}")).complete();
    for format in ["jsonl", "parquet", "csv"] {
        let freeze = format!("freeze fresh.tgp cases --edition 2026-06 -o frozen/cases.{format} {BIND}");
        project.tgp(&freeze).complete();
        let path = project.path(&format!("frozen/cases.{format}.card.toml"));
        let card: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        assert_eq!(card["rows"].as_integer(), Some(10));
        assert_eq!(card["source"]["edition"].as_str(), Some("2026-06"));
        assert_eq!(card["source"]["version"].as_str(), Some("2.1.0"));
        // The card says how it is read, and that is how it is read.
        let read = card["read"].as_str().unwrap();
        let reader = format!("pipeline test.reader @ 1.0.0\n\ncurate cases {{\n{read}}}\n");
        project.write("frozen/reader.tgp", reader.as_bytes());
        let ended = project.tgp("show frozen/reader.tgp cases --format csv --columns request").complete();
        let own = format!("show fresh.tgp cases --format csv --columns request --edition 2026-06 {BIND}");
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&ended.out), sorted(&project.tgp(&own).complete().out), "{format}");
    }
    assert_eq!(server.requests(), 10);
}

#[test]
fn two_editions_are_held_against_each_other() {
    let (project, _server) = fresh();
    for edition in ["2026-06", "2026-12"] {
        project.tgp(&format!("run fresh.tgp --quiet --edition {edition} {BIND}")).complete();
    }
    let overlap = |more: &str| -> serde_json::Value {
        let command =
            format!("overlap fresh.tgp cases --edition 2026-12 --with 2026-06 --json {more} {BIND}");
        serde_json::from_str(&project.tgp(&command).complete().out).unwrap()
    };
    // Of thirteen different words seven are shared.
    let near = overlap("--by request --near 0.5");
    assert_eq!((&near["exact"], &near["near"]), (&0.into(), &10.into()));
    let far = overlap("--by request --near 0.6");
    assert_eq!((&far["exact"], &far["near"]), (&0.into(), &0.into()));
    let topics = overlap("--by topic");
    assert_eq!((&topics["exact"], &topics["near"]), (&10.into(), &0.into()));
    let missing = project.tgp(&format!("overlap fresh.tgp cases --edition 2026-12 --with 2025-01 {BIND}"));
    assert_eq!(missing.code, 2);
    assert!(missing.messages.contains("edition 2025-01 is not finished"), "{}", missing.messages);
}
