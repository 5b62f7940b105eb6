//! Reading the JSON in a model's reply, which may be more or less than JSON.
//!
//! What is repaired is the writing, never the content: a text that ends within a value, holds
//! two values, or leaves out a comma is an error, since any reading would be a guess.

use serde_json::Value;

use super::json_reader::Reader;

/// A value, and what had to be repaired to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The value.
    pub value: Value,
    /// Each kind of repair that was made, once, in the order of their declaration; empty for a
    /// text that is JSON.
    pub repairs: Vec<Repair>,
}

/// A kind of repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// The value stood in a fenced code block.
    CodeFence,
    /// There was text before or after the value.
    Prose,
    /// There was a comma after the last item.
    TrailingComma,
    /// A string stood in single quotes.
    SingleQuotes,
    /// A key stood without quotes.
    BareKey,
    /// `True`, `False` or `None` stood for a literal.
    PythonLiteral,
    /// A string held a line end or another control character as such.
    RawControl,
    /// A string held `\'`.
    Escape,
    /// There was a comment.
    Comment,
    /// The text ended before its last brackets.
    MissingBracket,
}

impl Repair {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Repair; 10] = [
        Repair::CodeFence,
        Repair::Prose,
        Repair::TrailingComma,
        Repair::SingleQuotes,
        Repair::BareKey,
        Repair::PythonLiteral,
        Repair::RawControl,
        Repair::Escape,
        Repair::Comment,
        Repair::MissingBracket,
    ];

    /// What it is called in data.
    pub fn label(self) -> &'static str {
        match self {
            Repair::CodeFence => "code_fence",
            Repair::Prose => "prose",
            Repair::TrailingComma => "trailing_comma",
            Repair::SingleQuotes => "single_quotes",
            Repair::BareKey => "bare_key",
            Repair::PythonLiteral => "python_literal",
            Repair::RawControl => "raw_control",
            Repair::Escape => "escape",
            Repair::Comment => "comment",
            Repair::MissingBracket => "missing_bracket",
        }
    }

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Repair::CodeFence => "a code fence",
            Repair::Prose => "text around the value",
            Repair::TrailingComma => "a comma after the last item",
            Repair::SingleQuotes => "single quotes",
            Repair::BareKey => "a key without quotes",
            Repair::PythonLiteral => "a Python literal",
            Repair::RawControl => "a line end within a string",
            Repair::Escape => "an escape that JSON does not have",
            Repair::Comment => "a comment",
            Repair::MissingBracket => "a missing last bracket",
        }
    }
}

/// Why a text can't be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at line {line}, column {column}")]
pub struct Unreadable {
    /// What is wrong.
    pub fault: Fault,
    /// The byte at which it is.
    pub offset: usize,
    /// Its line, counted from 1.
    pub line: usize,
    /// Its column in characters, counted from 1.
    pub column: usize,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is nothing in the text that could be JSON.
    #[error("there is no JSON")]
    Nothing,
    /// There are several different values.
    #[error("there is a second, different JSON value")]
    Several,
    /// The text ends too early for its content to be known.
    #[error("the text ends where {expected} should be")]
    CutOff {
        /// What is missing.
        expected: &'static str,
    },
    /// Something else stands there.
    #[error("{found:?} stands where {expected} should be")]
    Unexpected {
        /// The character there.
        found: char,
        /// What would be right.
        expected: &'static str,
    },
    /// Values within values, too many for a reader.
    #[error("values are nested more than {most} deep")]
    TooDeep {
        /// How deep they may be nested.
        most: usize,
    },
}

/// Reads the one JSON value in a text.
///
/// A text that is JSON is taken as such. Else it is read with repairs, from its start; else the
/// objects and arrays in it are sought, and there may be only one: those in code fences go
/// before others, and objects before arrays, for brackets are common in prose. Several equal
/// ones count as one.
///
/// # Errors
/// The first fault in what is JSON beyond doubt; else the one farthest on.
pub fn read(text: &str) -> Result<Repaired, Unreadable> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(Repaired { value, repairs: Vec::new() });
    }
    let start = text.len() - text.trim_start().len();
    let whole = Reader::new(text, start);
    match whole.read() {
        Ok(found) if text[found.end..].trim().is_empty() => return Ok(found.repaired(&[])),
        _ => {}
    }
    let mut found = Vec::new();
    let mut farthest: Option<Failure> = None;
    let mut place = 0;
    while let Some(start) = text[place..].find(['{', '[']).map(|offset| place + offset) {
        place = start + 1;
        match Reader::new(text, start).read() {
            Ok(one) => {
                place = one.end;
                found.push(one);
            }
            Err(failure) if failure.is_json => return Err(unreadable(text, failure.place, failure.fault)),
            Err(failure) if farthest.as_ref().is_none_or(|other| failure.place > other.place) => {
                farthest = Some(failure);
            }
            Err(_) => {}
        }
    }
    let none = || match farthest {
        Some(failure) => Err(unreadable(text, failure.place, failure.fault)),
        None => Err(unreadable(text, start, Fault::Nothing)),
    };
    choose(text, &found).unwrap_or_else(none)
}

