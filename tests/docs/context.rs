//! A fragment of a file as a whole file: with what it needs of `context.tgp` around it.

use std::collections::BTreeSet;

use super::block::Block;

/// Words that begin an item with a name.
const ITEMS: [&str; 15] = [
    "use", "param", "model", "models", "type", "fn", "stage", "curate", "generate", "vary", "query", "judge",
    "measure", "run", "score",
];

/// What a node needs, where a fragment is about something else: words of which one stands at the
/// head of a line, what is added where none does, and the code that is told without it.
const NEEDS: [(&str, &[&str], &str, &str); 8] = [
    ("vary", &["on"], "on question", "nothing-varied"),
    ("vary", &["with", "one"], "with [upper]", "nothing-varied"),
    ("query", &["user", "turns"], "user question", "nothing-asked"),
    ("judge", &["verdict"], "verdict sound: bool = true", "no-verdict"),
    ("measure", &["by"], "by model, variant", "baseline-key"),
    ("measure", &["metric"], "metric shown = rate(correct) better higher", "no-metric"),
    ("measure", &["missing"], "missing excluded", "missing-policy"),
    ("test", &["expect"], "expect failed == 0", ""),
];

/// The file that a block stands for.
pub(super) fn file(block: &Block, context: &str) -> String {
    let Some(fragment) = &block.fragment else { return block.text.clone() };
    let text = &block.text;
    let completed = indented(&complete(fragment, text, block.error.as_deref()));
    let steps = indented(text);
    let items = match fragment.as_str() {
        "items" => text.clone(),
        "library" => return format!("library docs.fragment @ 1.0.0\n\n{text}"),
        "suite" => return format!("suite docs.fragment @ 1.0.0\n\n{text}"),
        "curate" if begins(text, &["read", "rows"]) => format!("curate example {{\n{steps}}}\n"),
        "curate" => format!("curate example from items {{\n{steps}}}\n"),
        "steps" | "generate" => format!("generate example from items {{\n{steps}}}\n"),
        "vary" => format!("vary example from cases {{\n{completed}}}\n"),
        "query" => format!("query example from forms to targets {{\n{completed}}}\n"),
        "judge" => format!("judge example from replies by judge {{\n{completed}}}\n"),
        "measure" => format!("measure example from verdicts {{\n{completed}}}\n"),
        "test" => format!("test \"example\" {{\n{completed}}}\n"),
        "expr" => {
            format!("judge example from replies by judge {{\n{}verdict sound: bool = true\n}}\n", lets(text))
        }
        "type" => types(text),
        other => panic!("{}:{}: no fragment `{other}`", block.page.display(), block.line),
    };
    format!("pipeline docs.fragment @ 1.0.0\n\n{}{items}", around(&items, context))
}

/// As it stands between braces: where brackets don't come out even, the layout counts.
fn indented(steps: &str) -> String {
    steps.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

/// Each line an expression; an indented one goes on with the line above.
fn lets(text: &str) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let ends = line.trim().is_empty() || line.starts_with('#');
        match ends || line.starts_with(' ') || line.starts_with('}') {
            true => out.push_str(line),
            false => out.push_str(&format!("let _example_{number} = {line}")),
        }
        out.push('\n');
    }
    out
}

/// Each line a type.
fn types(text: &str) -> String {
    let named = text.lines().enumerate().map(|(number, line)| format!("type _example_{number} = {line}\n"));
    named.collect()
}

fn complete(fragment: &str, text: &str, error: Option<&str>) -> String {
    let mut completed = text.to_owned();
    for (kind, words, addition, code) in NEEDS {
        if kind == fragment && error != Some(code) && !text.lines().any(|line| begins(line, words)) {
            completed.push_str(addition);
            completed.push('\n');
        }
    }
    completed
}

fn begins(text: &str, words: &[&str]) -> bool {
    text.split_whitespace().next().is_some_and(|first| words.contains(&first))
}

/// The items of the context that a text mentions and does not define, with those that they mention.
fn around(text: &str, context: &str) -> String {
    let known: Vec<(BTreeSet<String>, &str)> =
        context.split("\n\n").skip(1).map(|item| (defined(item), item.trim_end())).collect();
    let own: BTreeSet<String> = defined(text);
    let mut wanted = words(text);
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    loop {
        let found = known.iter().enumerate().find(|(at, (names, _))| {
            !taken.contains(at) && names.is_disjoint(&own) && !names.is_disjoint(&wanted)
        });
        let Some((at, (_, item))) = found else { break };
        taken.insert(at);
        wanted.extend(words(item));
    }
    taken.iter().map(|at| format!("{}\n\n", known[*at].1)).collect()
}

/// The names that items at the left margin define or, with `use`, bring in.
fn defined(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let Some((word, rest)) = line.split_once(' ') else { continue };
        if word == "use" {
            let listed = rest.split_once('{').map_or(rest, |(_, listed)| listed);
            names.extend(listed.split(',').filter_map(|one| words_of(one).last()));
        } else if ITEMS.contains(&word) {
            names.extend(words_of(rest).next());
        }
    }
    names
}

fn words(text: &str) -> BTreeSet<String> {
    words_of(text).collect()
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
}
