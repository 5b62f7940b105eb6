//! The program itself, run on a pipeline that asks one model a question a row.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::usage;

const PIPELINE: &str = r#"
pipeline bench.endpoints @ 1.0.0

models targets: chat

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

query answers from items to targets {
  user question
}
"#;

/// A project in a folder of its own, gone when dropped.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    limits: String,
}

/// What a run took and gave.
pub(crate) struct Ran {
    pub(crate) wall: Duration,
    /// Of the program's threads together.
    pub(crate) processor: Duration,
    /// The most that was resident, in bytes; 0 where the system doesn't say.
    pub(crate) memory: u64,
    /// Rows with an answer.
    pub(crate) complete: u64,
}

impl Program {
    /// So many questions for one model with these limits.
    pub(crate) fn new(rows: u64, limits: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let questions: String = (0..rows)
            .map(|n| format!("{{\"n\": {n}, \"question\": \"What is the capital of country {n}?\"}}\n"))
            .collect();
        std::fs::write(folder.path().join("bench.tgp"), PIPELINE).unwrap();
        std::fs::write(folder.path().join("items.jsonl"), questions).unwrap();
        Program { folder, limits: limits.to_owned() }
    }

    pub(crate) fn run(&self, base_url: &str) -> Ran {
        let config =
            format!("[endpoints.vllm]\nbase_url = \"{base_url}\"\nidentity = \"bench\"\n{}\n", self.limits);
        std::fs::write(self.path().join("tgp.toml"), config).unwrap();
        // The run before this one on another server must not answer for it.
        let store =
            format!(".tgp-{}", base_url.rsplit_once(':').map_or("", |(_, port)| port).replace('/', ""));
        let before = usage::of_children();
        let began = Instant::now();
        let mut child = Command::new(std::env::var("TGP").unwrap_or(env!("CARGO_BIN_EXE_tgp").to_owned()))
            .current_dir(self.path())
            .args(["run", "bench.tgp", "--json", "--bind", "targets=vllm/bench", "--store", &store])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let id = child.id();
        let mut memory = 0;
        while child.try_wait().unwrap().is_none() {
            memory = usage::most_memory(id).unwrap_or(memory);
            std::thread::sleep(Duration::from_millis(10));
        }
        let wall = began.elapsed();
        let output = child.wait_with_output().unwrap();
        let processor = usage::of_children().saturating_sub(before);
        let text = String::from_utf8(output.stdout).unwrap();
        let answers = text
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .find(|event| event["event"] == "node" && event["node"] == "answers");
        let count = |field: &str| answers.as_ref().and_then(|event| event[field].as_u64()).unwrap_or(0);
        Ran { wall, processor, memory, complete: count("rows") - count("failed") }
    }

    /// Replies in the ledgers of all runs, counted by a public tool that knows nothing of ours.
    pub(crate) fn records(&self) -> u64 {
        let script =
            "for segment in .tgp-*/ledger/*.seg; do zstd -dcq \"$segment\"; done | grep -c '\"reply\"'";
        let output = Command::new("sh").current_dir(self.path()).args(["-c", script]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}
