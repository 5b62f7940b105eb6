//! Where a slip may be that is told elsewhere: a misspelt declaration is told at each of its uses,
//! a wrong type where the value is used. What is told there also shows the place it comes from.

use std::collections::HashMap;

use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{SourceId, Sources, Span};
use crate::syntax::tree::{Item, Name};
use crate::syntax::words::{is_keyword, words};

use super::codes;
use super::complaint::Explained;
use super::library::Library;
use super::types::builtin;

/// A connection that was made between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    /// The use of a name, or a value.
    pub(super) used: Span,
    pub(super) of: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The name was made there.
    Made(Span),
    /// The value must be what is declared there.
    Wanted(Span),
    /// The name is that of a record's field.
    Field,
}

/// The places that are added to what is told of types, at most.
const MOST: usize = 3;

/// Complaints about what a value is, rather than about its name.
const OF_VALUES: [&str; 11] = [
    codes::IMAGE_IN_TEXT,
    codes::MAY_BE_MISSING,
    codes::NEVER_EQUAL,
    codes::NEVER_MISSING,
    codes::NOT_A_LIST,
    codes::NOT_A_RECORD,
    codes::TYPE_MISMATCH,
    codes::UNKNOWN_LABEL,
    codes::WRONG_BINDING,
    codes::WRONG_CAPABILITY,
    codes::NOT_A_VARIATION,
];

/// Complaints, beside those of unknown names, that may come of a name written wrongly elsewhere.
const OF_NAMES: [&str; 7] = [
    codes::MISSING_FIELD,
    codes::NOT_A_VALUE,
    codes::REPLAY_KEY,
    codes::SCRIPT_IDLE,
    codes::SCRIPT_INCOMPLETE,
    codes::TYPE_MISMATCH,
    codes::WRONG_ARGUMENTS,
];

/// Adds the places where a slip is likely to what is told.
pub(super) fn show(
    diagnostics: &mut [Diagnostic],
    sources: &Sources,
    library: &Library,
    seen: &[Seen],
    fields: &[Name],
) {
    let mut once: HashMap<SourceId, Vec<(Span, String)>> = HashMap::new();
    for told in diagnostics {
        if OF_VALUES.contains(&told.code) {
            origins(told, sources, seen, fields);
        }
        let source = told.primary.span.source;
        let module = library.modules.iter().find(|module| module.source == source);
        let Some(module) = module.filter(|module| !module.standard) else { continue };
        let lone = once.entry(source).or_insert_with(|| standing_once(sources, source));
        if told.code.starts_with("unknown-") || OF_NAMES.contains(&told.code) {
            lone_word(told, sources, lone, &module.file.items);
        }
    }
}