/// Where and why no value could be read.
pub(super) struct Failure {
    pub(super) place: usize,
    pub(super) fault: Fault,
    /// Whether what was read so far is JSON and not a bracket in prose: then what stands within
    /// it is a part, and no answer by itself.
    pub(super) is_json: bool,
}

/// A value read from within a text.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: Value,
    pub(super) repairs: std::collections::BTreeSet<Repair>,
}

impl Found {
    fn repaired(&self, more: &[Repair]) -> Repaired {
        let repairs = self.repairs.iter().chain(more).copied().collect::<std::collections::BTreeSet<_>>();
        Repaired { value: self.value.clone(), repairs: repairs.into_iter().collect() }
    }

    /// Whether an opening fence stands right before the value: where it starts.
    fn fence(&self, text: &str) -> Option<usize> {
        let before = text[..self.start].trim_end();
        let language = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
        let before = before.trim_end_matches(language);
        before.ends_with(FENCE).then(|| before.trim_end_matches('`').len())
    }

    fn from(&self, text: &str) -> Repaired {
        let after = text[self.end..].trim();
        let (before, after, fence) = match self.fence(text) {
            Some(start) => (&text[..start], after.trim_start_matches('`'), Some(Repair::CodeFence)),
            None => (&text[..self.start], after, None),
        };
        let prose = (!before.trim().is_empty() || !after.trim().is_empty()).then_some(Repair::Prose);
        self.repaired(&fence.into_iter().chain(prose).collect::<Vec<_>>())
    }
}

const FENCE: &str = "```";

fn choose(text: &str, found: &[Found]) -> Option<Result<Repaired, Unreadable>> {
    let fenced: Vec<&Found> = found.iter().filter(|one| one.fence(text).is_some()).collect();
    let candidates = if fenced.is_empty() { found.iter().collect() } else { fenced };
    let objects: Vec<&Found> = candidates.iter().copied().filter(|one| one.value.is_object()).collect();
    let candidates = if objects.is_empty() { candidates } else { objects };
    let (first, rest) = candidates.split_first()?;
    Some(match rest.iter().find(|other| other.value != first.value) {
        Some(other) => Err(unreadable(text, other.start, Fault::Several)),
        None => Ok(first.from(text)),
    })
}

