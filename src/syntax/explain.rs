//! What pest stumbled over, said in the language's own words.

use std::ops::Range;

use pest::error::{ErrorVariant, InputLocation};

use super::forms::{ASK_CLAUSES, ITEMS, Place, REPORT_ENTRIES, STEPS, TEST_CLAUSES, nearest};
use super::grammar::{self, Failure, Rule};
use super::mistake::Mistake;
use super::scan::{Bracket, Scan, Token, TokenKind};
use super::spoken::Spoken;

/// A stretch of a text that could not be read as what stands in a `place`.
pub(super) struct Unread<'t> {
    pub(super) text: &'t str,
    pub(super) stretch: Range<usize>,
    pub(super) place: Option<Place>,
}

impl Unread<'_> {
    /// The mistake and where it is.
    pub(super) fn explain(&self, failure: &Failure) -> (Mistake, Range<usize>) {
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = failure.location;
        let expected: &[Rule] = match &failure.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            // pest gives up before the stack does.
            ErrorVariant::CustomError { .. } => return (Mistake::NestedTooDeep, self.stretch.clone()),
        };
        let at = self.stretch.start + at;
        let Some(found) = self.token(at) else {
            let end = self.stretch.end;
            let whole = self.place.map_or("expression", Place::noun);
            return (self.unexpected(format!("the end of the {whole}"), None, expected), end..end);
        };
        if let Some(open) = self.arms_of_nothing(at) {
            let help = Some("arms, `when … => …` and `_ => …`, stand in `scripted { … }`".to_owned());
            let expected = "`scripted`".to_owned();
            return (Mistake::Unexpected { found: "`{`".to_owned(), expected, help }, open..open + 1);
        }
        let written = &self.text[found.start..found.end];
        let range = found.start..found.end;
        let mistake = match found.kind {
            TokenKind::Doc => Mistake::DanglingDoc,
            TokenKind::Number if !is_number(written) => Mistake::BadNumber { written: written.to_owned() },
            TokenKind::Word => self.word(written, range.start, expected),
            TokenKind::Text => self.unexpected("a string".to_owned(), None, expected),
            _ => self.unexpected(format!("`{written}`"), Some(found), expected),
        };
        (mistake, range)
    }

    /// The token at or after a byte of the stretch, inside a string too.
    fn token(&self, at: usize) -> Option<Token> {
        let rest = self.text.get(at..self.stretch.end)?;
        let scan = Scan::new(rest);
        let token = scan.tokens.into_iter().find(|token| token.kind != TokenKind::Comment)?;
        Some(Token { start: at + token.start, end: at + token.end, ..token })
    }

    fn word(&self, word: &str, at: usize, expected: &[Rule]) -> Mistake {
        let places = [
            (Rule::item, ITEMS),
            (Rule::step, STEPS),
            (Rule::ask_clause, ASK_CLAUSES),
            (Rule::test_clause, TEST_CLAUSES),
            (Rule::report_entry, REPORT_ENTRIES),
        ];
        let place = places.into_iter().find(|(rule, _)| expected.contains(rule)).map(|(_, place)| place);
        if let Some(place) = place.filter(|place| place.form(word).is_none() && self.begins_something(at)) {
            return Mistake::Unknown { word: word.to_owned(), place, near: place.nearest(word) };
        }
        let phrases = phrases(expected);
        if grammar::read(Rule::reserved, word).is_ok() && phrases.contains(&"a name".to_owned()) {
            return Mistake::ReservedWord { word: word.to_owned(), expected: enumerated(&phrases) };
        }
        if word == "if" && phrases.contains(&"an expression".to_owned()) {
            let help = Some("an `if` inside an expression stands in parentheses".to_owned());
            return Mistake::Unexpected { found: "`if`".to_owned(), expected: enumerated(&phrases), help };
        }
        self.unexpected(format!("`{word}`"), None, expected)
    }

    /// The brace around a byte, where its first entry is an arm of a script and nothing says `scripted`.
    fn arms_of_nothing(&self, at: usize) -> Option<usize> {
        let before = self.text.get(self.stretch.start..at)?;
        let open = self.stretch.start + before.rfind('{')?;
        let arrow = at + self.text.get(at..self.stretch.end)?.find("=>")?;
        let guard = self.text.get(open + 1..arrow)?.trim();
        let is_guard = guard == "_" || guard.starts_with("when ") || is_number(guard);
        let words = before[..open - self.stretch.start].trim_end();
        (is_guard && !guard.contains(['{', '}', '\n']) && words.ends_with('=')).then_some(open)
    }

    /// Whether what stands at a byte begins a line, a block or the stretch.
    fn begins_something(&self, at: usize) -> bool {
        let before = &self.text[self.stretch.start..at];
        let line = before.rfind('\n').map_or(before, |line| &before[line..]).trim();
        line.is_empty() || line.ends_with('{')
    }

    fn unexpected(&self, found: String, token: Option<Token>, expected: &[Rule]) -> Mistake {
        let phrases = phrases(expected);
        let help = token.and_then(|token| self.hint(token, &phrases));
        let help = help.or_else(|| ask_hint(expected).map(str::to_owned));
        let help = help.or_else(|| near_phrase(&found, &phrases)).or_else(|| self.form());
        let expected = if phrases.is_empty() { "something else".to_owned() } else { enumerated(&phrases) };
        Mistake::Unexpected { found, expected, help }
    }

    /// Help for slips that come from other languages.
    fn hint(&self, token: Token, expected: &[String]) -> Option<String> {
        let is_expected = |phrase: &str| expected.iter().any(|expected| expected == phrase);
        let help = match &self.text[token.start..token.end] {
            "-" if self.begins_something(token.start) => {
                "a `-` that begins a line carries an expression on only with a space after it"
            }
            "=" if is_expected("an operator") => "values are compared with `==`",
            "=" if is_expected("`:`") => "a type stands after `:`",
            ":" if is_expected("`=`") => "a value stands after `=`",
            "&" => "write `and`",
            "|" if is_expected("an operator") => "write `or`",
            "!" => "write `not`",
            "'" => "strings stand between `\"`",
            ";" => "nothing ends a step; the next one begins on a new line",
            "/" | "//" => "a comment begins with `#`",
            _ => return None,
        };
        Some(help.to_owned())
    }

    /// How what stands in the stretch is written.
    fn form(&self) -> Option<String> {
        let stretch = self.text.get(self.stretch.clone())?;
        let tokens = Scan::new(stretch).tokens;
        let word = tokens.iter().find(|token| token.kind == TokenKind::Word)?;
        Some(self.place?.form(&stretch[word.start..word.end])?.help())
    }
}

