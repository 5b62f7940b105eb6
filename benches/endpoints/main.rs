//! What the program reaches against servers on loopback: `cargo bench --bench endpoints`.
//!
//! Runs the real program against servers in this process and prints a line for each thing that
//! must hold. After `--` may stand the names of single benches (`faults`, `rate`, `throughput`,
//! `concurrency`) and `--rows N` for a smaller number of rows. `TGP` names another build of the
//! program to measure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on ends, and prints what it measured"
)]

#[path = "../../tests/models/server.rs"]
mod faulty;
mod floor;
mod lean;
mod middle;
mod program;
mod usage;

use std::time::Duration;

use faulty::{Behaviour, Server};
use middle::Middle;
use program::{Program, Ran};

/// How often the throughput is measured.
const ROUNDS: usize = 5;

/// What was measured one after the other.
struct Round {
    program: Program,
    ran: Ran,
    bare: floor::Reached,
    /// Nothing where it is not installed.
    wrk: Option<floor::Reached>,
}

impl Round {
    fn calls(&self) -> f64 {
        self.ran.complete as f64 / self.ran.wall.as_secs_f64()
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [word, base_url, body] = arguments.as_slice()
        && word == floor::LOOP
    {
        return floor::run_loop(base_url, body);
    }
    let rows = arguments.iter().position(|word| word == "--rows").map(|at| {
        let number = arguments.get(at + 1).and_then(|number| number.parse::<u64>().ok());
        number.expect("a number is wanted after --rows")
    });
    let wanted = |name: &str| {
        let names: Vec<&str> =
            arguments.iter().map(String::as_str).filter(|word| word.parse::<u64>().is_err()).collect();
        names.iter().all(|word| word.starts_with("--")) || names.contains(&name)
    };
    println!("{:<46} {:>22} {:>12}  holds", "", "measured", "wanted");
    // Folders are removed at the end: for a while, file systems pass by what was just deleted when
    // they look for room, and the next measurement would pay for that.
    let mut kept = Vec::new();
    if wanted("faults") {
        kept.push(faults(rows.unwrap_or(10_000)));
    }
    if wanted("rate") {
        kept.push(rate());
    }
    if wanted("concurrency") {
        kept.push(concurrency(rows.unwrap_or(10_000)));
    }
    if wanted("throughput") {
        kept.extend(throughput(rows.unwrap_or(100_000)));
    }
}

/// One line of the table.
fn line(what: &str, measured: String, wanted: String, holds: bool) {
    println!("{what:<46} {measured:>22} {wanted:>12}  {}", if holds { "yes" } else { "NO" });
}

fn heading(text: &str) {
    println!("\n{text}");
}

fn faults(rows: u64) -> Program {
    let latency = Duration::from_millis(50);
    heading(&format!(
        "{rows} rows; 10% 429, 5% 500, 3% dropped, 2% torn, 1% stalled; {} ms",
        latency.as_millis()
    ));
    let program = Program::new(rows, "concurrency = 64");
    let healthy = Server::start(Behaviour { latency, ..Behaviour::default() });
    let straight = program.run(&healthy.base_url());
    let faulty = Server::start(Behaviour {
        latency,
        refused: 0.10,
        failed: 0.05,
        dropped: 0.03,
        torn: 0.02,
        stalled: 0.01,
        ..Behaviour::default()
    });
    let ran = program.run(&faulty.base_url());
    complete(&ran, rows);
    let answered = faulty.by_body();
    let twice = answered.values().filter(|count| **count > 1).count();
    line("requests answered", answered.len().to_string(), rows.to_string(), answered.len() as u64 == rows);
    line("requests answered twice", twice.to_string(), "0".to_owned(), twice == 0);
    let ratio = ran.wall.as_secs_f64() / straight.wall.as_secs_f64();
    line("wall time, healthy server", seconds(straight.wall), String::new(), true);
    line("wall time", seconds(ran.wall), format!("< {}", seconds(straight.wall * 2)), ratio < 2.0);
    line("times the healthy server's", format!("{ratio:.2}"), "< 2".to_owned(), ratio < 2.0);
    program
}

fn rate() -> Program {
    heading("200 rows; 20 requests a second allowed, else 429 with `Retry-After: 1`; 20 ms");
    let program = Program::new(200, "");
    let server = Server::start(Behaviour {
        latency: Duration::from_millis(20),
        per_second: Some(20),
        ..Behaviour::default()
    });
    let ran = program.run(&server.base_url());
    complete(&ran, 200);
    let (wall, refused) = (ran.wall, server.refused());
    line("wall time", seconds(wall), "< 10.5 s".to_owned(), wall < Duration::from_millis(10_500));
    line("refusals", refused.to_string(), "<= 40".to_owned(), refused <= 40);
    program
}

fn concurrency(rows: u64) -> Program {
    heading(&format!("{rows} rows; 1000 at a time, 500 ms"));
    let program = Program::new(rows, "concurrency = 1000");
    let server = Server::start(Behaviour { latency: Duration::from_millis(500), ..Behaviour::default() });
    let ran = program.run(&server.base_url());
    complete(&ran, rows);
    line("wall time", seconds(ran.wall), "< 7 s".to_owned(), ran.wall < Duration::from_secs(7));
    line("most requests at a time", server.most_in_flight().to_string(), String::new(), true);
    program
}

/// Measured in turns, each with what others reach right after it: a machine that others use too is
/// now fast and now slow, and a share holds only of what was measured in the same minute.
fn throughput(rows: u64) -> Vec<Program> {
    heading(&format!("{rows} rows; a server that answers at once, the cache on; {ROUNDS} rounds"));
    let server = lean::Server::start();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let program = Program::new(rows, &format!("concurrency = {}", floor::AT_A_TIME));
        let ran = program.run(&server.base_url());
        let (base_url, body) = (server.base_url(), server.body());
        let (bare, wrk) = (floor::reqwest(&base_url, &body), floor::wrk(&base_url, &body));
        rounds.push(Round { program, ran, bare, wrk });
    }
    for round in &rounds {
        complete(&round.ran, rows);
        let records = round.program.records();
        line("replies on record", records.to_string(), rows.to_string(), records == rows);
    }
    let calls = Middle::of(&rounds, |round| Some(round.calls()));
    line("calls a second", calls.whole(), ">= 10000".to_owned(), calls.middle >= 10_000.0);
    let each = Middle::of(&rounds, |round| Some(round.ran.processor.as_secs_f64() * 1e3 / rows as f64));
    line("processor time a call, ms", each.to_thousandths(), "< 0.1".to_owned(), each.middle < 0.1);
    let memory = Middle::of(&rounds, |round| Some(round.ran.memory as f64 / 1e6));
    line("most memory, MB", memory.whole(), "< 120".to_owned(), memory.highest < 120.0);
    let bare = Middle::of(&rounds, |round| Some(round.bare.per_second));
    line("a bare loop around reqwest: requests a second", bare.whole(), String::new(), true);
    let each = Middle::of(&rounds, |round| Some(round.bare.processor.as_secs_f64() * 1e3));
    line("its processor time a request, ms", each.to_thousandths(), String::new(), true);
    let share = Middle::of(&rounds, |round| Some(round.calls() / round.bare.per_second));
    line("share of what the loop reaches", share.to_thousandths(), String::new(), true);
    let wrk = Middle::of(&rounds, |round| Some(round.wrk.as_ref()?.per_second));
    line("wrk: requests a second", wrk.whole(), String::new(), true);
    let share = Middle::of(&rounds, |round| Some(round.calls() / round.wrk.as_ref()?.per_second));
    line(
        "share of what wrk reaches",
        share.to_thousandths(),
        ">= 0.333".to_owned(),
        share.middle >= 1.0 / 3.0,
    );
    if let Some(round) = rounds.last() {
        let before = server.requests();
        let again = round.program.run(&server.base_url());
        let asked = server.requests() - before;
        line("calls of a second run", asked.to_string(), "0".to_owned(), asked == 0);
        line("its wall time", seconds(again.wall), String::new(), true);
    }
    rounds.into_iter().map(|round| round.program).collect()
}

fn complete(ran: &Ran, rows: u64) {
    line("rows complete", ran.complete.to_string(), rows.to_string(), ran.complete == rows);
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
