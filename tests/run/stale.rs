//! What is asked otherwise is asked anew, and what only looks otherwise is not: seen from the
//! server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::models::server::{Behaviour, Incoming, Outgoing, Server, completion};

use super::project::{Ended, Project};

const FILE: &str = r#"pipeline test.stale @ 1.0.0

models targets: chat

curate items {
  rows [{ question = "What is 1 and 1?" }, { question = "What is 2 and 2?" }]
}

query answers from items to targets {
  system "Be short."
  user question
  samples 1
}

judge marked from answers {
  verdict said: text = reply
}
"#;

const BIND: &str = "targets=openai/one";
const TOML: &str = "[package]\nname = \"stale\"\nversion = \"1.0.0\"\n";

/// A server whose answers are numbered, so that each tells which request it is the answer to.
fn numbered() -> Server {
    let count = Arc::new(AtomicU64::new(0));
    let respond = move |_: &Incoming<'_>| {
        Outgoing::json(200, completion(&format!("answer {}", count.fetch_add(1, Ordering::SeqCst))))
    };
    Server::start(Behaviour { respond: Arc::new(respond), ..Behaviour::default() })
}

fn project() -> Project {
    Project::new().with("stale.tgp", FILE).with("tgp.toml", TOML)
}

/// Runs, and gives what was said and how many requests that took.
fn run(project: &Project, server: &Server, bind: &str) -> (String, u64) {
    let before = server.requests();
    let ended = ["run stale.tgp --quiet", "show stale.tgp marked --format jsonl"].map(|what| {
        let mut command = project.command(&format!("{what} --bind {bind}"));
        command
            .env("OPENAI_BASE_URL", server.base_url())
            .env("TOGETHER_API_KEY", "sk-planted-key-of-the-tests");
        Ended::of(command.output().unwrap()).complete()
    });
    let [_, ended] = ended;
    let said: Vec<String> = ended.events().iter().map(|row| row["said"].to_string()).collect();
    (said.join(" "), server.requests() - before)
}

#[test]
fn what_is_asked_otherwise_is_asked_anew_and_both_answers_stay() {
    let server = numbered();
    let project = project();
    let (said, asked) = run(&project, &server, BIND);
    assert_eq!(asked, 2);
    // What is edited, and how many of the two rows' requests then differ.
    let edits: [(&str, &str, u64); 7] = [
        ("Be short.", "Be short!", 2),
        ("system \"Be short.\"\n", "", 2),
        ("user question", "user \"{{question}} \"", 2),
        ("What is 2 and 2?", "What is 2 and 3?", 1),
        ("  samples 1\n", "  samples 2\n", 2),
        ("  user question\n", "  user question\n  temperature 0.5\n", 2),
        ("  user question\n", "  user question\n  max_tokens 77\n", 2),
    ];
    for (old, new, calls) in edits {
        project.edit("stale.tgp", old, new);
        let (otherwise, asked) = run(&project, &server, BIND);
        assert_eq!(asked, calls, "{new}");
        assert_ne!(otherwise, said, "{new}");
        assert_eq!(run(&project, &server, BIND), (otherwise, 0), "{new}");
        project.write("stale.tgp", FILE.as_bytes());
        assert_eq!(run(&project, &server, BIND), (said.clone(), 0), "{new}");
    }
    let toml = format!("{TOML}\n[endpoints.together]\nbase_url = \"{}\"\n", server.base_url());
    project.write("tgp.toml", toml.as_bytes());
    for bind in ["targets=openai/two", "targets=together/one"] {
        assert_eq!(run(&project, &server, bind).1, 2, "{bind}");
    }
}

#[test]
fn a_server_of_ones_own_answers_for_itself() {
    let [one, other] = [(); 2].map(|()| numbered());
    let project = project();
    for server in [&one, &other] {
        let text = FILE.replace(
            "models targets: chat",
            &format!("models targets = [vllm(\"m\", base_url = \"{}\")]", server.base_url()),
        );
        project.write("stale.tgp", text.as_bytes());
        project.tgp("run stale.tgp --quiet").complete();
        assert_eq!(server.requests(), 2);
    }
}

#[test]
fn what_does_not_go_on_the_wire_causes_no_call() {
    let server = numbered();
    let project = project();
    let (said, asked) = run(&project, &server, BIND);
    assert_eq!(asked, 2);
    let edits: [(&str, &str, &str); 7] = [
        ("stale.tgp", "curate items", "# What is asked.\ncurate things"),
        ("stale.tgp", "answers from items", "replies from items"),
        ("stale.tgp", "user question", "user   question   # as it stands"),
        ("stale.tgp", "models targets: chat", "models tested: chat"),
        ("stale.tgp", "@ 1.0.0", "@ 1.0.1"),
        (
            "tgp.toml",
            "1.0.0\"\n",
            "1.0.0\"\n\n[endpoints.\"openai\"]\nconcurrency = 3\ntokens_per_minute = 90000\n",
        ),
        ("tgp.toml", "1.0.0\"\n", "1.0.0\"\n\n[prices.\"openai/one\"]\ninput = 3.0\noutput = 9.0\n"),
    ];
    for (file, old, new) in edits {
        project.edit(file, old, new);
        let mut bind = BIND;
        if new.contains("things") {
            project.edit("stale.tgp", "from items", "from things");
        } else if new.contains("replies") {
            project.edit("stale.tgp", "from answers", "from replies");
        } else if new.contains("tested") {
            project.edit("stale.tgp", "to targets", "to tested");
            bind = "tested=openai/one";
        }
        assert_eq!(run(&project, &server, bind), (said.clone(), 0), "{new}");
        project.write("stale.tgp", FILE.as_bytes());
        project.write("tgp.toml", TOML.as_bytes());
    }
    let mut command = project.command(&format!("run stale.tgp --quiet --bind {BIND}"));
    command.env("OPENAI_BASE_URL", server.base_url()).env("OPENAI_API_KEY", "sk-another-planted-key");
    Ended::of(command.output().unwrap()).complete();
    assert_eq!(server.requests(), 2);
}
