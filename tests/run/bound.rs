//! `tgp models`: what is bound to what, and each asked once.

use std::sync::Arc;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{Ended, PAID, Project, questions};

/// A pipeline that asks a model of each kind.
const KINDS: &str = r#"
pipeline test.kinds @ 1.0.0

models targets: chat
models painter: image
model near: embed
model scorer: classify
model finder: search

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

generate found from items {
  search finder "{{question}}" top 2 as hit
  let _near = embed(hit.title, by = near)
  let _score = classify(hit.title, by = scorer)
}

query answers from items to targets { user question }
query pictures from items to painter { user question }
"#;

const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// The planted key of the tests.
const KEY: &str = "sk-planted-key-of-the-tests";

fn server() -> Server {
    Server::start(Behaviour {
        respond: Arc::new(|incoming| {
            let path = incoming.path.split('?').next().unwrap();
            let body = match path.rsplit('/').next().unwrap() {
                _ if incoming.body.contains("no-such") => {
                    // A server that repeats what it was sent.
                    let said =
                        format!("no such model; you sent {}", incoming.head.replace(['\r', '\n'], " "));
                    return Outgoing::json(
                        404,
                        serde_json::json!({ "error": { "message": said } }).to_string(),
                    );
                }
                "completions" => completion(&format!("ok {KEY}")),
                "embeddings" => {
                    r#"{"data":[{"index":0,"embedding":[0.1,0.2,0.3]}],"usage":{"prompt_tokens":4}}"#.into()
                }
                "moderations" => r#"{"results":[{"flagged":false,"category_scores":{"hate":0.25}}]}"#.into(),
                "generations" => format!(r#"{{"data":[{{"b64_json":"{PICTURE}"}}]}}"#),
                "search" => r#"{"results":[{"url":"http://a","title":"Lighthouses","content":"c"}]}"#.into(),
                other => panic!("{other}"),
            };
            Outgoing::json(200, body)
        }),
        ..Behaviour::default()
    })
}

fn project(server: &Server) -> Project {
    let toml = format!(
        "[endpoints.openai]\nrequests_per_minute = 500\n[endpoints.searxng]\nbase_url = \"{}\"\n\
         [prices.\"openai/stated\"]\ninput = 2\noutput = 6\n",
        server.root()
    );
    Project::new()
        .on(server)
        .with("kinds.tgp", KINDS)
        .with("items.jsonl", &questions(2))
        .with("tgp.toml", &toml)
}

const BIND: &str = "--bind painter=openai/dall-e-3 --bind near=openai/text-embedding-3-small \
                    --bind scorer=openai/omni-moderation-latest --bind finder=searxng";

fn models(project: &Project, options: &str) -> Ended {
    project.tgp(&format!("models kinds.tgp {BIND} {options}"))
}

#[test]
fn each_binding_says_its_key_its_limits_and_where_its_price_comes_from() {
    let server = server();
    let project = project(&server);
    let told = models(&project, "--bind targets=openai/stated?temperature=0,mistral/mistral-large-latest");
    assert_eq!(told.code, 1, "{}", told.out);
    assert_eq!(server.requests(), 0);
    let lines: Vec<&str> = told.out.lines().collect();
    let after = |name: &str| {
        let at = lines.iter().position(|line| line.contains(name)).unwrap();
        let known = lines[at + 1..].iter().take_while(|line| line.starts_with("      "));
        (lines[at], known.copied().collect::<Vec<_>>().join(" "))
    };
    let (state, known) = after("openai/stated");
    assert!(state.trim_end().ends_with("ready"), "{state}");
    for part in
        ["temperature 0", "key from OPENAI_API_KEY", "500 requests a minute", "$2 in, $6 out", "by tgp.toml"]
    {
        assert!(known.contains(part), "{part}: {known}");
    }
    let (state, known) = after("mistral/mistral-large-latest");
    assert!(state.trim_end().ends_with("KEY MISSING"), "{state}");
    assert!(known.contains("set the variable `MISTRAL_API_KEY`"), "{known}");
    assert!(after("openai/dall-e-3").1.contains("$0.04 a picture (as of "), "{}", told.out);
    // The columns line up, and nothing is wider than the screen.
    let column = |name: &str| lines.iter().find(|line| line.contains(name)).unwrap().find(name).unwrap();
    assert_eq!(column("openai/stated"), column("searxng"));
    for columns in [80, 120] {
        let mut command = project.command(&format!("models kinds.tgp {BIND} --bind targets=openai/stated"));
        let narrow = Ended::of(command.env("COLUMNS", columns.to_string()).output().unwrap());
        assert!(narrow.out.lines().all(|line| line.chars().count() <= columns), "{}", narrow.out);
    }
    assert!(!told.out.contains(KEY));
}

#[test]
fn what_is_not_bound_or_cannot_do_the_work_is_told() {
    let server = server();
    let project = project(&server);
    let unbound = models(&project, "");
    assert_eq!(unbound.code, 1);
    assert!(unbound.out.contains("NOT BOUND"), "{}", unbound.out);
    assert!(unbound.out.contains("--bind targets=openai/gpt-4o"), "{}", unbound.out);
    let wrong = models(&project, "--bind targets=brave");
    assert_eq!(wrong.code, 1);
    assert!(wrong.out.contains("`targets` is chat, and brave can be asked for search only"), "{}", wrong.out);
    let wrong = models(&project, "--bind targets=deepseek/m?seed=1");
    assert!(wrong.out.contains("deepseek has no parameter `seed`"), "{}", wrong.out);
    let twice = models(&project, "--bind targets=openai/stated --bind targets=mistral/m");
    assert_eq!(twice.code, 1);
    assert!(twice.messages.contains("`--bind targets=` is given twice"), "{}", twice.messages);
}

#[test]
fn a_ping_asks_a_model_of_every_kind_once() {
    let server = server();
    let project = project(&server);
    project.write("score.sh", b"while read -r line; do echo '{\"scores\":{\"toxic\":0.5}}'; done");
    let toml = std::fs::read_to_string(project.path("tgp.toml")).unwrap();
    let toml = format!("{toml}\n[endpoints.\"command/sh\"]\narguments = [\"score.sh\"]\n");
    project.write("tgp.toml", toml.as_bytes());
    let told = models(&project, "--ping --bind targets=openai/stated,openai/gpt-4o").complete();
    assert_eq!(server.requests(), 6);
    for part in [
        "✓ openai/stated",
        "“ok [key]”",
        "✓ openai/dall-e-3",
        "image/png of 70 bytes",
        "a vector of 3 numbers",
        "hate 0.250",
        "1 hit, the first “Lighthouses”",
        "$0.04",
    ] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    assert!(!told.out.contains(KEY) && !told.messages.contains(KEY));
    let bind = BIND.replace("scorer=openai/omni-moderation-latest", "scorer=command/sh");
    let command = format!("models kinds.tgp {bind} --ping --bind targets=openai/stated");
    let program = project.tgp(&command).complete();
    assert!(program.out.contains("✓ command/sh") && program.out.contains("toxic 0.500"), "{}", program.out);
}

#[test]
fn a_ping_that_fails_is_told_in_words_with_a_way_out() {
    let server = server();
    let project = project(&server);
    let told = models(&project, "--ping --bind targets=openai/no-such,vllm/gone,openai/stated");
    assert_eq!(told.code, 2, "{}", told.out);
    let text = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("✗ openai/no-such"), "{text}");
    assert!(text.contains("(404): no such model; you sent"), "{text}");
    assert!(text.contains("look at the model's name `no-such`"), "{text}");
    assert!(text.contains("✓ openai/stated"), "{text}");
    assert!(!told.out.contains(KEY), "{}", told.out);

    let told = models(&project, "--ping --json --bind targets=openai/no-such");
    assert_eq!(told.code, 2);
    assert!(!told.out.contains(KEY), "{}", told.out);
    let events = told.events();
    let model = &events[0]["model"];
    assert_eq!((&model["model"], &model["kind"]), (&"targets".into(), &"chat".into()));
    assert_eq!(model["key"]["place"], "OPENAI_API_KEY");
    assert_eq!(
        (&model["key"]["present"], &model["limits"]["requests_per_minute"]),
        (&true.into(), &500.0.into())
    );
    let failed = events.iter().find(|event| event["name"] == "openai/no-such").unwrap();
    assert!(failed["answer"].is_null() && failed["problem"].as_str().unwrap().contains("404"), "{failed}");
}