/// What could stand there, each once, as one speaks of it: what is missing first, then what could
/// carry on, then what could come next.
fn phrases(expected: &[Rule]) -> Vec<String> {
    let mut phrases: Vec<(u8, String)> = Vec::new();
    for rule in expected {
        match rule.spoken() {
            Spoken::Mark(word) | Spoken::Beginning(word) => phrases.push((0, format!("`{word}`"))),
            Spoken::OneOf(words) => phrases.extend(words.iter().map(|word| (0, format!("`{word}`")))),
            Spoken::Thing(thing) => phrases.push((1, thing.to_owned())),
            Spoken::Operator => phrases.push((2, "an operator".to_owned())),
            Spoken::Next(next) => phrases.push((3, format!("the next {next}"))),
            Spoken::Silent => {}
        }
    }
    phrases.sort_by_key(|(order, _)| *order);
    phrases.dedup();
    phrases.into_iter().map(|(_, phrase)| phrase).collect()
}

fn enumerated(phrases: &[String]) -> String {
    match phrases {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// `ask` takes no expression for its text.
fn ask_hint(expected: &[Rule]) -> Option<&'static str> {
    let asks = expected.contains(&Rule::open_curly) && expected.contains(&Rule::string);
    asks.then_some("`ask` takes a string, such as `\"{{prompt}}\"`, or clauses in `{ }`")
}

/// The expected word that the found one is a slip of.
fn near_phrase(found: &str, expected: &[String]) -> Option<String> {
    let found = found.strip_prefix('`')?.strip_suffix('`')?;
    let words = expected.iter().flat_map(|phrase| phrase.split('`').skip(1).step_by(2));
    let words = words.filter(|word| word.len() > 1);
    (found.len() > 1).then(|| nearest(found, words)).flatten().map(|word| format!("did you mean `{word}`?"))
}

fn is_number(written: &str) -> bool {
    written.replace('_', "").parse::<f64>().is_ok()
}

/// The two sides of a bracket.
pub(super) fn sides(bracket: Bracket) -> (&'static str, &'static str) {
    match bracket {
        Bracket::Round => ("(", ")"),
        Bracket::Square => ("[", "]"),
        Bracket::Curly => ("{", "}"),
    }
}
