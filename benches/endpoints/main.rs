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
mod program;
mod usage;

use std::time::Duration;

use faulty::{Behaviour, Server};
use program::{Program, Ran};

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
    println!("{:<52} {:>16} {:>12}  holds", "", "measured", "wanted");
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
        kept.push(throughput(rows.unwrap_or(100_000)));
    }
}

/// One line of the table.
fn line(what: &str, measured: String, wanted: String, holds: bool) {
    println!("{what:<52} {measured:>16} {wanted:>12}  {}", if holds { "yes" } else { "NO" });
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

fn throughput(rows: u64) -> Program {
    heading(&format!("{rows} rows; a server that answers at once, the cache on"));
    let server = lean::Server::start();
    let program = Program::new(rows, &format!("concurrency = {}", floor::AT_A_TIME));
    let ran = program.run(&server.base_url());
    complete(&ran, rows);
    let calls = rows as f64 / ran.wall.as_secs_f64();
    line("calls a second", format!("{calls:.0}"), ">= 10000".to_owned(), calls >= 10_000.0);
    let each = ran.processor.as_secs_f64() * 1e3 / rows as f64;
    line("processor time a call, ms", format!("{each:.3}"), "< 0.1".to_owned(), each < 0.1);
    let memory = ran.memory as f64 / 1e6;
    line("most memory, MB", format!("{memory:.0}"), "< 120".to_owned(), memory < 120.0);
    line("replies on record", program.records().to_string(), rows.to_string(), program.records() == rows);
    let (base_url, body) = (server.base_url(), server.body());
    let per_second = |reached: &floor::Reached| {
        format!("{:.0}, {:.3} ms", reached.per_second, reached.processor.as_secs_f64() * 1e3)
    };
    let bare = floor::reqwest(&base_url, &body);
    line("a bare loop around reqwest: requests a second", per_second(&bare), String::new(), true);
    line("share of what the loop reaches", format!("{:.2}", calls / bare.per_second), String::new(), true);
    match floor::wrk(&base_url, &body) {
        Some(reached) => {
            let share = calls / reached.per_second;
            line("wrk: requests a second", per_second(&reached), String::new(), true);
            line(
                "share of what wrk reaches",
                format!("{share:.2}"),
                ">= 0.33".to_owned(),
                share >= 1.0 / 3.0,
            );
        }
        None => line("share of what wrk reaches", "no wrk".to_owned(), ">= 0.33".to_owned(), false),
    }
    let before = server.requests();
    let again = program.run(&server.base_url());
    let asked = server.requests() - before;
    line("calls of a second run", asked.to_string(), "0".to_owned(), asked == 0);
    line("its wall time", seconds(again.wall), String::new(), true);
    program
}

fn complete(ran: &Ran, rows: u64) {
    line("rows complete", ran.complete.to_string(), rows.to_string(), ran.complete == rows);
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
