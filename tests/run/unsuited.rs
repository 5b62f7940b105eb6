//! What bound models have nothing for is found before anything is paid for, at its place.

use crate::models::server::{Behaviour, Server};

use super::project::{Ended, Project, questions};

/// Asks in every place that a file can ask in. Each setting stands on a line of its own.
const ASKS: &str = r#"
pipeline test.asks @ 1.0.0

models targets: chat
model writer: chat
model first: chat
model second: chat
model third: chat

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

fn reworded(x: text, by: chat) -> text = ask by {
  user "Reword: {{x}}"
  seed 7
}

generate cases from items {
  let other = reworded(question, by = writer)
}

query answers from cases to targets {
  user other
  temperature 0
}

judge verdicts from answers by first, second, third with vote majority {
  verdict good: bool = ask {
    user "Is this good: {{reply}}"
    returns { is_good: bool }
    reasoning_effort "low"
  }.is_good
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher missing excluded
}
"#;

fn project(server: &Server) -> Project {
    let toml: String = ["anthropic", "cohere", "deepseek", "mistral", "replicate"]
        .map(|name| format!("[endpoints.{name}]\nbase_url = \"{}\"\n", server.base_url()))
        .concat();
    Project::new()
        .on(server)
        .with("asks.tgp", ASKS)
        .with("items.jsonl", &questions(3))
        .with("tgp.toml", &toml)
}

/// The messages as they stand, without the frame's signs and line ends.
fn flat(ended: &Ended) -> String {
    ended.messages.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn settings_of_asks_that_a_provider_lacks_are_refused_before_any_call() {
    let server = Server::start(Behaviour::default());
    let project = project(&server);
    let bind = "--bind targets=openai/one --bind writer=anthropic/m --bind first=openai/a \
                --bind second=mistral/m --bind third=mistral/n";
    for command in ["run", "plan"] {
        let refused = project.tgp(&format!("{command} asks.tgp {bind}"));
        assert_eq!((refused.code, server.requests()), (1, 0), "{}", refused.messages);
        let told = flat(&refused);
        // In a function, and at one place for all judges that lack it.
        assert!(told.contains("anthropic has no parameter `seed`"), "{told}");
        assert!(told.contains("asks.tgp:17:3"), "{told}");
        assert!(told.contains("`writer` is bound to anthropic/m"), "{told}");
        assert!(told.contains("mistral has no parameter `reasoning_effort`"), "{told}");
        assert!(told.contains("asks.tgp:33:5"), "{told}");
        assert!(told.contains("`second` is bound to mistral/m; `third` is bound to mistral/n"), "{told}");
        assert!(!told.contains("openai has no") && told.contains("2 errors"), "{told}");
    }
    let json = project.tgp(&format!("run asks.tgp --json {bind}"));
    assert!(json.out.contains("anthropic has no parameter `seed`"), "{}", json.out);
}

#[test]
fn a_setting_can_stand_where_a_model_that_takes_it_is_bound() {
    let server = Server::start(Behaviour::answering(200, &crate::models::server::completion("true")));
    let project = project(&server);
    project.edit("asks.tgp", "  seed 7\n", "");
    project.edit("asks.tgp", "    reasoning_effort \"low\"\n", "");
    let run = |bind: &str| {
        let others = "--bind targets=openai/one --bind writer=mistral/m --bind first=openai/a";
        project.tgp(&format!("run asks.tgp {others} {bind}"))
    };
    let refused =
        run("--bind second=openai/b?reasoning_effort=low --bind third=mistral/m?reasoning_effort=low");
    assert_eq!(refused.code, 1, "{}", refused.messages);
    let told = flat(&refused);
    assert!(told.contains("mistral has no parameter `reasoning_effort`"), "{told}");
    assert!(told.contains("leave `reasoning_effort` out where `third` is bound"), "{told}");
    assert_eq!(server.requests(), 0);
    let ran = run("--bind second=openai/b?reasoning_effort=low --bind third=openai/c");
    assert!(server.requests() > 0, "{}", ran.messages);
}

#[test]
fn conversations_and_pictures_that_a_provider_cannot_carry_are_refused_before_any_call() {
    let server = Server::start(Behaviour::default());
    let project = project(&server);
    project.edit("asks.tgp", "user other\n", "turns [user(question), user(other)]\n");
    project.edit(
        "asks.tgp",
        "verdict good: bool = ask {",
        "verdict good: bool = ask {\n    system \"Judge.\"",
    );
    project.edit("asks.tgp", "{{reply}}", "{{last(reply)}}");
    let bind = "--bind targets=replicate/owner/one --bind writer=openai/m --bind first=openai/a \
                --bind second=openai/b --bind third=openai/c";
    let refused = project.tgp(&format!("run asks.tgp {bind}"));
    assert_eq!((refused.code, server.requests()), (1, 0), "{}", refused.messages);
    let told = flat(&refused);
    assert!(told.contains("replicate has no conversations"), "{told}");
    assert!(told.contains("bind `targets` to another model"), "{told}");
}

#[test]
fn what_never_runs_asks_nothing() {
    let server = Server::start(Behaviour::default());
    let project = project(&server);
    project.edit("asks.tgp", "curate items {", "param reword: bool = false\n\ncurate items {");
    let by = "reworded(question, by = writer)";
    project.edit("asks.tgp", by, &format!("if reword then {by} else question"));
    project.edit("asks.tgp", "    reasoning_effort \"low\"\n", "");
    let bind = "--bind targets=openai/one --bind writer=anthropic/m --bind first=openai/a \
                --bind second=openai/b --bind third=openai/c";
    let plan = project.tgp(&format!("plan asks.tgp {bind}"));
    assert_eq!(plan.code, 0, "{}", plan.messages);
    let refused = project.tgp(&format!("plan asks.tgp --set reword=true {bind}"));
    assert_eq!(refused.code, 1, "{}", refused.messages);
}

#[test]
fn models_says_what_the_file_asks_in_vain() {
    let server = Server::start(Behaviour::default());
    let project = project(&server);
    let told = project.tgp(
        "models asks.tgp --bind targets=openai/one --bind writer=cohere/m --bind first=openai/a --bind \
         second=openai/b --bind third=cohere/m",
    );
    assert_eq!(told.code, 1, "{}", told.out);
    assert_eq!(
        told.out.matches("asks.tgp:33:5: cohere has no parameter `reasoning_effort`").count(),
        1,
        "{}",
        told.out
    );
    assert_eq!(told.out.matches("CANNOT BE ASKED").count(), 1, "{}", told.out);
}