#[test]
fn a_model_that_a_file_shows_pictures_is_shown_one_by_a_ping() {
    let server = Server::start(Behaviour {
        respond: Arc::new(|incoming| match incoming.body.contains("image_url") {
            true if incoming.body.contains("blind") => {
                Outgoing::json(400, r#"{"error":{"message":"no endpoints that support image input"}}"#)
            }
            true => Outgoing::json(200, completion("Red.")),
            false => Outgoing::json(200, completion("ok")),
        }),
        ..Behaviour::default()
    });
    let file = r#"
pipeline test.seen @ 1.0.0

models seers: vision
models readers: chat

curate items {
  read images "pictures" as { name: text, image: image }
  key name
}

query seen from items to seers {
  user "What is it?"
  image image
}
query named from items to readers { user "What may {{name}} show?" }
"#;
    let project = Project::new().on(&server).with("seen.tgp", file);
    let ping = |seers: &str| {
        project.tgp(&format!("models seen.tgp --ping --bind seers={seers} --bind readers=openai/gpt-4o"))
    };
    let told = ping("openai/sighted").complete();
    assert!(told.out.contains("“Red.”, shown a red square") && told.out.contains("“ok”"), "{}", told.out);
    let told = ping("openai/blind");
    assert_eq!(told.code, 2, "{}", told.out);
    let text = told.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("no endpoints that support image input — it was sent a picture"), "{text}");
}

#[test]
fn a_suite_shows_the_models_of_each_of_its_pipelines() {
    let server = server();
    let suite = "suite test.all @ 1.0.0\nmodels targets: chat\nmodel critic: chat\n\
                 run \"paid.tgp\" as one {\n  bind targets = targets\n  bind critic = critic\n}\n\
                 score good = one.good\nleaderboard { good }\n";
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(2))
        .with("all.tgp", suite);
    let told = project.tgp("models all.tgp --bind targets=openai/gpt-4o --bind critic=openai/gpt-4.1");
    assert!(told.out.contains("one.critic"), "{}{}", told.out, told.messages);
}
