//! What a run costs, what it may cost, and what it would.

use std::sync::Arc;
use std::time::Duration;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

const BIND: &str = "--bind targets=openai/gpt-4o --bind critic=openai/gpt-4.1";
/// 12 tokens in at $1000 a million and 3 out at $6000: three cents a call.
const DEAR: &str = "[prices.\"openai/*\"]\ninput = 1000\noutput = 6000\n";

fn answering() -> Server {
    Server::start(Behaviour {
        latency: Duration::from_millis(5),
        respond: Arc::new(|incoming| {
            let judging = incoming.body.contains("good answer");
            Outgoing::json(200, completion(if judging { "yes" } else { "fine" }))
        }),
        ..Behaviour::default()
    })
}

fn dear(server: &Server) -> Project {
    let paid = PAID.replace("user question\n", "user question\n  max_tokens 3\n");
    Project::new()
        .on(server)
        .with("paid.tgp", &paid)
        .with("items.jsonl", &questions(40))
        .with("tgp.toml", DEAR)
}

fn spent(events: &[serde_json::Value]) -> u64 {
    events.iter().filter_map(|event| event["microdollars"].as_u64()).sum()
}

#[test]
fn a_budget_is_not_passed_though_many_calls_are_out_at_a_time() {
    let server = answering();
    let project = dear(&server);
    let stopped = project.tgp(&format!("run paid.tgp --json --only answers --budget 0.50usd {BIND}"));
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    let spent = spent(&stopped.events());
    assert!((420_000..=500_000).contains(&spent), "{spent}");
    assert_eq!(spent, server.requests() * 30_000);
    assert!(stopped.messages.contains("The budget of $0.50 is reached"), "{}", stopped.messages);
    assert!(stopped.messages.contains("run again with a larger --budget"), "{}", stopped.messages);

    let rest = project.tgp(&format!("run paid.tgp --json --only answers --budget 5usd {BIND}")).complete();
    assert_eq!(server.requests(), 40);
    assert_eq!(rest.node("answers", "failed"), 0);
}

#[test]
fn a_partial_result_says_over_how_many_rows_it_stands() {
    let server = answering();
    let project = dear(&server);
    let stopped = project.tgp(&format!("run paid.tgp --json --max-calls 50 {BIND}"));
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    assert_eq!(server.requests(), 50);
    let events = stopped.events();
    let view = &events.iter().find(|event| event["event"] == "measure").unwrap()["view"];
    let text = view.to_string();
    // Forty answers were asked for first, so ten verdicts could be.
    let judged = stopped.node("verdicts", "rows").as_u64().unwrap()
        - stopped.node("verdicts", "failed").as_u64().unwrap();
    assert!(judged > 0 && judged < 40);
    assert!(
        text.contains(&format!("\"n\":{judged}")) || text.contains(&format!("\"count\":{judged}")),
        "{text}"
    );
    assert!(text.contains(&format!("\"missing\":{}", 40 - judged)), "{text}");
}

#[test]
fn a_budget_of_the_project_holds_where_none_is_given() {
    let server = answering();
    let project = dear(&server);
    project.write("tgp.toml", format!("{DEAR}\n[run]\nbudget = \"0.1usd\"\n").as_bytes());
    let stopped = project.tgp(&format!("run paid.tgp {BIND}"));
    assert!((1..=3).contains(&server.requests()), "{}", stopped.messages);
    assert!(stopped.messages.contains("The budget of $0.10 is reached"), "{}", stopped.messages);
}

#[test]
fn a_budget_wants_prices() {
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", &questions(2));
    let bind = "--bind targets=openai/no-such-model --bind critic=openai/gpt-4.1";
    let refused = project.tgp(&format!("run paid.tgp --budget 1usd {bind}"));
    assert_eq!(refused.code, 1, "{}", refused.messages);
    assert!(refused.messages.contains("none is known of openai/no-such-model"), "{}", refused.messages);
}

