//! A plan says what would run, from which door the rest comes, and why.

use crate::models::server::Server;

use super::incremental::{BIND, answering, paid};
use super::project::{Ended, Project};

/// The reasons of a node in words, and the calls it would make.
fn planned(plan: &Ended, node: &str) -> (Vec<String>, u64) {
    let events = plan.events();
    let found = events.iter().find(|event| event["node"] == node).unwrap_or_else(|| panic!("{}", plan.out));
    let told = found["told"].as_array().unwrap().iter().map(|told| told.as_str().unwrap().to_owned());
    (told.collect(), found["calls"].as_u64().unwrap())
}

fn ran(count: usize) -> (Project, Server) {
    let server = Server::start(answering());
    let project = paid(count, &server);
    project.tgp(&format!("run paid.tgp {BIND}")).complete();
    (project, server)
}

#[test]
fn rows_of_a_file_are_counted_by_what_became_of_them() {
    let (project, _server) = ran(40);
    project.edit("items.jsonl", "What is 7 and 7", "What is seven and 7");
    project.edit("items.jsonl", "{\"n\": 9, \"question\": \"What is 9 and 9?\"}\n", "");
    project.edit("items.jsonl", "{\"n\": 0,", "{\"n\": 100, \"question\": \"New?\"}\n{\"n\": 0,");
    let plan = project.tgp(&format!("plan paid.tgp --json {BIND}")).complete();
    assert_eq!(planned(&plan, "items").0, ["1 row new, 1 gone, 1 edited in items.jsonl"]);
    assert_eq!(planned(&plan, "answers"), (vec!["1 row new, 1 gone, 1 edited in `items`".to_owned()], 2));
    assert_eq!(planned(&plan, "verdicts").0, ["waits for `answers`"]);
    let told = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    assert!(told.out.contains("38 replies on record"), "{}", told.out);
    assert!(told.out.contains("about 4 calls to make"), "{}", told.out);
}

#[test]
fn the_changed_line_is_shown_as_it_was_and_as_it_is() {
    let (project, _server) = ran(5);
    project.edit("paid.tgp", "Is this a good", "Would you call this a good");
    project.edit("paid.tgp", "by model", "by model, n");
    let plan = project.tgp(&format!("plan paid.tgp {BIND}")).complete();
    for part in [
        "judge prompt changed at line 18",
        "- user \"Is this a good",
        "+ user \"Would you call this a good",
        "`by` changed at line 24",
        "and waits for `verdicts`",
    ] {
        assert!(plan.out.contains(part), "{part}:\n{}", plan.out);
    }
}

#[test]
fn a_reason_is_found_wherever_it_lies() {
    let (project, _server) = ran(5);
    let plan = |arguments: &str| project.tgp(&format!("plan paid.tgp --json {arguments}")).complete();
    let two = plan("--bind targets=openai/one,openai/two --bind critic=openai/critic");
    assert_eq!(planned(&two, "answers"), (vec!["openai/two asked for the first time".to_owned()], 5));
    let other = plan("--bind targets=openai/one --bind critic=openai/other");
    assert_eq!(
        planned(&other, "verdicts"),
        (vec!["model `critic` was openai/critic, is openai/other".to_owned()], 5)
    );
    let few = plan(&format!("--limit 3 {BIND}"));
    assert_eq!(planned(&few, "items").0, ["the limit of rows was none, is 3"]);
    let anew = plan(&format!("--refresh verdicts {BIND}"));
    assert_eq!(planned(&anew, "verdicts"), (vec!["worked anew, as asked".to_owned()], 0));
    project.edit("paid.tgp", "models targets", "seed 7\n\nmodels targets");
    assert_eq!(planned(&plan(BIND), "quality").0, ["the seed was 0, is 7"]);
}

#[test]
fn a_function_and_a_parameter_are_named() {
    let file = "pipeline test.named @ 1.0.0\n\nparam least: int = 1\n\nmodels targets = [scripted(\"a\") { _ => prompt }]\n\n\
        fn asked(text: text) -> text = \"Please: {{text}}\"\n\n\
        curate items {\n  read jsonl \"items.jsonl\" as { n: int, question: text }\n  key n\n  where n > least\n}\n\n\
        query answers from items to targets {\n  user asked(question)\n}\n\n\
        measure count from answers {\n  metric rows = count() better higher\n  missing excluded\n}\n";
    let project = Project::new().with("named.tgp", file).with("items.jsonl", &super::project::questions(6));
    project.tgp("run named.tgp").complete();
    let set = project.tgp("plan named.tgp --json --set least=2").complete();
    assert_eq!(planned(&set, "items").0, ["parameter `least` was 1, is 2"]);
    project.edit("named.tgp", "Please:", "Kindly:");
    let plan = project.tgp("plan named.tgp --json").complete();
    assert_eq!(planned(&plan, "answers").0, ["function `asked` changed at line 7"]);
    assert_eq!(planned(&plan, "items").0.len(), 0, "{}", plan.out);
}

#[test]
fn a_run_says_what_it_saved() {
    let (project, _server) = ran(20);
    let again = project.tgp(&format!("run paid.tgp {BIND}")).complete();
    assert!(again.messages.contains("no calls · 40 calls saved"), "{}", again.messages);
    project.edit("paid.tgp", "Is this a good", "Would you call this a good");
    let changed = project.tgp(&format!("run paid.tgp --json {BIND}")).complete();
    let end = changed.events().pop().unwrap();
    assert_eq!((end["calls"].as_u64(), end["saved_calls"].as_u64()), (Some(20), Some(20)));
    assert_eq!(changed.node("verdicts", "why")[0], "judge prompt changed at line 18");
}

#[test]
fn what_a_saved_call_cost_is_known_where_its_price_is() {
    let server = Server::start(answering());
    let project = paid(10, &server);
    let bind = "--bind targets=openai/gpt-4o-mini --bind critic=openai/gpt-4o";
    let first = project.tgp(&format!("run paid.tgp --json {bind}")).complete();
    let spent: u64 =
        ["answers", "verdicts"].iter().map(|node| first.node(node, "microdollars").as_u64().unwrap()).sum();
    assert!(spent > 0);
    // Known as a whole, chunk by chunk, and call by call, the same was saved.
    let ways = ["", "--refresh quality", "--refresh answers --refresh verdicts"];
    for way in ways {
        let again = project.tgp(&format!("run paid.tgp --json {bind} {way}")).complete();
        let end = again.events().pop().unwrap();
        assert_eq!((&end["saved_calls"], &end["saved_microdollars"]), (&20.into(), &spent.into()), "{way}");
    }
}
