//! No text makes the parser panic, and none is passed over in silence.

use proptest::prelude::*;
use tgp::diagnostics::source::SourceId;
use tgp::syntax::format::format;
use tgp::syntax::parse::{parse, parse_expr};
use tgp::syntax::tree::{ExprKind, File, FunctionBody, ItemKind, StepKind};

use super::corpus::files;
use super::layout::assert_laid_out_well;

/// What a slip of the finger or of an editor may put into a text.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "\"",
    "\"\"\"",
    "\\",
    "\\u{",
    "#",
    "##",
    "\n",
    "\n\n",
    " ",
    "-",
    "->",
    "=>",
    "=",
    "==",
    ",",
    ".",
    ":",
    "?",
    "??",
    "|",
    "%",
    "@",
    "'",
    ";",
    "é",
    "\u{feff}",
    "0x1",
    "1e999",
    "95%",
    "let ",
    "where ",
    "if ",
    "ask ",
    "not ",
    "is ",
    "in ",
    "x",
    "_",
    "curate ",
    "\ncurate a {\n",
    "\n}\n",
    "scripted ",
    "fn ",
    "otherwise ",
    "list<",
    ">",
    "up to ",
    "missing ",
];

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Delete(usize, usize),
    Repeat(usize, usize),
    Insert(usize, usize),
    Swap(usize, usize),
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = any::<proptest::sample::Index>().prop_map(|index| index.index(1 << 20));
    let edit = (0..4, place.clone(), place, 1..30_usize).prop_map(|(kind, at, other, length)| match kind {
        0 => Edit::Delete(at, length),
        1 => Edit::Repeat(at, length),
        2 => Edit::Insert(at, other),
        _ => Edit::Swap(at, other),
    });
    proptest::collection::vec(edit, 1..4)
}

pub(crate) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in edits {
        let length = characters.len().max(1);
        match *edit {
            Edit::Delete(at, count) => {
                let at = at % length;
                characters.drain(at..(at + count).min(characters.len()));
            }
            Edit::Repeat(at, count) => {
                let at = at % length;
                let again: Vec<char> = characters[at..(at + count).min(characters.len())].to_vec();
                characters.splice(at..at, again);
            }
            Edit::Insert(at, piece) => {
                let at = at % length;
                characters.splice(at..at, PIECES[piece % PIECES.len()].chars());
            }
            Edit::Swap(at, other) if !characters.is_empty() => characters.swap(at % length, other % length),
            Edit::Swap(..) => {}
        }
    }
    characters.into_iter().collect()
}

/// Whether an item or step of the file could not be read.
fn is_broken(file: &File) -> bool {
    file.items.iter().any(|item| match &item.kind {
        ItemKind::Broken => true,
        ItemKind::Node(node) => node.steps.iter().any(|step| matches!(step.kind, StepKind::Broken(_))),
        ItemKind::Function(function) => {
            matches!(&function.body, FunctionBody::Expr(expr) if expr.kind == ExprKind::Broken)
        }
        _ => false,
    })
}

fn assert_told(text: &str) {
    let (file, diagnostics) = parse(SourceId(0), text);
    assert!(!is_broken(&file) || !diagnostics.is_empty(), "broken in silence:\n{text}");
    for diagnostic in &diagnostics {
        assert!(!diagnostic.message.contains("could not be read"), "{diagnostic:?}\n{text}");
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.others) {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(text.get(start..end).is_some(), "{label:?} is not in\n{text}");
        }
    }
    match diagnostics.is_empty() {
        true => drop(assert_laid_out_well(text, "mutation")),
        false => assert!(format(text).is_err()),
    }
    drop(parse_expr(SourceId(0), text));
}

fn cases() -> u32 {
    std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(80)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_mutated_file_is_read_or_told(which in any::<proptest::sample::Index>(), edits in edits()) {
        let all = [files("ok"), files("layout")].concat();
        assert_told(&apply(&which.get(&all).1, &edits));
    }

    #[test]
    fn a_heap_of_pieces_is_read_or_told(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        assert_told(&text);
    }

    #[test]
    fn deep_nesting_is_read_or_told(openings in proptest::collection::vec(0..8_usize, 1..1200), closed in any::<bool>()) {
        const NESTS: [(&str, &str); 8] = [
            ("(", ")"), ("[", "]"), ("{ a = ", " }"), ("f(", ")"), ("\"{{", "}}\""), ("if a then b else ", ""),
            ("x => ", ""), ("not ", ""),
        ];
        let mut text = "param deep: int = ".to_owned();
        text.extend(openings.iter().map(|nest| NESTS[*nest].0));
        text.push('1');
        if closed {
            text.extend(openings.iter().rev().map(|nest| NESTS[*nest].1));
        }
        let (_, diagnostics) = parse(SourceId(0), &text);
        prop_assert!(openings.len() < 200 || !diagnostics.is_empty());
    }
}
