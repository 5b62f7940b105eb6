//! The incremental engine at size: what an edit costs, what a run takes in memory, time and disk.
//!
//! `cargo bench --bench incremental` runs all parts; names after `--` choose some of them.
//! Sizes are set by the environment: `ROWS` (1000000), `CALLS` (10000), `STAGE_ROWS` (4000),
//! `REPLIES` (100000), `LARGER` (10: the factor of the larger table). `TGP` names another build
//! of the program to measure. Each part compares with a figure measured in the same run.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "it is a program that reports")]

mod facts;
mod measured;
#[path = "../../tests/models/server.rs"]
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use measured::{Bench, bytes_in};
use server::{Behaviour, Outgoing, Server, completion};

fn main() {
    let parts: [(&str, fn()); 6] = [
        ("unchanged", unchanged),
        ("edits", edits),
        ("memory", memory),
        ("asked", asked),
        ("stages", stages),
        ("disk", disk),
    ];
    let chosen: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    for (name, part) in parts {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            println!("\n{name}");
            part();
        }
    }
}

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn tell(what: &str, measured: &str, wanted: &str) {
    println!("  {what:<48} {measured:>16}   {wanted}");
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn large(rows: usize) -> Bench {
    let bench = Bench::new(None);
    bench.write("large.tgp", include_str!("large.tgp"));
    facts::write(&bench.path("facts.jsonl"), rows, |_, line| Some(line));
    bench
}

/// The least of some runs, in which other work on the machine shows least.
fn least(runs: usize, mut run: impl FnMut() -> Duration) -> Duration {
    (0..runs).map(|_| run()).min().unwrap_or_default()
}

/// Nothing changed: the second run.
fn unchanged() {
    let rows = size("ROWS", 1_000_000);
    let bench = large(rows);
    let first = bench.run("run large.tgp --json");
    tell(&format!("{rows} rows, first run"), &milliseconds(first.wall), "");
    let again = least(5, || bench.run("run large.tgp --json").wall);
    tell("nothing changed, whole process", &milliseconds(again), "under 150 ms");
}

/// One row edited, inserted, deleted: against reading and hashing the file once.
fn edits() {
    let rows = size("ROWS", 1_000_000);
    let bench = large(rows);
    let file = bench.path("facts.jsonl");
    bench.run("run large.tgp --json");
    bench.run("run large.tgp --json");
    let new = |number: usize| Some(facts::line(number, "a line that was not there"));
    type Edit<'a> = (&'a str, usize, &'a dyn Fn(usize, String) -> Option<String>);
    let edits: [Edit<'_>; 3] = [
        ("one row edited in the middle", rows, &|at, line| if at == rows / 2 { new(at) } else { Some(line) }),
        ("one row inserted at the front", rows, &|at, line| {
            if at == 0 { Some(facts::line(rows + 7, "put in front") + &line) } else { Some(line) }
        }),
        ("one row deleted", rows, &|at, line| (at != rows / 3).then_some(line)),
    ];
    for (name, rows, edit) in edits {
        facts::write(&file, rows, edit);
        let hashed = least(3, || hash(&file));
        let took = bench.run("run large.tgp --json");
        let ratio = took.wall.as_secs_f64() / hashed.as_secs_f64();
        tell(name, &milliseconds(took.wall), "");
        tell("  reading and hashing the file once", &milliseconds(hashed), "");
        tell("  ratio", &format!("{ratio:.2}"), "under 3");
        facts::write(&file, rows, |_, line| Some(line));
        bench.run("run large.tgp --json");
    }
}

fn hash(file: &std::path::Path) -> Duration {
    let began = Instant::now();
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(file).expect("the file is there");
    std::io::copy(&mut file, &mut hasher).expect("the file is read");
    std::hint::black_box(hasher.finalize());
    began.elapsed()
}

/// The most memory at one time, and how it grows with the table.
fn memory() {
    let rows = size("ROWS", 1_000_000);
    let larger = rows * size("LARGER", 10);
    let small = large(rows).run("run large.tgp --json").peak;
    tell(&format!("{rows} rows, first run, peak"), &format!("{small} MB"), "under 200 MB");
    let large = large(larger).run("run large.tgp --json").peak;
    tell(&format!("{larger} rows, first run, peak"), &format!("{large} MB"), "");
    tell("ratio", &format!("{:.2}", large as f64 / small as f64), "under 1.3");
}

/// Answers with something of its own to each request, and agrees with all that is judged.
fn server(latency: u64) -> Server {
    let respond = |incoming: &server::Incoming<'_>| {
        let text = if incoming.body.contains("Is this good") {
            "yes".to_owned()
        } else {
            format!("case {}", &blake3::hash(incoming.body.as_bytes()).to_hex()[..24])
        };
        Outgoing::json(200, completion(&text))
    };
    let latency = Duration::from_millis(latency);
    Server::start(Behaviour { latency, respond: Arc::new(respond), ..Behaviour::default() })
}