/// A proxy of one's own may pass calls on to whoever is paid for them.
#[test]
fn a_budget_wants_prices_of_servers_that_are_in_no_network_of_ones_own() {
    let toml = "[endpoints.compatible]\nbase_url = \"https://models.example.org/v1\"\n";
    let project =
        Project::new().with("paid.tgp", PAID).with("items.jsonl", &questions(2)).with("tgp.toml", toml);
    // None may go out, so that only what is found before the first call is told.
    let run =
        "run paid.tgp --budget 1usd --max-calls 0 --bind targets=compatible/m --bind critic=openai/gpt-4.1";
    let refused = project.tgp(run);
    assert_eq!(refused.code, 1, "{}", refused.messages);
    let told = "none is known of compatible/m at https://models.example.org/v1";
    assert!(refused.messages.contains(told), "{}", refused.messages);
    assert!(refused.messages.contains("[prices.\"compatible/m\"]"), "{}", refused.messages);
    assert!(refused.messages.contains("0 where it costs nothing by the call"), "{}", refused.messages);
    let plan = project.tgp("plan paid.tgp --bind targets=compatible/m --bind critic=openai/gpt-4.1");
    assert!(plan.out.contains("what 2 calls will cost is not known"), "{}", plan.out);

    // Stated as free, or in the own network, it is asked.
    project.write("tgp.toml", format!("{toml}[prices.\"compatible/*\"]\ninput = 0\noutput = 0\n").as_bytes());
    let free = project.tgp(run);
    assert_eq!(free.code, 3, "{}", free.messages);
    project.write("tgp.toml", toml.replace("https://models.example.org", "http://127.0.0.1:9").as_bytes());
    let own = project.tgp(run);
    assert_eq!(own.code, 3, "{}", own.messages);
}

