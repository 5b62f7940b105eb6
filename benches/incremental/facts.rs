//! Made-up rows and replies, the same in each run.

use std::io::Write;
use std::path::Path;

use serde_json::value::RawValue;
use tgp::digest::Digest;
use tgp::models::reply::{RawReply, Usage};
use tgp::store::{CallKey, DiskStore, Record, Store};

const WORDS: [&str; 32] = [
    "the", "a", "model", "bias", "of", "fair", "question", "answer", "with", "reason", "capital", "country",
    "river", "year", "number", "which", "whose", "where", "policy", "people", "city", "large", "small",
    "ancient", "modern", "language", "because", "seldom", "measure", "judge", "however", "between",
];

/// Words drawn from a number.
fn words(seed: usize, count: usize) -> String {
    let mut state = seed as u64;
    let mut drawn = Vec::with_capacity(count);
    for _ in 0..count {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn.push(WORDS[(mixed >> 40) as usize % WORDS.len()]);
    }
    drawn.join(" ")
}

/// A row as a line.
pub(crate) fn line(number: usize, question: &str) -> String {
    let answer = WORDS[number % WORDS.len()];
    let group = number % 7;
    format!(
        "{{\"id\": {number}, \"question\": \"{question}?\", \"answer\": \"{answer}\", \"group\": \"g{group}\"}}\n"
    )
}

/// Writes rows, each as `edit` has it.
pub(crate) fn write(path: &Path, rows: usize, edit: impl Fn(usize, String) -> Option<String>) {
    let file = std::fs::File::create(path).expect("the file is made");
    let mut file = std::io::BufWriter::with_capacity(1 << 20, file);
    for number in 0..rows {
        if let Some(line) = edit(number, line(number, &words(number, 14))) {
            file.write_all(line.as_bytes()).expect("a row is written");
        }
    }
    // What the program writes later must not wait for these to reach the disk.
    file.into_inner().expect("all rows are written").sync_all().expect("they are on disk");
}

/// A chat's reply of about a kilobyte.
pub(crate) fn reply(number: usize) -> String {
    let text = words(number + 1_000_000_007, 120);
    format!(
        "{{\"id\":\"chatcmpl-{number}\",\"object\":\"chat.completion\",\"model\":\"test-2024\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":12,\"completion_tokens\":120,\"total_tokens\":132}}}}"
    )
}

/// Records replies as a run would: some at a time, each group waited for.
pub(crate) fn record(folder: &Path, bodies: &[String]) {
    let (store, _) = DiskStore::open(folder).expect("a store is made");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (group, bodies) in bodies.chunks(64).enumerate() {
        let waiting: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(at, body)| {
                let number = group * 64 + at;
                let request = format!(
                    "{{\"provider\":\"openai\",\"model\":\"one\",\"chat\":{{\"turns\":[{{\"user\":\"{}?\"}}]}}}}",
                    words(number, 14)
                );
                store.append(Record {
                    key: CallKey::of(&Digest::of(request.as_bytes())),
                    provider: "openai".into(),
                    model: "one".into(),
                    usage: Usage { input: 12, output: 120, ..Usage::default() },
                    cost: Some(0.0001),
                    request: RawValue::from_string(request).expect("it is JSON"),
                    reply: RawReply {
                        status: 200,
                        body: body.clone().into(),
                        latency: std::time::Duration::from_micros(200_000 + number as u64 * 37 % 50_000),
                        attempts: 1,
                        at: std::time::Duration::from_millis(1_700_000_000_000 + number as u64 * 3),
                    },
                })
            })
            .collect();
        for waited in waiting {
            runtime.block_on(waited).expect("it is on disk");
        }
    }
}