fn asking(server: &Server, pipeline: &str, text: &str, rows: usize) -> Bench {
    let bench = Bench::new(Some(server.base_url()));
    bench.write(pipeline, text);
    facts::write(&bench.path("facts.jsonl"), rows, |_, line| Some(line));
    bench
}

/// Every row once, nothing again, and after a kill only what was out.
fn asked() {
    let calls = size("CALLS", 10_000);
    let text = include_str!("asking.tgp");
    let run = "run asking.tgp --json --bind targets=openai/one";
    let quick = server(0);
    let bench = asking(&quick, "asking.tgp", text, calls);
    let first = bench.run(run);
    tell(&format!("{calls} rows, first run"), &milliseconds(first.wall), "");
    tell("calls that the server answered", &quick.answered().to_string(), &format!("exactly {calls}"));
    let again = least(5, || bench.run(run).wall);
    tell("second run, whole process", &milliseconds(again), "under 100 ms");
    tell("calls of all second runs", &(quick.answered() - calls as u64).to_string(), "0");

    let slow = server(20);
    let bench = asking(&slow, "asking.tgp", text, calls);
    let mut child = bench.start(run);
    while slow.answered() < calls as u64 / 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is gone");
    bench.run(run);
    let excess = slow.answered() - calls as u64;
    tell("killed half-way: calls answered twice", &excess.to_string(), "at most 64, those out");
}

/// Three stages of calls, against the busiest of them alone.
fn stages() {
    let rows = size("STAGE_ROWS", 4_000);
    let slow = server(200);
    let alone = asking(&slow, "asking.tgp", include_str!("asking.tgp"), rows)
        .run("run asking.tgp --json --bind targets=openai/one");
    tell(&format!("{rows} calls of 200 ms, 64 at a time"), &milliseconds(alone.wall), "");
    let three = asking(&slow, "stages.tgp", include_str!("stages.tgp"), rows).run(
        "run stages.tgp --json --bind writer=openai/two --bind targets=openai/one --bind critic=openai/three",
    );
    tell("three stages of as many calls", &milliseconds(three.wall), "");
    let ratio = three.wall.as_secs_f64() / alone.wall.as_secs_f64();
    tell("ratio", &format!("{ratio:.2}"), "under 1.15");
}

/// What replies of a kilobyte take on disk.
fn disk() {
    let replies = size("REPLIES", 100_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bodies: Vec<String> = (0..replies).map(facts::reply).collect();
    facts::record(folder.path(), &bodies);
    let together = bodies.concat();
    let packed = zstd::bulk::compress(together.as_bytes(), 3).expect("it packs").len() as f64;
    let stored = bytes_in(folder.path()) as f64;
    tell(&format!("{replies} replies, {:.1} MB", together.len() as f64 / 1e6), "", "");
    tell("  as one zstd frame", &format!("{:.1} MB", packed / 1e6), "");
    tell("  as a store", &format!("{:.1} MB", stored / 1e6), "");
    tell("  ratio", &format!("{:.2}", stored / packed), "under 1.5");
}
