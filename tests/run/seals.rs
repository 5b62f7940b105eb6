//! What was published is derived again from the record alone.

use super::incremental::{BIND, answering, paid};
use super::project::{PAID, Project, questions};
use crate::models::server::Server;

/// A finished run, sealed, with its server gone for good.
fn sealed() -> Project {
    let server = Server::start(answering());
    let project = paid(30, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    project.tgp(&format!("seal paid.tgp {BIND}")).complete();
    project
}

#[test]
fn every_number_follows_from_the_ledger_alone() {
    let project = sealed();
    std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
    std::fs::remove_dir_all(project.path(".tgp/index")).unwrap();
    let verified = project.tgp("verify paid.seal").complete();
    assert!(verified.out.contains("Verified: every number follows, bit for bit"), "{}", verified.out);
    let of_file = project.tgp(&format!("verify paid.tgp {BIND}")).complete();
    assert!(of_file.out.contains("60 replies the same"), "{}", of_file.out);
    assert!(!project.path(".tgp/afresh").exists());
}

#[test]
fn a_seal_says_what_the_numbers_rest_on() {
    let project = sealed();
    let seal: toml::Table = std::fs::read_to_string(project.path("paid.seal")).unwrap().parse().unwrap();
    assert_eq!(seal["pipeline"].as_str(), Some("test.paid"));
    assert_eq!(seal["replies"]["count"].as_integer(), Some(60));
    assert_eq!(seal["data"][0]["path"].as_str(), Some("items.jsonl"));
    let models = seal["model"].as_array().unwrap();
    assert_eq!(models.len(), 2);
    assert_eq!(models[0]["served_by"][0].as_str(), Some("test-2024"));
    assert_eq!(seal["number"][0]["value"].as_float(), Some(1.0));
    let text = std::fs::read_to_string(project.path("paid.seal")).unwrap();
    assert!(!text.contains("sk-planted"), "{text}");
    assert!(!text.contains(project.path("").to_str().unwrap()), "{text}");
}

#[test]
fn whatever_changed_is_named() {
    let project = sealed();
    let broken = |wanted: &[&str]| {
        let verified = project.tgp("verify paid.seal");
        assert_eq!(verified.code, 2, "{}", verified.out);
        wanted.iter().for_each(|part| assert!(verified.out.contains(part), "{part}:\n{}", verified.out));
    };
    project.edit("paid.tgp", "rate(good)", "rate(not good)");
    broken(&[
        "paid.tgp changed",
        "quality holds other values",
        "quality good, model = \"openai/one\" is 0, not 1",
    ]);
    project.edit("paid.tgp", "rate(not good)", "rate(good)");
    project.edit("items.jsonl", "What is 7", "What was 7");
    broken(&["items.jsonl changed", "60 replies 1 is not on record"]);
    project.edit("items.jsonl", "What was 7", "What is 7");
    project.edit("paid.seal", "value = 1.0", "value = 0.9999999999999999");
    broken(&["is 1, not 0.9999999999999999"]);
    project.edit("paid.seal", "value = 0.9999999999999999", "value = 1.0");
    project.tgp("verify paid.seal").complete();
}

#[test]
fn nothing_that_a_seal_pins_is_collected() {
    let project = sealed();
    let collect = "cache gc --store .tgp --within 0";
    project.tgp(collect).complete();
    project.tgp("verify paid.seal").complete();
    // Without the list of what is pinned nothing may go.
    std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
    let refused = project.tgp(collect);
    assert_eq!(refused.code, 1, "{}", refused.messages);
    assert!(refused.messages.contains("tgp verify"), "{}", refused.messages);
    project.tgp("verify paid.seal").complete();
    project.tgp(collect).complete();
    project.tgp("verify paid.seal").complete();
    // Without the seal, everything may.
    std::fs::remove_file(project.path("paid.seal")).unwrap();
    let all = project.tgp(collect).complete();
    assert!(all.out.starts_with("0 replies"), "{}", all.out);
}

#[test]
fn a_run_that_is_not_finished_is_not_sealed() {
    let server = Server::start(answering());
    let project = paid(10, &server);
    project.tgp(&format!("run paid.tgp --max-calls 4 {BIND}"));
    let refused = project.tgp(&format!("seal paid.tgp {BIND}"));
    assert_eq!(refused.code, 2);
    assert!(refused.messages.contains("not on record: the run is not finished"), "{}", refused.messages);
    assert!(!project.path("paid.seal").exists());
}

/// A suite of one pipeline run twice, the second time from a folder of its own and on other data.
fn suite(server: &Server) -> Project {
    let project = paid(12, server).with("inner/paid.tgp", PAID).with("inner/items.jsonl", &questions(5));
    project.edit("inner/paid.tgp", "test.paid", "test.inner");
    project.with(
        "both.tgp",
        "suite test.both @ 1.0.0\n\nmodels targets: chat\nmodel critic: chat\n\n\
         run \"paid.tgp\" as outer {\n  bind targets = targets\n  bind critic = critic\n}\n\n\
         run \"inner/paid.tgp\" as inner {\n  bind targets = targets\n  bind critic = critic\n}\n\n\
         score all = macro(outer.good, inner.good)\n\nleaderboard { all }\n",
    )
}

#[test]
fn a_suite_is_sealed_as_a_whole() {
    let server = Server::start(answering());
    let project = suite(&server);
    let unfinished = project.tgp(&format!("seal both.tgp {BIND}"));
    assert_ne!(unfinished.code, 0);
    assert!(unfinished.messages.contains("are not on record"), "{}", unfinished.messages);
    project.tgp(&format!("run both.tgp {BIND}")).complete();
    let sealed = project.tgp(&format!("seal both.tgp {BIND}")).complete();
    assert!(sealed.messages.contains("1 score and 2 numbers in 8 tables"), "{}", sealed.messages);
    drop(server);

    let text = std::fs::read_to_string(project.path("both.seal")).unwrap();
    let seal: toml::Table = text.parse().unwrap();
    let paths = |what: &str| -> Vec<&str> {
        seal[what].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect()
    };
    assert_eq!(paths("data"), ["inner/items.jsonl", "items.jsonl"]);
    assert_eq!(paths("text"), ["both.tgp", "inner/paid.tgp", "paid.tgp"]);
    assert_eq!(seal["run"][1]["pipeline"].as_str(), Some("test.inner"));
    assert_eq!(seal["score"][0]["value"].as_float(), Some(100.0));
    // What both ask is asked once, and one reply.
    assert_eq!(seal["replies"]["count"].as_integer(), Some(24));
    assert!(!text.contains(project.path("").to_str().unwrap()), "{text}");

    std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
    std::fs::remove_dir_all(project.path(".tgp/index")).unwrap();
    let verified = project.tgp("verify both.seal").complete();
    assert!(verified.out.contains("24 replies the same"), "{}", verified.out);
    assert!(verified.out.contains("Verified: every number follows, bit for bit"), "{}", verified.out);
    let of_file = project.tgp(&format!("verify both.tgp {BIND}")).complete();
    assert!(of_file.out.contains("score     all of openai/one the same"), "{}", of_file.out);

    project.edit("inner/items.jsonl", "What is 3", "What was 3");
    let broken = project.tgp("verify both.seal");
    assert_eq!(broken.code, 2);
    for part in ["inner/items.jsonl changed", "inner.items holds other values", "is not on record"] {
        assert!(broken.out.contains(part), "{part}:\n{}", broken.out);
    }
    project.edit("inner/items.jsonl", "What was 3", "What is 3");
    project.edit("both.tgp", "macro(outer.good, inner.good)", "0.5 * outer.good");
    let moved = project.tgp("verify both.seal");
    assert!(moved.out.contains("all of openai/one is 50, not 100"), "{}", moved.out);
}

#[test]
fn replies_that_a_suite_reaches_stay() {
    let server = Server::start(answering());
    let project = suite(&server);
    project.tgp(&format!("run both.tgp {BIND}")).complete();
    project.edit("both.tgp", "run \"paid.tgp\" as outer", "run \"inner/paid.tgp\" as outer");
    let dry = project.tgp(&format!("cache gc --unreached-by both.tgp --dry-run {BIND}")).complete();
    assert!(
        dry.out.contains("10 replies and events would stay, 14 would go"),
        "{} {}",
        dry.out,
        dry.messages
    );
}

#[test]
fn a_node_of_a_suite_is_named_after_its_run() {
    let server = Server::start(answering());
    let project = suite(&server);
    let ran = project.tgp(&format!("run both.tgp {BIND}")).complete();
    // What the summary says to look at is named so too.
    assert!(ran.messages.contains("tgp trace both.tgp inner.verdicts ROW says how"), "{}", ran.messages);
    let shown = project.tgp(&format!("show both.tgp inner.items --format jsonl {BIND}")).complete();
    assert_eq!(shown.out.lines().count(), 5);
    let traced = project.tgp(&format!("trace both.tgp outer.verdicts n==3 {BIND}")).complete();
    assert!(traced.out.contains("What is 3 and 3?"), "{}", traced.out);
    project.tgp(&format!("freeze both.tgp inner.items -o frozen.jsonl {BIND}")).complete();
    let card = std::fs::read_to_string(project.path("frozen.jsonl.card.toml")).unwrap();
    assert!(card.contains("pipeline = \"test.inner\""), "{card}");
    let unnamed = project.tgp(&format!("show both.tgp items {BIND}"));
    assert!(
        unnamed.messages.contains("name it as `outer.NODE`; its runs are outer, inner"),
        "{}",
        unnamed.messages
    );
    let drawn = project.tgp("graph both.tgp --format mermaid").complete().out;
    assert!(drawn.contains("subgraph inner\n") && drawn.contains("inner.items --> inner.answers"), "{drawn}");
    let part = project.tgp(&format!("plan both.tgp --only outer.items {BIND}"));
    assert!(part.messages.contains("is run as a whole"), "{}", part.messages);
}