fn unreadable(text: &str, offset: usize, fault: Fault) -> Unreadable {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Unreadable {
        fault,
        offset,
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn reads(text: &str, value: Value, repairs: &[Repair]) {
        assert_eq!(read(text), Ok(Repaired { value, repairs: repairs.to_vec() }), "{text}");
    }

    fn fails(text: &str, message: &str) {
        assert_eq!(read(text).unwrap_err().to_string(), message, "{text}");
    }

    #[test]
    fn json_needs_no_repair() {
        reads(" {\"a\": [1, 2.5e3, \"\\u00e9\\n\", null]} ", json!({"a": [1, 2500.0, "é\n", null]}), &[]);
        reads("42", json!(42), &[]);
    }

    #[test]
    fn each_repair_by_itself() {
        let a = json!({"a": 1});
        reads("```json\n{\"a\": 1}\n```", a.clone(), &[Repair::CodeFence]);
        reads("```\n{\"a\": 1}", a.clone(), &[Repair::CodeFence]);
        reads("Here it is: {\"a\": 1}. Good luck!", a.clone(), &[Repair::Prose]);
        reads("Sure!\n```json\n{\"a\": 1}\n```\nDone.", a.clone(), &[Repair::CodeFence, Repair::Prose]);
        reads("{\"a\": 1,}", a.clone(), &[Repair::TrailingComma]);
        reads("[[1,],\n]", json!([[1]]), &[Repair::TrailingComma]);
        reads("{'a': 1}", a.clone(), &[Repair::SingleQuotes]);
        reads("{a: 1}", a.clone(), &[Repair::BareKey]);
        reads("[True, False, None]", json!([true, false, null]), &[Repair::PythonLiteral]);
        reads("True", json!(true), &[Repair::PythonLiteral]);
        reads("[\"one\ntwo\tthree\"]", json!(["one\ntwo\tthree"]), &[Repair::RawControl]);
        reads("[\"it\\'s\"]", json!(["it's"]), &[Repair::Escape]);
        reads("{ // one\n\"a\": /* two */ 1 # three\n}", a.clone(), &[Repair::Comment]);
        reads("{\"a\": {\"b\": [\"c\"", json!({"a": {"b": ["c"]}}), &[Repair::MissingBracket]);
    }

    #[test]
    fn several_repairs_at_once() {
        reads(
            "The verdict:\n```python\n{'ok': True, 'why': 'it\\'s \"fine\"',}\n```",
            json!({"ok": true, "why": "it's \"fine\""}),
            &[
                Repair::CodeFence,
                Repair::Prose,
                Repair::TrailingComma,
                Repair::SingleQuotes,
                Repair::PythonLiteral,
                Repair::Escape,
            ],
        );
    }

    #[test]
    fn brackets_in_prose_and_fences_in_strings_mislead_nobody() {
        reads("As [1] says, {score} is: {\"a\": 1} [2]", json!({"a": 1}), &[Repair::Prose]);
        reads("{\"a\": 1} and again {\"a\": 1}", json!({"a": 1}), &[Repair::Prose]);
        let code = "```json\n{\"code\": \"```rust\\n{}\\n```\"}\n```";
        reads(code, json!({"code": "```rust\n{}\n```"}), &[Repair::CodeFence]);
        reads(
            "First {\"a\": 0}, then\n```\n{\"a\": 1}\n```",
            json!({"a": 1}),
            &[Repair::CodeFence, Repair::Prose],
        );
    }

    #[test]
    fn what_would_be_a_guess_is_an_error() {
        fails("", "there is no JSON at line 1, column 1");
        fails("I can't say.", "there is no JSON at line 1, column 1");
        fails("{\"a\": 1} or {\"a\": 2}", "there is a second, different JSON value at line 1, column 13");
        fails("{\"a\": \"cut o", "the text ends where the end of a string should be at line 1, column 13");
        fails("{\"a\": [1, 2", "the text ends where the end of a number should be at line 1, column 12");
        fails("{\"a\":", "the text ends where a value should be at line 1, column 6");
        fails("[1,", "the text ends where a value should be at line 1, column 4");
        fails("{\"a\": 1,", "the text ends where a key should be at line 1, column 9");
        fails("{\"a\": 1\n \"b\": 2}", "'\"' stands where a comma or '}' should be at line 2, column 2");
        fails("{\"a\": 01}", "'1' stands where a comma or '}' should be at line 1, column 8");
        fails("{\"a\": nan}", "'n' stands where a value should be at line 1, column 7");
        fails("{\"a\": \"\\(\"}", "'(' stands where an escape should be at line 1, column 9");
        fails("{'a': 'it's'}", "'s' stands where a comma or '}' should be at line 1, column 11");
        // What stands within a torn value is no answer.
        fails(
            "{\"a\": {\"b\": 1}, \"c",
            "the text ends where the end of a string should be at line 1, column 19",
        );
        fails("{\"a\": {} \"c\": 2}", "'\"' stands where a comma or '}' should be at line 1, column 10");
        fails("[[1], [2] [3]]", "'[' stands where a comma or ']' should be at line 1, column 11");
        fails("[1)", "')' stands where a comma or ']' should be at line 1, column 3");
        fails(&"[".repeat(500), "values are nested more than 128 deep at line 1, column 129");
    }

    proptest! {
        #[test]
        fn nothing_fails_on_any_text(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn nothing_fails_on_likely_text(text in "([\\[\\]{}:,'\"\n `/*#é\\\\]|a|1|-|\\.|e|u|true|None|```json){0,30}") {
            let _ = read(&text);
        }

        #[test]
        fn prose_fences_and_quotes_change_no_value(
            words in prop::collection::vec("[^\\p{C}'\"\\\\]{0,9}", 0..4), number in any::<i32>(),
        ) {
            let value = json!({"words": words, "number": number});
            let python = value.to_string().replace('"', "'");
            let repaired = read(&format!("So:\n```json\n{python}\n```\n")).unwrap();
            prop_assert_eq!(repaired.value, value);
        }
    }
}
