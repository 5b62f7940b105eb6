//! A folder with a pipeline in it, and the program run there.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::models::server::Server;

/// A project of its own, gone when dropped.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    server: Option<String>,
    /// Where what is fetched is kept, within the folder.
    cache: Option<String>,
}

/// What a run of the program gave.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) messages: String,
}

impl Project {
    pub(crate) fn new() -> Project {
        Project { folder: tempfile::tempdir().unwrap(), server: None, cache: None }
    }

    /// Has models under `openai/` answered by this server.
    pub(crate) fn on(mut self, server: &Server) -> Project {
        self.server = Some(server.base_url());
        self
    }

    /// Has what is fetched kept in a folder of the project's.
    pub(crate) fn with_cache(mut self, folder: &str) -> Project {
        self.cache = Some(folder.to_owned());
        self
    }

    pub(crate) fn at(mut self, url: &str) -> Project {
        self.server = Some(url.to_owned());
        self
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Project {
        self.write(name, text.as_bytes());
        self
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Changes a file's text.
    pub(crate) fn edit(&self, name: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "`{old}` is not in {name}");
        self.write(name, text.replace(old, new).as_bytes());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn tgp(&self, arguments: &str) -> Ended {
        let output = self.command(arguments).output().unwrap();
        Ended::of(output)
    }

    /// Run in a folder of the project.
    pub(crate) fn tgp_in(&self, folder: &str, arguments: &str) -> Ended {
        Ended::of(self.command(arguments).current_dir(self.path(folder)).output().unwrap())
    }

    pub(crate) fn start(&self, arguments: &str) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Started, with its messages kept.
    pub(crate) fn start_heard(&self, arguments: &str) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = program();
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        command.env("OPENAI_API_KEY", "sk-planted-key-of-the-tests");
        if let Some(server) = &self.server {
            command.env("OPENAI_BASE_URL", server);
        }
        if let Some(cache) = &self.cache {
            command.env("TGP_CACHE", self.path(cache));
        }
        command
    }
}

/// Interrupts a run as a person would, and waits for its end.
pub(crate) fn interrupt(running: Child) -> Ended {
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    Ended::of(running.wait_with_output().unwrap())
}

impl Ended {
    pub(crate) fn of(output: Output) -> Ended {
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            messages: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn complete(self) -> Ended {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.messages);
        self
    }

    /// The events of `--json`.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A field of a node's event.
    pub(crate) fn node(&self, name: &str, field: &str) -> serde_json::Value {
        let events = self.events();
        let event = events.iter().find(|event| event["event"] == "node" && event["node"] == name);
        event.unwrap_or_else(|| panic!("no node {name}: {}", self.out))[field].clone()
    }
}

/// The program, blind to the machine's own settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tgp"));
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.env("HOME", std::env::temp_dir()).env("COLUMNS", "100");
    command.stdin(Stdio::null());
    command
}

/// The repository, where its pipelines are.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A pipeline with a paid query and a paid judge.
pub(crate) const PAID: &str = r#"
pipeline test.paid @ 1.0.0

models targets: chat
model critic: chat

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

query answers from items to targets {
  user question
}

judge verdicts from answers by critic {
  verdict good: bool = ask {
    user "Is this a good answer to {{question}}: {{reply}}"
    returns yes | no
  } == yes
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  interval 95%
  missing excluded
}
"#;

/// So many questions, a line each.
pub(crate) fn questions(count: usize) -> String {
    (0..count).map(|n| format!("{{\"n\": {n}, \"question\": \"What is {n} and {n}?\"}}\n")).collect()
}