#[test]
fn failed_calls_count_against_a_limit_of_calls() {
    let server = Server::start(Behaviour::answering(400, r#"{"error":{"message":"no"}}"#));
    let project = Project::new().on(&server).with("paid.tgp", PAID).with("items.jsonl", &questions(50));
    project.tgp(&format!("run paid.tgp --max-calls 7 {BIND}"));
    assert_eq!(server.requests(), 7);
}

#[test]
fn a_plan_counts_what_follows_from_answers_and_says_what_all_of_it_costs() {
    let server = answering();
    let project = dear(&server);
    let plan = project.tgp(&format!("plan paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 0);
    let node = |name: &str| plan.events().into_iter().find(|event| event["node"] == name).unwrap();
    assert_eq!(node("answers")["calls"], 40);
    assert_eq!(node("verdicts")["calls"], 40);
    // A verdict is reckoned as long as a typical reply, an answer as long as it may be.
    assert!(node("verdicts")["microdollars"].as_u64() > node("answers")["microdollars"].as_u64());
}

/// Replies of so many tokens, whose length no request bounds.
fn wordy(tokens: u64) -> Server {
    Server::start(Behaviour {
        latency: Duration::from_millis(20),
        respond: Arc::new(move |_| {
            let reply = completion("fine");
            let counted = format!("\"completion_tokens\":{tokens}");
            Outgoing::json(200, reply.replace("\"completion_tokens\":3", &counted))
        }),
        ..Behaviour::default()
    })
}

#[test]
fn a_budget_holds_without_max_tokens_as_far_as_the_length_of_replies_is_known() {
    let project = |server: &Server| {
        Project::new()
            .on(server)
            .with("paid.tgp", PAID)
            .with("items.jsonl", &questions(40))
            .with("tgp.toml", DEAR)
    };
    // No longer than the 1,024 tokens that a first reply is reckoned as: $6.012 a call.
    let server = wordy(1_000);
    let held = project(&server).tgp(&format!("run paid.tgp --json --only answers --budget 60usd {BIND}"));
    assert_eq!(held.code, 3, "{}", held.messages);
    let cost = spent(&held.events());
    assert!((48_000_000..=60_000_000).contains(&cost), "{cost}");
    assert!(!held.messages.contains("was passed"), "{}", held.messages);

    // Ten times as long: what was out when the first came can pass the budget, and that is told.
    let server = wordy(10_000);
    let passed = project(&server).tgp(&format!("run paid.tgp --json --only answers --budget 60usd {BIND}"));
    assert_eq!(passed.code, 3, "{}", passed.messages);
    let cost = spent(&passed.events());
    assert_eq!(cost, server.requests() * 60_012_000);
    assert!(server.requests() <= 9, "reckoned as 1,024 tokens each, no more than nine fit");
    let by = (cost - 60_000_000) / 1_000_000;
    assert!(passed.messages.contains(&format!("was passed by ${by}")), "{by}: {}", passed.messages);
    assert!(passed.messages.contains("State `max_tokens`"), "{}", passed.messages);
}

#[test]
fn a_plan_says_what_costs_half_in_batches_and_what_costs_nobody_knows() {
    let project = Project::new().with("paid.tgp", PAID).with("items.jsonl", &questions(40));
    let cost = |options: &str| {
        let plan = project.tgp(&format!("plan paid.tgp --json {options} {BIND}")).complete();
        plan.events()[1]["microdollars"].as_u64().unwrap()
    };
    assert!(cost("") > 0);
    assert!(cost("--batch").abs_diff(cost("") / 2) <= 40, "{} {}", cost("--batch"), cost(""));

    let bind = "--bind targets=openai/no-such-model --bind critic=openai/gpt-4.1";
    let plan = project.tgp(&format!("plan paid.tgp {bind}")).complete();
    let line = plan.out.lines().find(|line| line.contains("answers")).unwrap();
    assert!(line.contains("price not known"), "{}", plan.out);
    assert!(plan.out.contains("what 40 calls will cost is not known"), "{}", plan.out);
}

/// Replies on record tell how long the others will be.
#[test]
fn a_plan_after_a_few_rows_is_nearer_to_what_the_rest_costs() {
    let server = answering();
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(200))
        .with("tgp.toml", DEAR);
    let planned = |options: &str| {
        let plan = project.tgp(&format!("plan paid.tgp --json {options} {BIND}")).complete();
        plan.events()[1]["microdollars"].as_u64().unwrap()
    };
    let blind = planned("");
    project.tgp(&format!("run paid.tgp --limit 40 {BIND}")).complete();
    let seen = planned("");
    let rest = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    let paid = rest.node("answers", "microdollars").as_u64().unwrap();
    assert!((paid..blind / 4).contains(&seen), "{blind} planned, then {seen}; {paid} paid");
}

/// Long replies to questions and short ones of judges, each in the provider's own count.
fn telling() -> Server {
    Server::start(Behaviour {
        respond: Arc::new(|incoming| {
            let judging = incoming.body.contains("answer to");
            let (text, output) = if judging { ("yes", 2) } else { ("fine", 700) };
            // A count of its own, twice what the text looks like.
            let input = incoming.body.len() as u64 / 2;
            let reply = completion(text)
                .replace("\"completion_tokens\":3", &format!("\"completion_tokens\":{output}"));
            let reply = reply.replace("\"prompt_tokens\":12", &format!("\"prompt_tokens\":{input}"));
            // No two answers alike, so that each is judged.
            let own =
                incoming.body.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            Outgoing::json(200, if judging { reply } else { reply.replace("fine", &format!("fine {own}")) })
        }),
        ..Behaviour::default()
    })
}

/// What came before at the same node and model says what is to come, whatever else they are asked.
#[test]
fn a_plan_reckons_by_what_came_at_the_node_and_says_where_nothing_did() {
    let server = telling();
    let project = Project::new()
        .on(&server)
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(60))
        .with("tgp.toml", "[prices.\"openai/*\"]\ninput = 2\noutput = 6\n");
    let node = |ended: &super::project::Ended, name: &str, what: &str| {
        ended.events().into_iter().find(|event| event["node"] == name).unwrap()[what].clone()
    };
    let cost =
        |ended: &super::project::Ended, name: &str| node(ended, name, "microdollars").as_u64().unwrap();
    let plan = |bind: &str| project.tgp(&format!("plan paid.tgp --json {bind}")).complete();
    let blind = plan(BIND);
    assert_eq!(
        (node(&blind, "answers", "guessed"), node(&blind, "verdicts", "guessed")),
        (60.into(), 60.into())
    );
    assert!(cost(&blind, "verdicts") < cost(&blind, "answers") / 2, "a label is no long text");
    let told = project.tgp(&format!("plan paid.tgp {BIND}")).complete().out;
    assert!(told.contains("No reply at `answers` and `verdicts` is on record"), "{told}");

    project.tgp(&format!("run paid.tgp --limit 20 {BIND}")).complete();
    let seen = plan(BIND);
    assert_eq!((node(&seen, "answers", "guessed"), node(&seen, "verdicts", "guessed")), (0.into(), 0.into()));
    let rest = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    let near = |planned: u64, paid: u64| planned.abs_diff(paid) * 10 <= paid;
    assert!(near(cost(&seen, "answers"), cost(&rest, "answers")), "{} {}", seen.out, rest.out);
    // Nothing is on record of other prompts and models: they are reckoned by what came before them.
    project.edit("paid.tgp", "user question\n", "user \"Say: {{question}}\"\n");
    let other = plan("--bind targets=openai/another --bind critic=openai/gpt-4.1");
    let all = cost(&rest, "answers") * 60 / 40;
    assert_eq!((node(&other, "answers", "calls"), node(&other, "answers", "guessed")), (60.into(), 0.into()));
    assert!(near(cost(&other, "answers"), all), "{} {all}", other.out);
    let told = project.tgp(&format!("plan paid.tgp {BIND}")).complete().out;
    assert!(!told.contains("No reply at"), "{told}");
}

#[test]
fn a_plan_keeps_what_calls_cost_at_most_apart_from_what_they_will() {
    let project = Project::new()
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(10))
        .with("tgp.toml", "[prices.\"openai/*\"]\ninput = 0\noutput = 10\n");
    let plan = |options: &str| project.tgp(&format!("plan paid.tgp {options} {BIND}")).complete();
    let most = |ended: &super::project::Ended| {
        ended.events().into_iter().find(|event| event["node"] == "answers").unwrap()["at_most_microdollars"]
            .clone()
    };
    assert!(most(&plan("--json")).is_null());
    let told = plan("").out;
    assert!(told.contains("may cost at most is not known") && !told.contains("at most $"), "{told}");
    project.edit("paid.tgp", "user question\n", "user question\n  max_tokens 2000\n");
    // Ten answers of 2,000 tokens at $10 a million.
    assert_eq!(most(&plan("--json")), 200_000);
    let told = plan("").out;
    let line = told.lines().find(|line| line.contains("answers")).unwrap();
    assert!(line.contains("~$0.03  at most $0.20"), "{told}");
    assert!(told.contains("What `verdicts` may cost at most"), "{told}");
}

/// Anthropic is always told a limit, so a budget is kept to exactly there.
#[test]
fn a_limit_that_a_provider_always_has_bounds_what_a_call_costs() {
    let project = Project::new()
        .with("paid.tgp", PAID)
        .with("items.jsonl", &questions(10))
        .with("tgp.toml", "[prices.\"anthropic/*\"]\ninput = 0\noutput = 10\n");
    let bind = "--bind targets=anthropic/m --bind critic=openai/gpt-4.1";
    let plan = project.tgp(&format!("plan paid.tgp --json {bind}")).complete();
    let answers = plan.events().into_iter().find(|event| event["node"] == "answers").unwrap();
    assert_eq!(answers["at_most_microdollars"], 10 * 40_960);
}

/// Two pictures of one prompt are two pictures, and each is looked at.
#[test]
fn a_plan_counts_what_is_asked_about_each_picture_and_what_a_picture_takes() {
    let file = r#"
pipeline test.painted @ 1.0.0

models painters: image
model seer: vision

curate items {
  rows [ { n = 1, what = "a lighthouse" }, { n = 2, what = "a cat" } ]
  key n
}

query pictures from items to painters { user "Paint {{what}}" }

judge verdicts from pictures by seer {
  verdict shows: bool = ask { user "Does it show {{what}}?" image reply returns yes | no } == yes
}

measure quality from verdicts { by model metric shows = rate(shows) better higher missing excluded }
"#;
    let project = Project::new().with("painted.tgp", file);
    let bind = "--bind painters=openai/dall-e-3,openai/gpt-image-1 --bind seer=openai/gpt-4o";
    let plan = project.tgp(&format!("plan painted.tgp --json {bind}")).complete();
    let node = |name: &str, what: &str| {
        plan.events().into_iter().find(|event| event["node"] == name).unwrap()[what].as_u64().unwrap()
    };
    assert_eq!((node("pictures", "calls"), node("verdicts", "calls")), (4, 4));
    // Two at four cents, and two of some thousand tokens at $40 a million.
    let cost = node("pictures", "microdollars");
    assert!((160_000..165_000).contains(&cost), "{cost}");
}

/// What is found is not known before it is asked for, and yet asked about.
#[test]
fn a_plan_counts_what_is_asked_about_what_a_search_finds() {
    let file = PAID
        .replace("curate items", "model finder: search\n\ncurate items")
        .replace("query answers from items", "generate found from items {\n  search finder question top 3 as hit\n}\n\nquery answers from found")
        .replace("user question", "user \"{{question}} {{hit.text}}\"");
    let project = Project::new()
        .with("paid.tgp", &file)
        .with("items.jsonl", &questions(4))
        .with("tgp.toml", "[prices.brave]\nrequest = 0.005\n");
    let plan = project.tgp(&format!("plan paid.tgp --json --bind finder=brave {BIND}")).complete();
    let node = |name: &str, what: &str| {
        plan.events().into_iter().find(|event| event["node"] == name).unwrap()[what].clone()
    };
    assert_eq!((node("found", "calls"), node("found", "microdollars")), (4.into(), 20_000.into()));
    assert_eq!((node("answers", "calls"), node("verdicts", "calls")), (12.into(), 12.into()));
}

#[test]
fn a_plan_leaves_nothing_behind_that_a_run_takes_for_an_answer() {
    let server = answering();
    let project = dear(&server);
    let first = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    assert!(!first.out.contains("rows as before"), "{}", first.out);
    let second = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    assert!(!second.out.contains("rows as before"), "{}", second.out);
    let ran = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    assert_eq!(server.requests(), 80);
    assert_eq!(ran.node("answers", "calls"), 40);
    let again = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    assert!(again.out.contains("nothing to do"), "{}", again.out);
}

#[test]
fn the_summary_says_what_each_model_took() {
    let server = answering();
    let project = dear(&server);
    let ran = project.tgp(&format!("run paid.tgp {BIND}")).complete();
    let line = ran.messages.lines().find(|line| line.contains("openai/gpt-4o ")).unwrap();
    assert!(
        line.contains("40 calls") && line.contains("480 tokens in") && line.contains("120 out"),
        "{line}"
    );
    assert!(line.contains("$1.20"), "{line}");
}
