//! What was published is derived again from the record alone.

use super::incremental::{BIND, answering, paid};
use super::project::Project;
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
