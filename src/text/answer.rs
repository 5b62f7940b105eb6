//! Reading a model's answer where no second model is needed: an answer is taken only where the
//! text leaves no choice.

use super::letter_choice;

pub use letter_choice::letter_choice;

/// The text without surrounding space and one final full stop, in lower case.
pub fn normalize(text: &str) -> String {
    let text = text.trim();
    text.strip_suffix('.').unwrap_or(text).trim_end().to_lowercase()
}

/// Whether two answers are the same, ignoring case, surrounding space and one final full stop,
/// and nothing else.
pub fn same_answer(a: &str, b: &str) -> bool {
    normalize(a) == normalize(b)
}

/// The one label that the text holds as whole words, ignoring case; none where it holds no label
/// or several different ones.
///
/// A label within a longer label that was found, such as `entailment` in `not_entailment`,
/// doesn't count; nor does one that a hyphen or an underscore makes part of a longer word.
pub fn label_in<S: AsRef<str>>(text: &str, labels: &[S]) -> Option<usize> {
    let text = text.to_lowercase();
    let mut found = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let label = label.as_ref().trim().to_lowercase();
        for start in places(&text, &label) {
            found.push((start, start + label.len(), index));
        }
    }
    let within = |&(start, end, _): &(usize, usize, usize)| {
        found.iter().any(|&(from, to, _)| from <= start && end <= to && to - from > end - start)
    };
    let mut outermost = found.iter().filter(|one| !within(one));
    let &(start, end, index) = outermost.next()?;
    outermost.all(|&(from, to, _)| text[from..to] == text[start..end]).then_some(index)
}

/// Where a label stands as whole words.
fn places<'a>(text: &'a str, label: &'a str) -> impl Iterator<Item = usize> + 'a {
    let starts_word = label.starts_with(char::is_alphanumeric);
    let ends_word = label.ends_with(char::is_alphanumeric);
    text.match_indices(label).map(|(start, _)| start).filter(move |&start| {
        let before = goes_on(text[..start].chars().rev());
        let after = goes_on(text[start + label.len()..].chars());
        let within_word = starts_word && before || ends_word && after;
        !label.is_empty() && !within_word
    })
}

/// Whether a word goes on with these characters: with a letter, a digit or an underscore, or
/// with one of them after a hyphen.
fn goes_on(mut next: impl Iterator<Item = char>) -> bool {
    let part = |character: char| character.is_alphanumeric();
    match next.next() {
        Some('_') => next.next().is_some_and(part),
        Some('-' | '\u{2010}' | '\u{2011}') => next.next().is_some_and(part),
        Some(character) => part(character),
        None => false,
    }
}

