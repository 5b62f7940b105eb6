//! Where calls go: a server that the program names, a program of one's own.

use crate::models::server::{Behaviour, Server};

use super::project::{PAID, Project, questions};

#[test]
fn a_server_that_the_program_names_is_the_one_asked() {
    let named = Server::start(Behaviour::default());
    let text = PAID.replace(
        "models targets: chat",
        &format!("models targets = [vllm(\"m\", base_url = \"{}\")]", named.base_url()),
    );
    let project = Project::new().with("paid.tgp", &text).with("items.jsonl", &questions(5));
    project.tgp("run paid.tgp --only answers").complete();
    assert_eq!(named.requests(), 5);
}

const SCORED: &str = r#"
pipeline test.scored @ 1.0.0

model scorer: classify = command("sh")

curate items {
  rows [{ text = "a" }, { text = "b" }, { text = "c" }]
  key text
}

judge scored from items {
  verdict score: float? = json_number(classify(text, by = scorer).length)
}
"#;

/// Scores one text and dies; a line in a file for each start.
const SCORER: &str = r#"
echo started >> starts
read -r line
echo "{\"scores\":{\"length\":$1}}"
"#;

#[test]
fn a_scorer_of_ones_own_is_known_by_its_content_and_its_arguments() {
    let toml = |argument: &str| {
        format!(
            "[endpoints.\"command/sh\"]\narguments = [\"score.sh\", \"{argument}\"]\nconcurrency = 1\nattempts = 5\n"
        )
    };
    let project =
        Project::new().with("scored.tgp", SCORED).with("score.sh", SCORER).with("tgp.toml", &toml("1"));
    let starts = |project: &Project| std::fs::read_to_string(project.path("starts")).unwrap().lines().count();
    let first = project.tgp("run scored.tgp --json").complete();
    assert_eq!(first.node("scored", "calls"), 3, "{}", first.out);
    assert!(starts(&project) >= 3, "the program that died was started again");

    let again = project.tgp("run scored.tgp --json --refresh scored").complete();
    assert_eq!(again.node("scored", "recorded"), 3);
    project.write("tgp.toml", toml("2").as_bytes());
    assert_eq!(project.tgp("run scored.tgp --json").complete().node("scored", "calls"), 3);
    project.write("score.sh", format!("{SCORER}\n# Another version.\n").as_bytes());
    assert_eq!(project.tgp("run scored.tgp --json").complete().node("scored", "calls"), 3);
}