/// Where the names in what is told to be of the wrong kind were made, and what wanted another.
fn origins(told: &mut Diagnostic, sources: &Sources, seen: &[Seen], fields: &[Name]) {
    let spans: Vec<Span> =
        std::iter::once(&told.primary).chain(&told.others).map(|label| label.span).collect();
    let within = |used: Span| spans.iter().any(|span| holds(*span, used));
    let mut seen: Vec<Seen> = seen.iter().filter(|seen| within(seen.used)).copied().collect();
    seen.sort_unstable();
    seen.sort_by_key(|seen| match seen.of {
        Origin::Wanted(_) => 0,
        Origin::Field => 1,
        Origin::Made(_) => 2,
    });
    let mut places: Vec<(Span, String)> = Vec::new();
    for name in differing(&told.message) {
        let place =
            fields.iter().rfind(|field| *field.value == *name && holds(told.primary.span, field.span));
        places.extend(place.map(|place| (place.span, format!("`{name}` is declared here"))));
    }
    for Seen { used, of } in seen {
        let word = sources.text(used);
        match of {
            Origin::Made(place) => places.push((place, format!("`{word}` comes from here"))),
            Origin::Wanted(place) if used == told.primary.span => {
                places.push((place, "declared here".to_owned()));
            }
            Origin::Wanted(_) => {}
            Origin::Field => {
                let place = declared(word, used, fields);
                places.extend(place.map(|place| (place, format!("`{word}` is declared here"))));
            }
        }
    }
    let mut added = 0;
    for (place, text) in places {
        if added < MOST && !shows(told, sources, place) {
            *told = told.clone().also(place, text);
            added += 1;
        }
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    inner.source == outer.source && inner.start >= outer.start && inner.end <= outer.end
}

/// The fields that two records in a message have of different types: `must be { a: text }, but this
/// is { a: int }`.
fn differing(message: &str) -> Vec<&str> {
    let Some((wanted, given)) = message.split_once(", but this is ") else { return Vec::new() };
    let fields = |kinds: &str| -> Vec<(String, String)> {
        let inside = kinds.split(['{', '}', ',']).filter_map(|part| part.split_once(": "));
        inside.map(|(name, kind)| (name.trim().to_owned(), kind.trim().to_owned())).collect()
    };
    let wanted_fields = fields(wanted);
    given
        .split(['{', '}', ','])
        .filter_map(|part| part.split_once(": "))
        .filter(|(name, kind)| {
            wanted_fields.iter().any(|(known, other)| known == name.trim() && other != kind.trim())
        })
        .map(|(name, _)| name.trim())
        .collect()
}

/// The field of that name that is declared last before a place of the same file.
fn declared(name: &str, used: Span, fields: &[Name]) -> Option<Span> {
    let named = fields.iter().filter(|field| &*field.value == name && field.span.source == used.source);
    let before = named.clone().filter(|field| field.span.start < used.start);
    before
        .max_by_key(|field| field.span.start)
        .or(named.min_by_key(|field| field.span.start))
        .map(|field| field.span)
}

/// A word that stands only once in the file and is what is told of, or differs from it by a letter.
fn lone_word(told: &mut Diagnostic, sources: &Sources, lone: &[(Span, String)], items: &[Item]) {
    let meant = named(told);
    let here_only = lone.iter().any(|(span, _)| *span == told.primary.span);
    let item = |at: u32| items.iter().position(|item| item.span.start <= at && at <= item.span.end);
    let here = item(told.primary.span.start);
    let mut best: Option<(u8, u32, Span, String)> = None;
    for (span, word) in lone {
        let beside = item(span.start) == here;
        let told_of = meant.iter().find_map(|meant| match meant == word {
            true => Some((0, format!("`{word}` stands here only"))),
            // Which of the two is the slip can't be known.
            false if here_only && one_letter_apart(meant, word) => Some((1, format!("`{word}` stands here"))),
            false if beside && is_near(meant, word) => Some((1, doubt(word, meant))),
            false if meant.len() > 2 && is_near(meant, word) => Some((2, doubt(word, meant))),
            false => None,
        });
        let Some((rank, text)) = told_of else { continue };
        if shows(told, sources, *span) {
            continue;
        }
        let far = span.start.abs_diff(told.primary.span.start);
        if best.as_ref().is_none_or(|(known, distance, ..)| (rank, far) < (*known, *distance)) {
            best = Some((rank, far, *span, text));
        }
    }
    if let Some((_, _, span, text)) = best {
        *told = told.clone().also(span, text);
    }
}

fn doubt(word: &str, meant: &str) -> String {
    format!("`{word}` stands here only: is `{meant}` meant?")
}

/// The names that a message speaks of; of types also those of their fields and labels.
fn named(told: &Diagnostic) -> Vec<String> {
    let is_name = |word: &&str| word.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let quoted = told.message.split('`').skip(1).step_by(2).filter(is_name);
    let mut names: Vec<String> = quoted.map(str::to_owned).collect();
    if let Some((_, kinds)) = told.message.split_once(" must be ") {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words = kinds.replace("but this is", "");
        let words = words.split(|letter| !is_part(letter));
        names.extend(
            words
                .filter(|word| word.len() > 2 && !is_keyword(word) && builtin(word).is_none())
                .map(str::to_owned),
        );
    }
    names
}

/// Whether a line that is told already holds the place.
fn shows(told: &Diagnostic, sources: &Sources, place: Span) -> bool {
    let line = sources.line(place);
    std::iter::once(&told.primary)
        .chain(&told.others)
        .any(|label| label.span.source == place.source && sources.line(label.span) == line)
}

/// The words of a text that stand in it once, in comments and texts neither.
fn standing_once(sources: &Sources, source: SourceId) -> Vec<(Span, String)> {
    let Some(text) = sources.get(source).map(|source| &source.text) else { return Vec::new() };
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
        *counts.entry(word).or_default() += 1;
    }
    words(text)
        .into_iter()
        .filter(|word| counts.get(&text[word.clone()]) == Some(&1) && !is_keyword(&text[word.clone()]))
        .map(|word| (Span::new(source, word.start, word.end), text[word].to_owned()))
        .collect()
}

/// A name that stands nowhere may also be one that lost a digit, or has one too many.
fn is_near(meant: &str, word: &str) -> bool {
    let (short, long) = if meant.len() < word.len() { (meant, word) } else { (word, meant) };
    let digit =
        long.strip_prefix(short).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit());
    digit || one_letter_apart(meant, word)
}

/// One letter more, less, another or two swapped. Names that are numbered don't make a slip.
pub(super) fn one_letter_apart(one: &str, other: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    one.len().abs_diff(other.len()) <= 1
        && strsim::damerau_levenshtein(one, other) == 1
        && letters(one) != letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_makes_a_slip_and_a_number_does_not() {
        assert!(one_letter_apart("complied", "comqlied"));
        assert!(one_letter_apart("by", "byy"));
        assert!(one_letter_apart("question", "quesiton"));
        assert!(!one_letter_apart("answer_1", "answer_2"));
        assert!(is_near("answer_1", "answer_"));
        assert!(is_near("answer_1", "answer_11"));
        assert!(!is_near("answer_1", "answer_2"));
        assert!(!one_letter_apart("same", "same"));
        assert!(!one_letter_apart("left", "right"));
    }
}
