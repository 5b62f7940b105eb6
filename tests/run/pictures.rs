//! Image models: each picture that came is a row.

use crate::models::server::{Behaviour, Outgoing, Server};

use super::project::Project;

const PAINTING: &str = r#"
pipeline test.painting @ 1.0.0
models painters: image
curate items {
  rows [{ n = 1, what = "a square" }, { n = 2, what = "a crime" }]
  key n
}
query pictures from items to painters {
  samples 2
  user what
}
judge verdicts from pictures { verdict painted: bool = ending == "complete" }
measure share from verdicts {
  by model
  metric painted = rate(painted) better higher
  interval 95% by items
  missing excluded
}
"#;

#[test]
fn several_pictures_of_one_reply_are_a_row_each_and_a_refusal_is_a_failure() {
    let server = Server::start(Behaviour {
        respond: std::sync::Arc::new(|incoming| {
            if incoming.body.contains("crime") {
                let refusal = r#"{"error": {"code": "content_policy_violation", "message": "rejected"}}"#;
                return Outgoing::json(400, refusal.to_owned());
            }
            let pictures = r#"{"data": [{"b64_json": "iVBORw0KGgo="}, {"b64_json": "/9j/4AAQ"}]}"#;
            Outgoing::json(200, pictures.to_owned())
        }),
        ..Behaviour::default()
    });
    let project = Project::new().on(&server).with("painting.tgp", PAINTING);
    let bind = "--bind painters=openai/dall-e-3";
    let ran = project.tgp(&format!("run painting.tgp --json {bind}"));
    assert_eq!(ran.code, 3, "{}", ran.messages);
    assert_eq!(ran.node("pictures", "rows"), 6);
    assert_eq!(ran.node("pictures", "failed"), 2);
    let shown = project.tgp(&format!("show painting.tgp pictures --format jsonl {bind}")).complete();
    let events = shown.events();
    let mut seen: Vec<(u64, String)> = events
        .iter()
        .filter(|row| row["n"] == 1)
        .map(|row| (row["sample"].as_u64().unwrap(), row["reply"]["media_type"].to_string()))
        .collect();
    seen.sort();
    let kinds: Vec<(u64, &str)> = seen.iter().map(|(sample, kind)| (*sample, kind.as_str())).collect();
    let (png, jpeg) = ("\"image/png\"", "\"image/jpeg\"");
    assert_eq!(kinds, [(0, png), (1, png), (2, jpeg), (3, jpeg)], "{}", shown.out);
}
