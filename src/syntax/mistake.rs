//! What can be wrong with the writing of a file, and how it is said.

use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::source::Span;

use super::lower::DEEPEST;

/// A mistake in the writing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mistake {
    /// Something else stands where `expected` should.
    Unexpected {
        found: String,
        expected: String,
    },
    BadNumber {
        written: String,
    },
    BadEscape {
        written: String,
    },
    ChainedComparison,
    HoleInPlainString,
    NestedTooDeep,
    /// Grammar and lowering disagree.
    Mismatch,
}

impl Mistake {
    fn code(&self) -> &'static str {
        match self {
            Mistake::Unexpected { .. } | Mistake::HoleInPlainString | Mistake::Mismatch => "syntax",
            Mistake::BadNumber { .. } => "bad-number",
            Mistake::BadEscape { .. } => "bad-escape",
            Mistake::ChainedComparison => "chained-comparison",
            Mistake::NestedTooDeep => "nested-too-deep",
        }
    }

    fn message(&self) -> String {
        match self {
            Mistake::Unexpected { found, expected } => format!("expected {expected}, found {found}"),
            Mistake::BadNumber { written } => format!("`{written}` is not a number that fits here"),
            Mistake::BadEscape { written } => format!("`{written}` is not an escape"),
            Mistake::ChainedComparison => "comparisons do not chain".to_owned(),
            Mistake::HoleInPlainString => "no hole can stand in this string".to_owned(),
            Mistake::NestedTooDeep => format!("this is nested more than {DEEPEST} levels deep"),
            Mistake::Mismatch => "this could not be read".to_owned(),
        }
    }

    pub(super) fn at(self, span: Span) -> Diagnostic {
        Diagnostic {
            code: self.code(),
            severity: Severity::Error,
            message: self.message(),
            primary: Label { span, text: String::new() },
            others: Vec::new(),
            help: None,
        }
    }
}
