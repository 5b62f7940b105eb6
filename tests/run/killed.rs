//! Killed at any moment and run again, a run ends as if it had never been disturbed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

const BIND: &str = "--bind targets=openai/one --bind critic=openai/two";
/// What an endpoint has out at a time unless told otherwise.
const AT_A_TIME: u64 = 64;
const ROWS: usize = 400;

/// Gives to each question an answer of its own, and to each answer a verdict of its own.
fn server() -> Server {
    let respond = |incoming: &crate::models::server::Incoming<'_>| {
        let sum = crc32fast::hash(incoming.body.as_bytes());
        let text = match (incoming.body.contains("good answer"), sum % 3) {
            (true, 0) => "no".to_owned(),
            (true, _) => "yes".to_owned(),
            (false, _) => format!("answer {sum:08x}"),
        };
        Outgoing::json(200, completion(&text))
    };
    let latency = Duration::from_millis(8);
    Server::start(Behaviour { latency, respond: Arc::new(respond), ..Behaviour::default() })
}

fn project(server: &Server) -> Project {
    Project::new().on(server).with("paid.tgp", PAID).with("items.jsonl", &questions(ROWS))
}

/// The tables of the end, as text.
fn tables(project: &Project) -> Vec<String> {
    let table = |node: &str| {
        let shown = project.tgp(&format!("show paid.tgp {node} --offline --format jsonl {BIND}"));
        shown.complete().out
    };
    ["answers", "verdicts", "quality"].map(table).to_vec()
}

/// Fifty moments with `KILLS=50`; a few, unless told otherwise.
#[test]
fn a_run_killed_at_any_moment_ends_as_an_undisturbed_one() {
    let kills: u64 = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let quiet = server();
    let undisturbed = project(&quiet);
    undisturbed.tgp(&format!("run paid.tgp {BIND}")).complete();
    let expected = tables(&undisturbed);
    assert_eq!(quiet.answered(), 2 * ROWS as u64);
    for kill in 0..kills {
        let disturbed = server();
        let project = project(&disturbed);
        let mut running = project.start(&format!("run paid.tgp {BIND}"));
        // Spread over the run by what was answered, not by the clock.
        let moment = (kill * 2 + 1) * ROWS as u64 / kills;
        while disturbed.answered() < moment && running.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.kill().unwrap();
        running.wait().unwrap();
        project.tgp(&format!("run paid.tgp {BIND}")).complete();
        assert_eq!(tables(&project), expected, "killed after {moment} answers");
        let by_body: BTreeMap<String, u64> = disturbed.by_body();
        let repeated: u64 = by_body.values().map(|count| count - 1).sum();
        assert_eq!(by_body.len(), 2 * ROWS);
        assert!(repeated <= 2 * AT_A_TIME, "{repeated} were answered twice, killed after {moment}");
    }
}

#[test]
fn verdicts_come_while_queries_run() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = order.clone();
    let respond = move |incoming: &crate::models::server::Incoming<'_>| {
        let is_judge = incoming.body.contains("good answer");
        seen.lock().unwrap().push(is_judge);
        let sum = crc32fast::hash(incoming.body.as_bytes());
        Outgoing::json(200, completion(&if is_judge { "yes".to_owned() } else { sum.to_string() }))
    };
    let latency = Duration::from_millis(10);
    let server = Server::start(Behaviour { latency, respond: Arc::new(respond), ..Behaviour::default() });
    // Fewer rows than a chunk holds.
    project(&server).tgp(&format!("run paid.tgp {BIND}")).complete();
    let order = order.lock().unwrap();
    let first_verdict = order.iter().position(|is_judge| *is_judge).unwrap();
    let last_query = order.iter().rposition(|is_judge| !is_judge).unwrap();
    assert_eq!(order.len(), 2 * ROWS);
    assert!(first_verdict < last_query, "{first_verdict} {last_query}");
}