/// Yes or no, where the text says one of them: as its first word, after "answer", or as a word
/// by itself before a mark or the end; none where it says both so, or neither.
pub fn yes_no(text: &str) -> Option<bool> {
    let words = said(text);
    let meant = |word: &str| match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let word = |index: usize| words.get(index).map(|(word, _)| word.as_str());
    // "No" before another word is mostly that word's: "no doubt".
    let alone = |index: usize| {
        let (one, marks) = words.get(index)?;
        let before = |steps: usize| index.checked_sub(steps).and_then(word);
        let answered =
            before(1) == Some("answer") || (before(2) == Some("answer") && before(1) == Some("is"));
        let ends = index + 1 == words.len() || !marks.is_empty();
        meant(one).filter(|&yes| yes || ends || answered)
    };
    if let Some(first) = word(0).and_then(meant) {
        let joined = matches!(word(1), Some("and" | "or"));
        let second = alone(if joined { 2 } else { 1 });
        return second.is_none_or(|second| second == first).then_some(first);
    }
    let mut all = (0..words.len()).filter_map(alone);
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The words in lower case, each with the marks after it.
fn said(text: &str) -> Vec<(String, String)> {
    let mut words: Vec<(String, String)> = Vec::new();
    let mut within = false;
    for character in text.chars().flat_map(char::to_lowercase) {
        let part = character.is_alphanumeric() || matches!(character, '\'' | '’');
        match words.last_mut() {
            Some((word, _)) if part && within => word.push(character),
            Some((_, marks)) if !part && !character.is_whitespace() && !matches!(character, '*' | '"') => {
                marks.push(character);
            }
            _ if part => words.push((character.to_string(), String::new())),
            _ => {}
        }
        within = part;
    }
    words
}

/// The first number of the text: with a sign, thousands parted by commas, decimals and exponent.
/// Digits that belong to a name, such as those of `GPT-4` and `v2`, are passed over.
pub fn first_number(text: &str) -> Option<f64> {
    numbers(text).next().flatten()
}

/// The last number of the text, read as [`first_number`] reads the first.
pub fn last_number(text: &str) -> Option<f64> {
    numbers(text).last().flatten()
}

/// The numbers of a text in their order; `None` for one too large for a float.
fn numbers(text: &str) -> impl Iterator<Item = Option<f64>> {
    let mut passed = 0;
    std::iter::from_fn(move || {
        while let Some(start) = text[passed..].find(|c: char| c.is_ascii_digit()).map(|found| passed + found)
        {
            let length = number_length(&text[start..]);
            passed = start + length;
            let before = text[..start].trim_end_matches('.');
            let decimal = text[..start].ends_with('.') && !before.ends_with(|c: char| c.is_alphanumeric());
            let before = if decimal { before } else { &text[..start] };
            let unsigned = before.trim_end_matches(['-', '−', '+']);
            if !unsigned.ends_with(|c: char| c.is_alphabetic() || c == '_') {
                let digits = text[start..start + length].replace(',', "");
                let value: Option<f64> = format!("{}{digits}", if decimal { "0." } else { "" }).parse().ok();
                let negative =
                    before.ends_with(['-', '−']) && !unsigned.ends_with(|c: char| c.is_ascii_digit());
                return Some(
                    value
                        .map(|value| if negative { -value } else { value })
                        .filter(|value| value.is_finite()),
                );
            }
        }
        None
    })
}

/// The bytes of the number that a text starts with.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut length = digits(text);
    while length <= 3 || text[..length].contains(',') {
        match text[length..].strip_prefix(',') {
            Some(group) if digits(group) == 3 => length += 4,
            _ => break,
        }
    }
    if let Some(decimals) = text[length..].strip_prefix('.').map(digits).filter(|&count| count > 0) {
        length += 1 + decimals;
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let count = digits(&exponent[sign..]);
        length += if count > 0 { 1 + sign + count } else { 0 };
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_answer_but_for_case_space_and_one_stop() {
        assert!(same_answer(" The Grandfather. ", "the grandfather"));
        assert!(!same_answer("the grandfather..", "the grandfather"));
        assert!(!same_answer("grandfather", "the grandfather"));
        assert!(!same_answer("yes!", "yes"));
    }

    #[test]
    fn the_last_number_is_read_like_the_first() {
        assert_eq!(last_number("3 plus 4 is 7."), Some(7.0));
        assert_eq!(last_number("between 3-4 and -1,200.5 for GPT-4"), Some(-1200.5));
        assert_eq!(last_number("none"), None);
        assert_eq!(last_number("1 and 1e999"), None);
    }

    #[test]
    fn exactly_one_label_as_a_whole_word() {
        let nli = ["entailment", "not_entailment"];
        assert_eq!(label_in("It is not_entailment.", &nli), Some(1));
        assert_eq!(label_in("**Entailment**", &nli), Some(0));
        assert_eq!(label_in("entailment, or not_entailment?", &nli), None);
        let spaced = ["toxic", "not toxic"];
        assert_eq!(label_in("This is NOT TOXIC", &spaced), Some(1));
        assert_eq!(label_in("toxic. I repeat: toxic", &spaced), Some(0));
        assert_eq!(label_in("a non-toxic, detoxicated thing", &spaced), None);
        assert_eq!(label_in("_toxic_ - yes", &spaced), Some(0));
        assert_eq!(label_in("positive", &["", "Positive", "positive"]), Some(1));
        assert_eq!(label_in("anything", &["", " "]), None);
    }

    #[test]
    fn yes_or_no_where_it_is_said() {
        for yes in [
            "Yes",
            "**YES**, there is no doubt",
            "yes.",
            "I would say yes",
            "The answer is yes",
            "yes, yes!",
            "Yes. No doubt about it.",
        ] {
            assert_eq!(yes_no(yes), Some(true), "{yes}");
        }
        for no in ["No.", "no, thanks", "Answer: no", "Well, no.", "The answer is no because of it"] {
            assert_eq!(yes_no(no), Some(false), "{no}");
        }
        for neither in [
            "",
            "There is no cat",
            "yes and no",
            "Yes/no",
            "No or yes",
            "Maybe",
            "nobody",
            "Is it yes? Is it no?",
        ] {
            assert_eq!(yes_no(neither), None, "{neither}");
        }
    }

    #[test]
    fn the_first_number() {
        for (text, number) in [
            ("Rating: 7/10", 7.0),
            ("-3.5 degrees", -3.5),
            ("it is −2", -2.0),
            ("about 1,234,567.5 of 9", 1_234_567.5),
            ("1,2 and 3", 1.0),
            ("GPT-4 gives 12%", 12.0),
            ("v2 says 1e-3.", 1e-3),
            ("between 3-5", 3.0),
            ("score .75", 0.75),
            ("Ends in 8.", 8.0),
            ("5e", 5.0),
            ("$1234,567", 1234.0),
        ] {
            assert_eq!(first_number(text), Some(number), "{text}");
        }
        for none in ["", "none", "gpt-4", "1e999"] {
            assert_eq!(first_number(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn nothing_fails_on_any_text(text in any::<String>(), label in "[a-zİß -]{0,5}") {
            normalize(&text);
            label_in(&text, &[&label, "a"]);
            yes_no(&text);
            first_number(&text);
        }

        #[test]
        fn nothing_fails_on_likely_text(text in "([a-c]|[0-9]|[-.,e+/ ]|yes|no|é|−){0,12}") {
            label_in(&text, &["a", "a-b", "é", "no"]);
            yes_no(&text);
            first_number(&text);
        }

        #[test]
        fn a_number_is_read_as_written(number in -1e12_f64..1e12) {
            prop_assert_eq!(first_number(&format!("is {number}, or")), Some(number));
        }
    }
}
