//! Killed, interrupted, or second in line: nothing paid for is lost.

use std::time::Duration;

use crate::models::server::{Behaviour, Server};

use super::project::{Project, interrupt, questions};

const ASKING: &str = r#"
pipeline test.asking @ 1.0.0
models targets: chat
curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}
query answers from items to targets { user question }
judge verdicts from answers { verdict fine: bool = "fine" in reply }
measure share from verdicts {
  by model
  metric fine = rate(fine) better higher
  interval 95%
  missing excluded
}
"#;

const BIND: &str = "--bind targets=openai/one";
/// What an endpoint has out at a time unless told otherwise.
const AT_A_TIME: u64 = 64;

fn slow(latency: u64) -> Server {
    Server::start(Behaviour { latency: Duration::from_millis(latency), ..Behaviour::default() })
}

fn asking(count: usize, server: &Server) -> Project {
    Project::new().on(server).with("asking.tgp", ASKING).with("items.jsonl", &questions(count))
}

/// Waits until the server has answered so many.
fn until(server: &Server, answered: u64) {
    for _ in 0..3000 {
        if server.answered() >= answered {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the server answered {} in half a minute", server.answered());
}

#[test]
fn a_killed_run_pays_for_nothing_twice_but_what_was_out() {
    let server = slow(25);
    let project = asking(2000, &server);
    let mut killed = project.start(&format!("run asking.tgp {BIND}"));
    until(&server, 600);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(server.answered() < 2000, "killed too late to tell");
    let again = project.tgp(&format!("run asking.tgp --json {BIND}")).complete();
    assert_eq!(again.node("answers", "rows"), 2000);
    assert!(server.answered() <= 2000 + AT_A_TIME, "{} were answered", server.answered());
}

#[test]
fn an_interrupted_run_saves_and_says_how_to_go_on() {
    let server = slow(20);
    let project = asking(1000, &server);
    let running = project.start_heard(&format!("run asking.tgp {BIND}"));
    until(&server, 100);
    let messages = interrupt(running).messages;
    assert!(messages.contains("Run again to go on"), "{messages}");
    let before = server.answered();
    assert!(before < 1000);
    project.tgp(&format!("run asking.tgp {BIND}")).complete();
    assert_eq!(server.answered(), 1000);
}

#[test]
fn a_second_process_on_the_store_is_told_so() {
    let server = slow(50);
    let project = asking(400, &server);
    let mut first = project.start(&format!("run asking.tgp {BIND}"));
    until(&server, 10);
    let second = project.tgp(&format!("run asking.tgp {BIND}"));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 2, "{}", second.messages);
    assert!(second.messages.contains(&first.id().to_string()), "{}", second.messages);
}
