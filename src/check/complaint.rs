//! How a complaint is put together, and which names are near a wrong one.

use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::source::Span;

/// An error with its place; the rest is added by [`Explained`].
pub(super) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        code,
        severity: Severity::Error,
        message: message.into(),
        primary: Label { span, text: String::new() },
        others: Vec::new(),
        help: None,
    }
}

/// Adds to a diagnostic what makes it useful.
pub(super) trait Explained {
    /// What to say at the primary place.
    fn saying(self, text: impl Into<String>) -> Self;
    /// Another place that explains it.
    fn also(self, span: Span, text: impl Into<String>) -> Self;
    /// What to do.
    fn help(self, text: impl Into<String>) -> Self;
}

impl Explained for Diagnostic {
    fn saying(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.others.push(Label { span, text: text.into() });
        self
    }

    fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }
}

/// The most names that a help text lists.
const LISTED: usize = 8;

/// The name nearest to a wrong one, where one is near enough to be a slip.
pub(super) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= slack(wrong, name) && *distance > 0)
        // Among equally near ones the one that begins alike; names in no order come in one here.
        .min_by(|(one, a), (other, b)| {
            let alike = |name: &str| strsim::jaro_winkler(wrong, name);
            one.cmp(other).then(alike(b).total_cmp(&alike(a))).then(a.cmp(b))
        })
        .map(|(_, name)| name)
}

fn slack(wrong: &str, name: &str) -> usize {
    wrong.chars().count().max(name.chars().count()).div_ceil(3)
}

/// ``did you mean `question`? it has `question`, `gold` ``: the near name first, then what there
/// is. `subject` is the word before the list, such as "it has".
pub(super) fn suggestion<'n>(
    wrong: &str,
    subject: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    let names: Vec<&str> = names.into_iter().collect();
    let near = nearest(wrong, names.iter().copied());
    let listed = listing(&names);
    match (near, listed) {
        (Some(near), Some(listed)) if names.len() > 1 => {
            Some(format!("did you mean `{near}`? {subject} {listed}"))
        }
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, Some(listed)) => Some(format!("{subject} {listed}")),
        (None, None) => None,
    }
}

/// Adds a suggestion and, where a near name is known by its place, that place: the slip may be
/// there.
pub(super) fn suggest<'n>(
    problem: Diagnostic,
    wrong: &str,
    subject: &str,
    names: impl IntoIterator<Item = (&'n str, Option<Span>)>,
) -> Diagnostic {
    let names: Vec<(&str, Option<Span>)> = names.into_iter().collect();
    let words = || names.iter().map(|(name, _)| *name);
    let mut problem = Diagnostic { help: suggestion(wrong, subject, words()), ..problem };
    if let Some(near) = nearest(wrong, words()) {
        let place = names.iter().find(|(name, _)| *name == near).and_then(|(_, place)| *place);
        if let Some(place) = place {
            problem = problem.also(place, format!("`{near}` comes from here"));
        }
    }
    problem
}

/// `` `a`, `b` and 3 more``
pub(super) fn listing(names: &[&str]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(LISTED);
    Some(if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name() {
        assert_eq!(nearest("quetsion", ["gold", "question"]), Some("question"));
        assert_eq!(nearest("answer", ["gold", "question"]), None);
        assert_eq!(nearest("uper", ["user", "upper"]), Some("upper"));
        assert_eq!(nearest("uper", ["upper", "user"]), Some("upper"));
    }

    #[test]
    fn a_suggestion_names_what_there_is() {
        assert_eq!(
            suggestion("quetsion", "it has", ["question", "gold"]).as_deref(),
            Some("did you mean `question`? it has `question`, `gold`")
        );
        assert_eq!(suggestion("x", "it has", []), None);
    }
}
