//! What can be wrong with the writing of a file, and how it is said.

use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::source::Span;

use super::forms::{Form, Place};
use super::lower::DEEPEST;

/// A mistake in the writing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mistake {
    /// Something else stands where something of `expected` should.
    Unexpected {
        found: String,
        expected: String,
        help: Option<String>,
    },
    /// A word that begins nothing where it stands.
    Unknown {
        word: String,
        place: Place,
        near: Option<Form>,
    },
    ReservedWord {
        word: String,
        expected: String,
    },
    UnclosedBracket {
        open: &'static str,
        close: &'static str,
        opening: Span,
    },
    UnmatchedBracket {
        close: String,
    },
    /// A `"` or `"""` without its like.
    UnclosedString {
        quotes: &'static str,
    },
    UnclosedHole,
    /// A `}}` in a text without its `{{`.
    UnopenedHole,
    DanglingDoc,
    BadNumber {
        written: String,
    },
    BadEscape {
        written: String,
    },
    ChainedComparison,
    /// A hole in a string that names something for good.
    PlainString,
    /// A header that is not the first thing in its file.
    MisplacedHeader,
    NestedTooDeep,
    /// Grammar and lowering disagree.
    Mismatch,
}

impl Mistake {
    fn code(&self) -> &'static str {
        match self {
            Mistake::Unexpected { .. } | Mistake::Mismatch => "syntax",
            Mistake::Unknown { place, .. } => place.code,
            Mistake::ReservedWord { .. } => "reserved-word",
            Mistake::UnclosedBracket { .. } => "unclosed-bracket",
            Mistake::UnmatchedBracket { .. } => "unmatched-bracket",
            Mistake::UnclosedString { .. } => "unclosed-string",
            Mistake::UnclosedHole => "unclosed-hole",
            Mistake::UnopenedHole => "unopened-hole",
            Mistake::DanglingDoc => "dangling-doc",
            Mistake::BadNumber { .. } => "bad-number",
            Mistake::BadEscape { .. } => "bad-escape",
            Mistake::ChainedComparison => "chained-comparison",
            Mistake::PlainString => "plain-string",
            Mistake::MisplacedHeader => "misplaced-header",
            Mistake::NestedTooDeep => "nested-too-deep",
        }
    }

    fn message(&self) -> String {
        match self {
            Mistake::Unexpected { found, expected, .. } => format!("expected {expected}, found {found}"),
            Mistake::Unknown { place, word, near: None } => format!("unknown {} `{word}`", place.called),
            Mistake::Unknown { place, word, near: Some(near) } => {
                format!("unknown {} `{word}`; did you mean `{}`?", place.called, near.word)
            }
            Mistake::ReservedWord { word, expected } => {
                format!("expected {expected}, found the reserved word `{word}`")
            }
            Mistake::UnclosedBracket { open, .. } => format!("unclosed `{open}`"),
            Mistake::UnmatchedBracket { close } => format!("this `{close}` closes nothing"),
            Mistake::UnclosedString { quotes } => format!("this string has no closing `{quotes}`"),
            Mistake::UnclosedHole => "this hole has no closing `}}`".to_owned(),
            Mistake::UnopenedHole => "this `}}` closes no hole".to_owned(),
            Mistake::DanglingDoc => "this `##` comment documents nothing".to_owned(),
            Mistake::BadNumber { written } => format!("`{written}` is not a number that fits here"),
            Mistake::BadEscape { written } => format!("`{written}` is not an escape"),
            Mistake::ChainedComparison => "comparisons do not chain".to_owned(),
            Mistake::PlainString => "this string cannot have a hole".to_owned(),
            Mistake::MisplacedHeader => "the header is not the first thing in its file".to_owned(),
            Mistake::NestedTooDeep => format!("this is nested more than {DEEPEST} levels deep"),
            Mistake::Mismatch => "this could not be read".to_owned(),
        }
    }

    /// What to say at the place itself.
    fn label(&self) -> String {
        match self {
            Mistake::UnclosedBracket { close, .. } => format!("`{close}` is missing here"),
            _ => String::new(),
        }
    }

    fn others(&self) -> Vec<Label> {
        match self {
            Mistake::UnclosedBracket { opening, .. } => {
                vec![Label { span: *opening, text: "opened here".to_owned() }]
            }
            _ => Vec::new(),
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Mistake::Unexpected { help, .. } => return help.clone(),
            Mistake::Unknown { near: Some(near), .. } => near.help(),
            Mistake::Unknown { place, .. } => {
                let words: Vec<String> = place.forms.iter().map(|form| format!("`{}`", form.word)).collect();
                format!("here stands one of {}", words.join(", "))
            }
            Mistake::ReservedWord { word, .. } => format!("choose another name, such as `{word}_`"),
            Mistake::UnmatchedBracket { .. } => "take it away, or open it before".to_owned(),
            Mistake::UnclosedString { quotes: "\"" } => {
                "close it on its line; a text of several lines stands between `\"\"\"`".to_owned()
            }
            Mistake::UnclosedString { quotes } => format!("put `{quotes}` where the text ends"),
            Mistake::UnclosedHole => "close it with `}}`; a literal `{{` is written `\\{{`".to_owned(),
            Mistake::UnopenedHole => "a hole begins with `{{`; a literal `}}` is written `\\}}`".to_owned(),
            Mistake::DanglingDoc => {
                "put it above an item, a step or a field, or begin it with a single `#`".to_owned()
            }
            Mistake::BadNumber { .. } => {
                "numbers read `200`, `1_000`, `0.05` or `1e-3`, without a unit".to_owned()
            }
            Mistake::BadEscape { .. } => {
                "the escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `\\{`, `\\}` and `\\u{1f600}`".to_owned()
            }
            Mistake::ChainedComparison => "join two comparisons with `and`, or put parentheses".to_owned(),
            Mistake::PlainString => "write the text out; a literal `{{` is written `\\{{`".to_owned(),
            Mistake::MisplacedHeader => "a file has one header, before all else".to_owned(),
            Mistake::NestedTooDeep => "give a name to a part of it, with `let` or `fn`".to_owned(),
            Mistake::UnclosedBracket { .. } | Mistake::Mismatch => return None,
        };
        Some(help)
    }

    pub(super) fn at(self, span: Span) -> Diagnostic {
        Diagnostic {
            code: self.code(),
            severity: Severity::Error,
            message: self.message(),
            primary: Label { span, text: self.label() },
            others: self.others(),
            help: self.help(),
        }
    }
}
