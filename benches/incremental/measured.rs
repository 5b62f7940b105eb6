//! The program run as a process of its own, with the time and the memory that it took.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with a pipeline, gone when dropped.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    server: Option<String>,
}

/// What one run took.
pub(crate) struct Took {
    pub(crate) wall: Duration,
    /// The most memory at one time, in megabytes (0 where the system does not say).
    pub(crate) peak: u64,
}

impl Bench {
    pub(crate) fn new(server: Option<String>) -> Bench {
        Bench { folder: tempfile::tempdir().expect("a temporary folder"), server }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file is written");
    }

    pub(crate) fn start(&self, arguments: &str) -> Child {
        let program = std::env::var("TGP").unwrap_or_else(|_| env!("CARGO_BIN_EXE_tgp").to_owned());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        command.env("OPENAI_API_KEY", "sk-planted-key-of-the-benches");
        command.env("OPENAI_BASE_URL", self.server.as_deref().unwrap_or("http://127.0.0.1:9"));
        let out = std::fs::File::create(self.path("out.txt")).expect("a file for the output");
        command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null());
        command.spawn().expect("the program starts")
    }

    /// Runs to the end, which must be a good one.
    pub(crate) fn run(&self, arguments: &str) -> Took {
        let began = Instant::now();
        let mut child = self.start(arguments);
        let id = child.id();
        let mut peak = 0;
        let status = loop {
            if let Some(status) = child.try_wait().expect("the program ends") {
                break status;
            }
            peak = peak.max(peak_of(id));
            std::thread::sleep(Duration::from_millis(if began.elapsed().as_secs() < 2 { 1 } else { 20 }));
        };
        let wall = began.elapsed();
        let out = std::fs::read_to_string(self.path("out.txt")).unwrap_or_default();
        assert!(status.success(), "{arguments}: {status}\n{out}");
        Took { wall, peak }
    }
}

fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Bytes of all files under a folder.
pub(crate) fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let each = entries.filter_map(Result::ok).map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_in(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    each.sum()
}
