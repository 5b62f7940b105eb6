//! What others reach against the same server with the same body: `wrk`, which only counts
//! answers, and a loop around reqwest, which is the library that the program calls with.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::usage;

/// Requests at a time, as many as the program is allowed.
pub(crate) const AT_A_TIME: u64 = 256;
const SECONDS: Duration = Duration::from_secs(5);
/// The word that has this bench be the loop, in a process of its own.
pub(crate) const LOOP: &str = "--reqwest-loop";

/// What was reached.
pub(crate) struct Reached {
    pub(crate) per_second: f64,
    /// Of the client alone, a request.
    pub(crate) processor: Duration,
}

/// Nothing where `wrk` is not installed.
pub(crate) fn wrk(base_url: &str, body: &[u8]) -> Option<Reached> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("post.lua");
    let body = String::from_utf8_lossy(body).replace('\\', "\\\\").replace('\'', "\\'");
    let text = format!(
        "wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\n"
    );
    std::fs::write(&script, text).unwrap();
    let before = usage::of_children();
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{AT_A_TIME}"), &format!("-d{}s", SECONDS.as_secs()), "-s"])
        .arg(&script)
        .arg(format!("{base_url}/chat/completions"))
        .output()
        .ok()?;
    let processor = usage::of_children().saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "the server refused what wrk sent: {text}");
    let per_second: f64 = after(&text, "Requests/sec:")?.parse().ok()?;
    let total = per_second * SECONDS.as_secs_f64();
    Some(Reached { per_second, processor: processor.div_f64(total.max(1.0)) })
}

fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim)
}

/// Runs the loop in a process of its own, as the program runs in one.
pub(crate) fn reqwest(base_url: &str, body: &[u8]) -> Reached {
    let before = usage::of_children();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([LOOP, base_url, &String::from_utf8_lossy(body)])
        .output()
        .unwrap();
    let processor = usage::of_children().saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace().map(|word| word.parse::<f64>().unwrap());
    let (total, seconds) = (words.next().unwrap(), words.next().unwrap());
    Reached { per_second: total / seconds, processor: processor.div_f64(total.max(1.0)) }
}

/// The loop itself: posts, reads the body whole, and posts again.
pub(crate) fn run_loop(base_url: &str, body: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let done = Arc::new(AtomicU64::new(0));
    let url = format!("{base_url}/chat/completions");
    let began = Instant::now();
    // Reqwest wants to know who encrypts, though nobody does here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let client = reqwest::Client::builder().http1_only().tcp_nodelay(true).build().unwrap();
        let tasks: Vec<_> = (0..AT_A_TIME)
            .map(|_| {
                let (client, url, body, done) =
                    (client.clone(), url.clone(), body.to_owned(), Arc::clone(&done));
                tokio::spawn(async move {
                    while began.elapsed() < SECONDS {
                        let request = client.post(&url).header("content-type", "application/json");
                        let response = request.body(body.clone()).send().await.unwrap();
                        assert!(response.status().is_success());
                        response.bytes().await.unwrap();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    println!("{} {}", done.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
}
