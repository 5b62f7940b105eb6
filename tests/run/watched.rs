//! A file that is watched. Nothing is asserted of time; what does not come fails by not coming.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::project::{Project, questions};
use crate::models::server::{Behaviour, Outgoing, Server, completion};

const FILE: &str = r#"pipeline test.watched @ 1.0.0

use "lib.tgp" { agrees }

models targets = [scripted("a") { 0.7 => "yes" _ => "no" }]

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

query answers from items to targets {
  user question
}

judge verdicts from answers {
  verdict good: bool = agrees(reply)
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  missing excluded
}
"#;

const LIBRARY: &str = "library test.lib @ 1.0.0\n\nfn agrees(reply: text) -> bool = reply == \"yes\"\n";

/// A watcher, ended when dropped.
pub(super) struct Watcher {
    child: Child,
    lines: Receiver<String>,
}

impl Watcher {
    pub(super) fn start(project: &Project, arguments: &str) -> Watcher {
        let mut command = project.command(&format!("watch --plain {arguments}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Watcher { child, lines }
    }

    /// What is told up to the first line that holds `wanted`, that line included.
    pub(super) fn until(&self, wanted: &str) -> String {
        let mut told = String::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => {
                    told.push_str(&format!("{line}\n"));
                    if line.contains(wanted) {
                        return told;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{wanted}` never came:\n{told}")
                }
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The closing line of a run.
const END: &str = "no calls ·";

fn free() -> Project {
    Project::new().with("w.tgp", FILE).with("lib.tgp", LIBRARY).with("items.jsonl", &questions(50))
}

#[test]
fn a_save_runs_what_it_touched_and_shows_how_numbers_moved() {
    let project = free();
    let watcher = Watcher::start(&project, "w.tgp");
    assert!(watcher.until(END).contains("new"));
    project.edit("w.tgp", "agrees(reply)", "not agrees(reply)");
    let told = watcher.until(END);
    assert!(told.contains(" → "), "{told}");
    assert!(told.contains("`verdict` changed at line 17"), "{told}");
    assert_eq!(told.matches("as before").count(), 2, "{told}");
}

#[test]
fn imports_data_and_replaced_files_count_and_others_do_not() {
    let project = free();
    let watcher = Watcher::start(&project, "w.tgp");
    watcher.until(END);
    project.write("notes.txt", b"of no account");
    project.edit("lib.tgp", "reply == \"yes\"", "reply == \"no\"");
    let told = watcher.until(END);
    assert!(told.contains("saved lib.tgp") && told.contains("function `agrees` changed at line 3"), "{told}");
    let more = std::fs::read_to_string(project.path("items.jsonl")).unwrap()
        + "{\"n\": 99, \"question\": \"New?\"}\n";
    project.write("next.jsonl", more.as_bytes());
    std::fs::rename(project.path("next.jsonl"), project.path("items.jsonl")).unwrap();
    let told = watcher.until(END);
    assert!(told.contains("1 row new in items.jsonl") && told.contains("50 → 51"), "{told}");
    assert!(!told.contains("notes.txt"), "{told}");
}

#[test]
fn a_mistake_is_shown_and_the_good_numbers_stay() {
    let project = free();
    let watcher = Watcher::start(&project, "w.tgp");
    watcher.until(END);
    project.edit("w.tgp", "metric good", "metrc good");
    let told = watcher.until("the last good numbers stay");
    assert!(told.contains("did you mean `metric`?"), "{told}");
    project.edit("w.tgp", "metrc good", "metric good");
    let told = watcher.until(END);
    assert!(told.contains("no number moved"), "{told}");
    project.write("tgp.toml", b"[run]\nstoer = \"x\"\n");
    let told = watcher.until("the last good numbers stay");
    assert!(told.contains("stoer"), "{told}");
    std::fs::remove_file(project.path("tgp.toml")).unwrap();
    watcher.until("no number moved");
}

#[test]
fn a_store_is_free_between_saves() {
    let project = free();
    let watcher = Watcher::start(&project, "w.tgp");
    watcher.until(END);
    let mut shown = project.tgp("show w.tgp quality");
    while shown.messages.contains("is in use") {
        shown = project.tgp("show w.tgp quality");
    }
    shown.complete();
    project.edit("w.tgp", "agrees(reply)", "not agrees(reply)");
    watcher.until(" → ");
}

#[test]
fn a_save_during_a_run_stops_what_is_obsolete_and_pays_for_nothing_twice() {
    let asked: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let seen = asked.clone();
    let respond = move |incoming: &crate::models::server::Incoming<'_>| {
        *seen.lock().unwrap().entry(incoming.body.to_owned()).or_default() += 1;
        let judging = incoming.body.contains("good answer");
        Outgoing::json(200, completion(if judging { "yes" } else { "fine" }))
    };
    let latency = Duration::from_millis(30);
    let server = Server::start(Behaviour { latency, respond: Arc::new(respond), ..Behaviour::default() });
    let project = Project::new().on(&server).with("paid.tgp", super::project::PAID);
    let project = project
        .with("items.jsonl", &questions(300))
        .with("tgp.toml", "[endpoints.openai]\nconcurrency = 4\n");
    let bind = "--bind targets=openai/one --bind critic=openai/critic";
    let watcher = Watcher::start(&project, &format!("paid.tgp {bind}"));
    watcher.until("watching");
    while server.requests() < 20 {
        std::thread::sleep(Duration::from_millis(5));
    }
    project.edit("paid.tgp", "Is this a good answer", "Would you call this a good answer");
    let told = watcher.until("saved ·") + &watcher.lines.try_iter().collect::<String>();
    assert!(told.contains("saved paid.tgp"), "{told}");
    let asked = asked.lock().unwrap();
    assert!(asked.values().all(|count| *count == 1), "{asked:?}");
    assert_eq!(asked.keys().filter(|body| body.contains("Would you call")).count(), 300);
    let obsolete = asked.keys().filter(|body| body.contains("Is this a good answer")).count();
    assert!(obsolete < 300, "{obsolete}");
}

#[test]
fn a_limit_that_is_reached_is_told_as_a_run_tells_it() {
    let server = Server::start(Behaviour::default());
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", super::project::PAID)
        .with("items.jsonl", &questions(20))
        .with("tgp.toml", "[prices.\"openai/*\"]\ninput = 1000\noutput = 6000\n[run]\nbudget = 0.2\n");
    project.edit("paid.tgp", "user question\n", "user question\n  max_tokens 3\n");
    let bind = "--bind targets=openai/one --bind critic=openai/critic";
    let watcher = Watcher::start(&project, &format!("paid.tgp {bind}"));
    let budget = watcher.until("larger --budget");
    assert!(budget.contains("The budget of $0.20 is reached."), "{budget}");
    assert!(budget.contains("their rows count as missing"), "{budget}");
    // What is left is one for all runs: after a save the limit is the one that was stated.
    project.edit("paid.tgp", "Is this a good answer", "Would you call this a good answer");
    let again = watcher.until("larger --budget");
    assert!(again.contains("The budget of $0.20 is reached."), "{again}");
    drop(watcher);

    let watcher = Watcher::start(&project, &format!("paid.tgp --max-calls 7 --budget 9usd {bind}"));
    let calls = watcher.until("larger --max-calls");
    assert!(calls.contains("7 calls went out, as many as --max-calls allows."), "{calls}");
    let refused = project.tgp(&format!("watch paid.tgp --batch {bind}"));
    assert_eq!(refused.code, 1);
    assert!(refused.messages.contains("a watcher does not hand in batches"), "{}", refused.messages);
}

#[test]
fn a_suite_shows_how_its_scores_moved() {
    let project = free().with("inner/w.tgp", FILE).with("inner/lib.tgp", LIBRARY);
    let project = project.with("inner/items.jsonl", &questions(20)).with(
        "both.tgp",
        "suite test.both @ 1.0.0\n\nrun \"w.tgp\" as outer\nrun \"inner/w.tgp\" as inner\n\n\
         score all = macro(outer.good, inner.good)\nscore small = inner.good\n\nleaderboard { all, small }\n",
    );
    let watcher = Watcher::start(&project, "both.tgp");
    let first = watcher.until(END);
    let order = ["leaderboard", "outer.quality", "inner.quality", "outer.items", "inner.verdicts"];
    let places: Vec<usize> = order.iter().map(|name| first.find(name).unwrap_or(usize::MAX)).collect();
    assert!(places.is_sorted() && places[4] < usize::MAX, "{first}");
    // What one run reads moves that run and what its scores are made of.
    project.edit("inner/lib.tgp", "reply == \"yes\"", "reply != \"\"");
    let told = watcher.until(END);
    assert!(told.contains("a  all ↑") && told.contains("small ↑") && told.contains(" → "), "{told}");
    assert!(told.contains("inner.quality\n") && !told.contains("outer.quality\n"), "{told}");
    assert_eq!(told.matches("as before").count(), 6, "{told}");
    // A score made otherwise moves, though nothing runs.
    project.edit("both.tgp", "score small = inner.good", "score small = 0.5 * inner.good");
    let told = watcher.until(END);
    assert!(told.contains("small ↑") && !told.contains("a  all ↑"), "{told}");
    assert_eq!(told.matches("as before").count(), 8, "{told}");
}
