//! What was repaired in an answer stands on its row, however the answer came.

use std::sync::Arc;

use super::project::Project;
use crate::models::server::{Behaviour, Outgoing, Server, completion};

const FILE: &str = r#"pipeline test.repairs @ 1.0.0

models targets = [scripted("echo") { _ => prompt }]
model critic = openai("critic", temperature = 0)

curate items {
  rows 30 { n = i, kind = if i % 3 == 0 then "fenced" else "clean" }
  key n
}

query answers from items to targets {
  user "{{kind}} {{n}}"
}

judge verdicts from answers by critic {
  verdict good: yes | no = ask { user "Is this a good answer? {{reply}}"  returns yes | no }
}

measure quality from verdicts {
  by model
  metric good = rate(good == yes) better higher
  missing excluded
}
"#;

const COUNTED: &str = "  metric repaired = rate(good_repaired.length() > 0) better lower\n  missing";

fn judging() -> Server {
    Server::start(Behaviour {
        respond: Arc::new(|incoming| {
            let text = match incoming.body.contains("fenced") {
                true => "```json\n{\"answer\": \"yes\",}\n```",
                false => "{\"answer\": \"yes\"}",
            };
            Outgoing::json(200, completion(text))
        }),
        ..Behaviour::default()
    })
}

fn rows(project: &Project) -> String {
    project.tgp("show file.tgp verdicts --format jsonl --columns n,good,good_repaired").complete().out
}

#[test]
fn repairs_are_found_again_in_the_answers_on_record() {
    let server = judging();
    let project = Project::new().on(&server).with("file.tgp", FILE);
    project.tgp("run file.tgp").complete();
    assert_eq!(server.requests(), 30);
    // Rows that were made before nobody asked for their repairs get them without a call.
    project.edit("file.tgp", "  missing", COUNTED);
    let measured = project.tgp("run file.tgp --json").complete();
    assert_eq!(server.requests(), 30);
    assert_eq!(measured.node("verdicts", "repaired"), 10);
    let numbers = project.tgp("show file.tgp quality --format jsonl").complete().out;
    let repaired: Vec<serde_json::Value> =
        numbers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let repaired = repaired.iter().find(|row| row["metric"] == "repaired").unwrap();
    assert_eq!(repaired["n"], 30);
    assert!((repaired["value"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-9, "{numbers}");
    let told = rows(&project);
    assert!(
        told.contains(r#"{"n":3,"good":"yes","good_repaired":["code_fence","trailing_comma"]}"#),
        "{told}"
    );
    assert!(told.contains(r#"{"n":4,"good":"yes","good_repaired":[]}"#), "{told}");
    // A row more is worked out beside those that are known, and all are as from scratch.
    project.edit("file.tgp", "rows 30", "rows 31");
    project.tgp("run file.tgp").complete();
    let edited = rows(&project);
    let fresh = Project::new().on(&server);
    fresh.write("file.tgp", &std::fs::read(project.path("file.tgp")).unwrap());
    fresh.tgp("run file.tgp").complete();
    assert_eq!(rows(&fresh), edited);
    assert_eq!(edited.lines().count(), 31);
}

#[test]
fn a_column_that_nothing_mentions_is_not_there() {
    let server = judging();
    let project = Project::new().on(&server).with("file.tgp", FILE);
    project.tgp("run file.tgp").complete();
    let shown = project.tgp("show file.tgp verdicts --format jsonl").complete().out;
    assert!(!shown.contains("good_repaired"), "{shown}");
    let asked = project.tgp("show file.tgp verdicts --columns good_repaired");
    assert_eq!(asked.code, 1);
}

#[test]
fn a_name_that_the_file_makes_itself_is_its_own() {
    let own =
        FILE.replace("returns yes | no }\n}", "returns yes | no }\n  let good_repaired = upper(good)\n}");
    let own =
        own.replace("  missing", "  metric own = rate(good_repaired == \"YES\") better higher\n  missing");
    let server = judging();
    let project = Project::new().on(&server).with("file.tgp", &own);
    project.tgp("run file.tgp").complete();
    assert!(rows(&project).contains(r#""good_repaired":"YES""#));
}

/// The second verdict asks twice in a row, so that the first is evaluated again when the repairs of the
/// second's first answer are known.
const TWICE: &str = r#"pipeline test.twice @ 1.0.0

models targets = [scripted("echo") { _ => "fine" }]
model critic = openai("critic", temperature = 0)

curate items {
  rows 3 { n = i }
  key n
}

query answers from items to targets {
  user "{{n}}"
}

fn twice(reply: text, by: chat) -> yes | no {
  let first = ask by { user "fenced {{reply}}"  returns yes | no }
  let second = ask by { user "again {{first}} {{reply}}"  returns yes | no }
  second
}

judge verdicts from answers by critic {
  verdict good: yes | no = ask { user "clean {{reply}} {{n}}"  returns yes | no }
  verdict sure: yes | no = twice(reply, by = critic)
}

measure quality from verdicts {
  by model
  metric good = rate(good == yes and sure == yes) better higher
  metric repaired = rate(good_repaired.length() > 0 or sure_repaired.length() > 0) better lower
  missing excluded
}
"#;

#[test]
fn a_repair_stands_at_its_own_column_however_often_the_row_waits() {
    let server = judging();
    let project = Project::new().on(&server).with("file.tgp", TWICE);
    project.tgp("run file.tgp").complete();
    let shown = project.tgp("show file.tgp verdicts --format jsonl --columns good_repaired,sure_repaired");
    let line = r#"{"good_repaired":[],"sure_repaired":["code_fence","trailing_comma"]}"#;
    assert!(shown.out.lines().all(|shown| shown == line), "{}", shown.out);
    assert_eq!(shown.out.lines().count(), 3);
}
