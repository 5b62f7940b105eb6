//! Fingerprints are blind to names, layout, order and comments, and see everything else: over all sound
//! files of the project, by systematic edits.

use std::collections::BTreeSet;

use tgp::diagnostics::source::SourceId;
use tgp::syntax::format::format;
use tgp::syntax::parse::parse;
use tgp::syntax::tree::{FunctionBody, ItemKind, Pattern, StepKind};

use crate::slips::meaning::meaning;
use crate::slips::sound::{Sound, sound_files};
use crate::slips::token::{TokenKind, tokens};

fn same(file: &Sound, sound: &str, text: &str, edit: &str) {
    let name = file.name();
    let Some(now) = meaning(file, text) else {
        let told = file.check(text, None).diagnostics;
        panic!("{name}, {edit}: {told:#?}\n{text}");
    };
    if now != sound {
        let differ = now.lines().zip(sound.lines()).find(|(now, was)| now != was);
        panic!("{name}, {edit}: {differ:#?}");
    }
}

/// The names that a file gives to its own things and that nothing but the file sees. Not among them:
/// what is read from outside or sent, shown in a table, or a part of a record.
fn own_names(text: &str) -> BTreeSet<String> {
    let (file, _) = parse(SourceId(0), text);
    let mut names = BTreeSet::new();
    let mut steps = |steps: &[tgp::syntax::tree::Step]| {
        for step in steps {
            match &step.kind {
                StepKind::Let(one) => match &one.pattern {
                    Pattern::Name(name) => drop(names.insert(name.value.to_string())),
                    Pattern::Fields(_) => {}
                },
                StepKind::Explode { name, .. }
                | StepKind::Cross { name, .. }
                | StepKind::Repeat { name, .. }
                | StepKind::Verdict { name, .. } => drop(names.insert(name.value.to_string())),
                _ => {}
            }
        }
    };
    for item in &file.items {
        match &item.kind {
            ItemKind::Node(node) => steps(&node.steps),
            ItemKind::Stage(stage) => steps(&stage.steps),
            _ => {}
        }
    }
    for item in &file.items {
        match &item.kind {
            ItemKind::Param(param) => drop(names.insert(param.name.value.to_string())),
            ItemKind::Model(model) => drop(names.insert(model.name.value.to_string())),
            ItemKind::Type(kind) => drop(names.insert(kind.name.value.to_string())),
            ItemKind::Node(node) => drop(names.insert(node.name.value.to_string())),
            ItemKind::Stage(stage) => {
                names.extend(stage.parameters.iter().map(|parameter| parameter.name.value.to_string()));
            }
            ItemKind::Function(function) => {
                names.insert(function.name.value.to_string());
                names.extend(function.parameters.iter().map(|parameter| parameter.name.value.to_string()));
                if let FunctionBody::Block { lets, .. } = &function.body {
                    for one in lets {
                        if let Pattern::Name(name) = &one.pattern {
                            names.insert(name.value.to_string());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// The text with a word renamed wherever it stands as a name; nothing where it is also something else:
/// a field after a dot, an argument's or field's name, a variation, whose name is a value.
fn renamed(text: &str, word: &str) -> Option<String> {
    let mut out = String::new();
    let mut end = 0;
    let declares = ["let", "param", "model", "models", "type", "metric", "verdict", "bind", "set"];
    let tokens = tokens(text);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Word || &text[token.range.clone()] != word {
            continue;
        }
        let before = text[..token.range.start].trim_end();
        let after = text[token.range.end..].trim_start();
        let keyword = at.checked_sub(1).map(|at| &text[tokens[at].range.clone()]).unwrap_or("");
        let named = after.starts_with(':') || after.starts_with('=') && !after.starts_with("==");
        let declared = declares.contains(&keyword) || in_signature(text, token.range.start);
        let listed = list_of_variations(text, token.range.start);
        // A metric of the same name stands in the table, and a label is a value.
        if keyword == "metric" || before.ends_with('|') || after.starts_with('|') {
            return None;
        }
        let aliased = keyword == "as" || after.starts_with("as ");
        if before.ends_with('.')
            || named && !declared
            || listed
            || aliased && !begins_step(text, token.range.start)
        {
            return None;
        }
        out.push_str(&text[end..token.range.start]);
        out.push_str(&format!("renamed_{word}_"));
        end = token.range.end;
    }
    (end > 0).then(|| out + &text[end..])
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
    text[start..end].trim()
}

/// In the parameters of a function or stage.
fn in_signature(text: &str, at: usize) -> bool {
    let item = text[..at].rfind("\nfn ").max(text[..at].rfind("\nstage "));
    item.is_some_and(|start| {
        let open = text[start..].find('(').map(|open| start + open);
        let close = text[start..].find(')').map(|close| start + close);
        open.is_some_and(|open| open < at) && close.is_none_or(|close| at < close)
    })
}

/// In a list after `with`, `one of` or a function of variations.
fn list_of_variations(text: &str, at: usize) -> bool {
    let opening = text[..at].rfind('[').filter(|open| !text[*open..at].contains(']'));
    opening.is_some_and(|open| {
        let line = line_of(text, open);
        line.starts_with("with ") || line.starts_with("one of ") || line.contains("variations =")
    })
}

fn begins_step(text: &str, at: usize) -> bool {
    let line = line_of(text, at);
    ["explode ", "repeat ", "batch ", "search ", "fetch "].iter().any(|word| line.starts_with(word))
}

/// One in so many edits is tried; all with `EDITS=1`.
fn every(usual: usize) -> usize {
    std::env::var("EDITS").ok().and_then(|every| every.parse().ok()).unwrap_or(usual)
}

#[test]
fn fingerprints_are_blind_to_names() {
    let mut tried = 0;
    for file in sound_files() {
        let sound = meaning(&file, &file.text).unwrap();
        // What a library only defines means what is written there, names and all.
        if file.text.contains("\nlibrary ") || file.text.starts_with("library ") {
            continue;
        }
        for word in own_names(&file.text).into_iter().step_by(every(6)) {
            let Some(text) = renamed(&file.text, &word) else { continue };
            // A column that is read under its name, or a library that knows it, is told.
            if file.check(&text, None).diagnostics.is_empty() {
                same(&file, &sound, &text, &format!("`{word}` renamed"));
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "only {tried} names were renamed");
}

/// Places between tokens where a line may end, outside of strings.
fn line_ends(text: &str) -> Vec<usize> {
    let tokens = tokens(text);
    let strings: Vec<_> = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Quote)
        .filter_map(|token| Some(token.range.start..tokens[token.partner?].range.end))
        .filter(|string| string.start < string.end)
        .collect();
    let ends = text.match_indices('\n').map(|(at, _)| at);
    ends.filter(|at| !strings.iter().any(|string| string.contains(at))).collect()
}

#[test]
fn fingerprints_are_blind_to_layout_and_comments() {
    for file in sound_files() {
        let sound = meaning(&file, &file.text).unwrap();
        let ends = line_ends(&file.text);
        for (put, edit) in [("\n", "blank lines"), ("  # a remark", "comments"), ("   ", "blanks")] {
            let mut text = String::new();
            let mut from = 0;
            for end in &ends {
                text.push_str(&file.text[from..*end]);
                let comment = file.text[..*end].rsplit('\n').next().unwrap_or("").contains('#');
                text.push_str(if put.contains('#') && comment { "" } else { put });
                from = *end;
            }
            text.push_str(&file.text[from..]);
            same(&file, &sound, &text, edit);
            // The canonical layout means the same, and the same text comes of every layout.
            let laid_out = format(&text).unwrap();
            let again = format(&laid_out).unwrap();
            assert_eq!(again, laid_out, "{}: {edit}", file.name());
            if put == "\n" {
                same(&file, &sound, &laid_out, "laid out");
            }
        }
        let without: String = file
            .text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .fold(String::new(), |text, line| text + line + "\n");
        if !file.text.contains("\"\"\"") {
            same(&file, &sound, &without, "without comments");
        }
    }
}

#[test]
fn fingerprints_are_blind_to_order() {
    for file in sound_files() {
        let sound = meaning(&file, &file.text).unwrap();
        let (tree, _) = parse(SourceId(0), &file.text);
        // A score may name those before it.
        if tree.items.iter().any(|item| matches!(item.kind, ItemKind::Score(_) | ItemKind::Run(_))) {
            continue;
        }
        let Some(first) = tree.items.first() else { continue };
        let header = tree.header.as_ref().map_or(0, |header| header.span.end as usize);
        assert!(header <= first.span.start as usize);
        let items =
            tree.items.iter().map(|item| &file.text[item.span.start as usize..item.span.end as usize]);
        let items: Vec<&str> = items.collect();
        for turned in [items.iter().rev().copied().collect::<Vec<_>>(), {
            let mut items = items.clone();
            let half = items.len() / 2;
            items.rotate_left(half);
            items
        }] {
            let text = format!("{}\n\n{}\n", &file.text[..header], turned.join("\n\n"));
            same(&file, &sound, &text, "items in another order");
        }
    }
}

/// Edits that mean something else, each at every place where it can be made.
fn edits(text: &str) -> Vec<(String, String)> {
    const SWAPS: &[(&str, &str)] = &[
        ("==", "!="),
        ("!=", "=="),
        ("<", "<="),
        (">", ">="),
        ("<=", "<"),
        (">=", ">"),
        ("+", "-"),
        ("*", "/"),
        ("/", "*"),
        ("and", "or"),
        ("or", "and"),
        ("higher", "lower"),
        ("lower", "higher"),
        ("excluded", "zero"),
        ("pooled", "macro"),
        ("macro", "pooled"),
        ("rate", "mean"),
        ("drop", "fail"),
        ("left", "random"),
        ("bootstrap", "normal"),
        ("present", "missing"),
        ("descending", ""),
        ("random", "left"),
        ("majority", "unanimous"),
        ("true", "false"),
        ("false", "true"),
    ];
    let tokens = tokens(text);
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let mut range = token.range.clone();
        // Two signs that are one.
        if let Some(next) = tokens.get(at + 1)
            && token.kind == TokenKind::Sign
            && next.range.start == range.end
            && matches!(&text[range.start..next.range.end], "==" | "!=" | "<=" | ">=" | "=>" | "->" | "??")
        {
            range.end = next.range.end;
            at += 1;
        }
        at += 1;
        let written = &text[range.clone()];
        let mut edit = |with: &str| {
            let edited = format!("{}{with}{}", &text[..range.start], &text[range.end..]);
            let line = text[..range.start].matches('\n').count() + 1;
            edits.push((format!("line {line}: `{written}` to `{with}`"), edited));
        };
        match token.kind {
            TokenKind::Number => edit(&format!("{written}7")),
            _ => SWAPS.iter().filter(|(was, _)| *was == written).for_each(|(_, with)| edit(with)),
        }
    }
    // A text with one word more.
    for token in &tokens {
        if let (TokenKind::Quote, Some(partner)) = (token.kind, token.partner)
            && tokens[partner].range.start > token.range.start
        {
            let end = tokens[partner].range.start;
            let line = text[..end].matches('\n').count() + 1;
            let edited = format!("{} more{}", &text[..end], &text[end..]);
            edits.push((format!("line {line}: a text with a word more"), edited));
        }
    }
    edits
}

/// What may change and still compute the same.
fn means_nothing(file: &Sound, edited: &str, edit: &str) -> bool {
    let line: usize = edit["line ".len()..].split(':').next().unwrap().parse().unwrap();
    let written = file.text.lines().nth(line - 1).unwrap_or("").trim();
    let shown = ["title ", "text ", "test ", "failures ", "pipeline ", "library ", "suite "];
    let expected = within(&file.text, line, "expect ");
    // The numbers of a version.
    shown.iter().any(|word| written.starts_with(word)) || expected || edited.is_empty()
}

/// Whether a line belongs to a clause that begins with a word.
fn within(text: &str, line: usize, word: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut at = line - 1;
    let mut depth = indent(lines[at]) + 1;
    loop {
        if indent(lines[at]) < depth && !lines[at].trim().is_empty() {
            if lines[at].trim_start().starts_with(word) {
                return true;
            }
            // What closes a bracket belongs to the line that opened it.
            let closes = lines[at].trim_start().starts_with([']', ')', '}']);
            depth = indent(lines[at]) + usize::from(closes);
        }
        if at == 0 || depth == 0 {
            return false;
        }
        at -= 1;
    }
}

#[test]
fn fingerprints_see_everything_else() {
    let mut tried = 0;
    for (turn, file) in sound_files().into_iter().enumerate() {
        let sound = meaning(&file, &file.text).unwrap();
        let every = every(48);
        for (edit, text) in edits(&file.text).into_iter().skip(turn % every).step_by(every) {
            if means_nothing(&file, &text, &edit) {
                continue;
            }
            if let Some(now) = meaning(&file, &text) {
                assert!(now != sound, "{}, {edit} changes nothing:\n{text}", file.name());
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "only {tried} edits left their file sound");
}

/// Which of two models is asked what is part of the meaning, even where both do something in one unit.
#[test]
fn fingerprints_see_which_model_is_asked() {
    let text = |first: &str, second: &str| {
        format!(
            "pipeline two.models @ 1.0.0\n\nmodel a = openai(\"gpt-4o\")\nmodel b = openai(\"gpt-4o-mini\")\n\n\
             curate rows {{\n  rows [{{ x = \"y\" }}]\n}}\n\ngenerate asked from rows {{\n  \
             let one = ask {first} \"One: {{{{x}}}}\"\n  let two = ask {second} \"Two: {{{{x}}}}\"\n  where one != two\n}}\n"
        )
    };
    let file = Sound { path: "two.tgp".into(), text: text("a", "b") };
    let sound = meaning(&file, &file.text).unwrap();
    assert_ne!(meaning(&file, &text("b", "a")).unwrap(), sound);
    // Declared the other way about, they are the same.
    let declared = "model a = openai(\"gpt-4o\")\nmodel b = openai(\"gpt-4o-mini\")\n";
    let turned = "model b = openai(\"gpt-4o-mini\")\nmodel a = openai(\"gpt-4o\")\n";
    same(&file, &sound, &file.text.replace(declared, turned), "models in another order");
}

/// A script that stands for one model and was given no name goes by the model's, which is a name like
/// others unless an arm asks for it.
#[test]
fn the_name_of_a_scripted_model_is_a_name() {
    let file = |name: &str, prompt: &str| {
        let text = format!(
            "pipeline a.script @ 1.0.0\n\nmodel {name} = scripted {{ 0.5 => {prompt}  _ => \"no\" }}\n\n\
             curate items {{\n  rows 20 {{ n = i }}\n}}\n\n\
             generate cases from items {{\n  let said = ask {name} \"Well, {{{{n}}}}?\"\n  where said != \"\"\n}}\n"
        );
        let checked = crate::check::checked(&text, &Default::default());
        crate::slips::meaning::of_program(
            &checked.program.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)),
        )
    };
    assert_eq!(file("author", "\"yes\""), file("writer", "\"yes\""));
    assert_ne!(file("author", "model"), file("writer", "model"));
    assert_ne!(file("author", "\"yes\""), file("author", "\"no\""));
}
