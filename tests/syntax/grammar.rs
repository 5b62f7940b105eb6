//! The grammar is read by people too: every rule of it is used, and says by an example what it reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The rules with their bodies.
fn rules(grammar: &str) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    for line in grammar.lines().filter(|line| !line.trim_start().starts_with("//")) {
        match line.split_once(" = ") {
            Some((name, body)) if !line.starts_with(' ') => rules.push((name.trim().into(), body.into())),
            _ => {
                if let Some((_, body)) = rules.last_mut() {
                    body.push_str(line);
                }
            }
        }
    }
    rules
}

fn words(body: &str) -> BTreeSet<String> {
    let body = body.replace("\\\"", "");
    let outside = body.split('"').step_by(2);
    let words = outside.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.map(str::to_owned).collect()
}

#[test]
fn every_rule_is_used() {
    let grammar = text("grammar/tgp.pest");
    let rules = rules(&grammar);
    assert!(rules.len() > 150, "only {} rules were found", rules.len());
    // What the parser begins with.
    let begun: String =
        ["parse", "recovery", "grammar"].map(|file| text(&format!("src/syntax/{file}.rs"))).concat();
    for (name, _) in &rules {
        let in_another = rules.iter().any(|(other, body)| other != name && words(body).contains(name));
        let implicit = matches!(name.as_str(), "WHITESPACE" | "COMMENT");
        assert!(in_another || implicit || begun.contains(&format!("Rule::{name}")), "nothing uses `{name}`");
    }
}

/// Rules stand in the order of the language: what is used by one part stands before the parts after it.
#[test]
fn the_grammar_follows_the_language() {
    let grammar = text("grammar/tgp.pest");
    let place =
        |rule: &str| grammar.find(&format!("\n{rule} ")).unwrap_or_else(|| panic!("no rule `{rule}`"));
    let order = [
        "file",
        "header",
        "use_item",
        "param",
        "model",
        "type_item",
        "function",
        "stage",
        "node",
        "key",
        "let_step",
        "explode",
        "on",
        "user",
        "verdict",
        "metric",
        "report",
        "test",
        "expr",
        "string",
        "number",
        "kw_adds",
    ];
    for pair in order.windows(2) {
        assert!(place(pair[0]) < place(pair[1]), "`{}` stands after `{}`", pair[0], pair[1]);
    }
}
