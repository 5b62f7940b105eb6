//! How mistakes are told.

use proptest::prelude::*;

use tgp::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use tgp::diagnostics::render::{Style, json, render, short};
use tgp::diagnostics::source::{Source, SourceId, Sources, Span};

use super::assert_looks;

const FILE: &str = r#"pipeline safety.small @ 0.1.0

use std.judge { refusal }

models targets: chat

curate cases {
  read csv "cases.csv" as { question: text, gold: text }
}

query replies from cases to targets {
  user "{{quetsion}}"
}

judge verdicts from replies {
  verdict outcome: refused | complied = refusal(question)
  when outcome == refuse -> complied
}
"#;

const LIBRARY: &str = r#"library std.judge @ 1.0.0

fn refusal(request: text, reply: text, by: model) -> refused | complied =
  ask by "..."
"#;

struct Scene {
    sources: Sources,
    file: SourceId,
    library: SourceId,
}

impl Scene {
    fn new() -> Scene {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("safety/small.tgp", None, FILE));
        let library = sources.add(Source::new("std.judge", None, LIBRARY));
        Scene { sources, file, library }
    }

    fn at(&self, source: SourceId, text: &str, said: &str) -> Label {
        let start = self.sources.get(source).unwrap().text.find(text).unwrap();
        Label { span: Span::new(source, start, start + text.len()), text: said.to_owned() }
    }

    fn mistakes(&self) -> Vec<Diagnostic> {
        vec![
            Diagnostic {
                code: "missing-argument",
                severity: Severity::Error,
                message: "`refusal` needs `reply`".to_owned(),
                primary: self.at(self.file, "refusal(question)", "one argument of three"),
                others: vec![
                    self.at(self.library, "request: text, reply: text", "it takes these"),
                    self.at(self.file, "use std.judge { refusal }", "from here"),
                ],
                help: Some("write `refusal(question, reply, by = JUDGE)`".to_owned()),
            },
            Diagnostic {
                code: "unknown-column",
                severity: Severity::Error,
                message: "no column `quetsion` in `cases`; it has `question`, `gold`".to_owned(),
                primary: self.at(self.file, "quetsion", "did you mean `question`?"),
                others: vec![self.at(self.file, "{ question: text, gold: text }", "the columns of `cases`")],
                help: None,
            },
            Diagnostic {
                code: "unused-column",
                severity: Severity::Warning,
                message: "`gold` is read but nothing uses it".to_owned(),
                primary: self.at(self.file, "gold", ""),
                others: Vec::new(),
                help: Some("leave it out, or use it in a verdict".to_owned()),
            },
        ]
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let scene = Scene::new();
    let mistakes = scene.mistakes();
    assert_looks("diagnostics.txt", &render(&mistakes, &scene.sources, Style::PLAIN));
    let ascii = Style { unicode: false, width: 60, ..Style::PLAIN };
    assert_looks("diagnostics-ascii.txt", &render(&mistakes, &scene.sources, ascii));
    let colour = Style { colour: true, ..Style::PLAIN };
    assert_looks("diagnostics-colour.txt", &render(&mistakes, &scene.sources, colour));
    assert_looks("diagnostics-short.txt", &short(&mistakes, &scene.sources));
    assert_looks("diagnostics.json", &json(&mistakes, &scene.sources));
}

#[test]
fn the_end_of_a_text_can_be_shown() {
    for (text, line) in [("", 1), ("judge x {", 1), ("judge x {\n", 2)] {
        let mut sources = Sources::default();
        let source = sources.add(Source::new("a.tgp", None, text));
        let label =
            Label { span: Span::new(source, text.len(), text.len()), text: "expected `}` here".to_owned() };
        let mistake = Diagnostic {
            code: "syntax",
            severity: Severity::Error,
            message: "the block is not closed".to_owned(),
            primary: label,
            others: Vec::new(),
            help: None,
        };
        let shown = render(&[mistake], &sources, Style::PLAIN);
        assert!(shown.contains("expected `}` here"), "{text:?}: {shown}");
        assert!(shown.contains(&format!("a.tgp:{line}:")), "{text:?}: {shown}");
    }
}

#[test]
fn columns_count_characters_and_nothing_reaches_the_terminal() {
    let text = "let x = \"日本語\u{1b}[2J\" + wrong\r\n";
    let mut sources = Sources::default();
    let source = sources.add(Source::new("a.tgp", None, text));
    let start = text.find("wrong").unwrap();
    let mistake = Diagnostic {
        code: "unknown-name",
        severity: Severity::Error,
        message: "no \u{1b}[31mname".to_owned(),
        primary: Label { span: Span::new(source, start, start + 5), text: String::new() },
        others: Vec::new(),
        help: None,
    };
    let mistakes = [mistake];
    let told: serde_json::Value = serde_json::from_str(&json(&mistakes, &sources)).unwrap();
    assert_eq!(told[0]["primary"]["column"], 21);
    for shown in [render(&mistakes, &sources, Style::PLAIN), short(&mistakes, &sources)] {
        assert!(shown.contains("a.tgp:1:21"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}

fn any_label() -> impl Strategy<Value = Label> {
    let place = prop_oneof![0..40u32, Just(u32::MAX), any::<u32>()];
    (0..4u32, place.clone(), place, "\\PC{0,12}").prop_map(|(source, start, end, text)| Label {
        span: Span { source: SourceId(source), start, end },
        text,
    })
}

proptest! {
    #[test]
    fn any_span_of_any_text_can_be_shown(
        texts in prop::collection::vec("(\\PC|[\r\n\t\u{1b}é日]){0,30}", 3),
        labels in prop::collection::vec(any_label(), 1..5),
        message in "(\\PC|\n){0,90}",
        width in 0..120usize,
    ) {
        let mut sources = Sources::default();
        for (at, text) in texts.into_iter().enumerate() {
            sources.add(Source::new(format!("{at}.tgp"), None, text));
        }
        let mut others = labels;
        let primary = others.remove(0);
        let help = Some(message.clone());
        let mistakes = [Diagnostic { code: "some", severity: Severity::Error, message, primary, others, help }];
        for unicode in [true, false] {
            let shown = render(&mistakes, &sources, Style { unicode, colour: true, width });
            prop_assert!(shown.ends_with("\n1 error\n"));
            prop_assert!(!shown.contains("Failed to read"));
        }
        prop_assert_eq!(short(&mistakes, &sources).lines().count(), 1);
        let told: Vec<serde_json::Value> = serde_json::from_str(&json(&mistakes, &sources)).unwrap();
        prop_assert_eq!(told.len(), 1);
    }
}
