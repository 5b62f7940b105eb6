//! One thing told to the author of a file.

use super::source::Span;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A mistake or a doubt, where it is and what to do. The message stands alone: lower case,
/// names in backticks, no full stop.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Diagnostic {
    /// Stable name of the rule, such as `unknown-column`; has a page under `docs/errors/`.
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    /// Where the fix goes, and what to say there (may be empty).
    pub primary: Label,
    /// Other places that explain it, in any file.
    pub others: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Label {
    pub span: Span,
    pub text: String,
}
