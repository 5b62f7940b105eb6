//! Which lettered option an answer chooses.

/// The option, counted from 0, that the text chooses of `n` options lettered from A; none where
/// it chooses none, several, or a letter beyond them.
///
/// Evidence is taken by its strength, and the first kind that there is decides:
/// 1. a letter after "answer", "option", "choice" or the like, or boxed: "the answer is b)";
/// 2. a letter that the text starts with: "B", "(B)", "b.", "B. Paris";
/// 3. a letter before a bracket anywhere: "(B)", "B)";
/// 4. a capital letter by itself, but for the words "A" and "I".
///
/// A letter after "not" is no evidence.
pub fn letter_choice(text: &str, n: usize) -> Option<usize> {
    let tokens = tokens(text);
    let kinds = [named(&tokens), leading(&tokens), bracketed(&tokens), alone(&tokens)];
    let evidence = kinds.into_iter().find(|letters| !letters.is_empty())?;
    let (first, rest) = evidence.split_first()?;
    (rest.iter().all(|letter| letter == first) && *first < n).then_some(*first)
}

/// A word or a single mark.
struct Token {
    text: String,
    /// Whether white space, or the start, comes before.
    spaced: bool,
    /// Whether a line starts with it.
    starts_line: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut spaced, mut starts_line, mut within) = (true, true, false);
    // Marks of emphasis and TeX's around a letter say nothing about it.
    for character in text.chars().filter(|c| !matches!(c, '*' | '`' | '"' | '“' | '”' | '$' | '\\')) {
        if character.is_whitespace() {
            (spaced, within) = (true, false);
            starts_line |= character == '\n';
            continue;
        }
        let part = character.is_alphanumeric() || matches!(character, '\'' | '’' | '_');
        match tokens.last_mut() {
            Some(word) if part && within => word.text.push(character),
            _ => tokens.push(Token { text: character.to_string(), spaced, starts_line }),
        }
        (spaced, starts_line, within) = (false, false, part);
    }
    tokens
}

/// A letter that may be an option's, in its surroundings.
struct Letter<'a> {
    index: usize,
    capital: bool,
    before: Option<&'a str>,
    after: Option<&'a str>,
    /// What comes next, and whether white space lies between.
    spaced_after: bool,
}

fn letter(tokens: &[Token], place: usize) -> Option<Letter<'_>> {
    let token = tokens.get(place)?;
    let byte = token.text.bytes().next().filter(|_| token.text.len() == 1)?;
    if !byte.is_ascii_alphabetic() {
        return None;
    }
    let next = tokens.get(place + 1);
    let spaced_after = next.is_none_or(|next| next.spaced);
    let before = place.checked_sub(1).and_then(|before| tokens.get(before));
    // "A-level", "C++", "R&D", "U.S.": the letter is part of a name.
    let joined_after =
        |next: &Token| !next.spaced && matches!(next.text.as_str(), "-" | "+" | "#" | "&" | "=");
    let joined_before = |before: &Token| matches!(before.text.as_str(), "-" | "&" | "=" | ".");
    let initial =
        |next: &Token| !next.spaced && next.text == "." && tokens.get(place + 2).is_some_and(|t| !t.spaced);
    if next.is_some_and(|next| joined_after(next) || initial(next))
        || before.is_some_and(|before| !token.spaced && joined_before(before))
    {
        return None;
    }
    Some(Letter {
        index: usize::from(byte.to_ascii_uppercase() - b'A'),
        capital: byte.is_ascii_uppercase(),
        before: before.map(|before| before.text.as_str()),
        after: next.map(|next| next.text.as_str()),
        spaced_after,
    })
}

impl Letter<'_> {
    /// Between brackets, or before a bracket, a colon, or a stop that no letter follows.
    fn is_set_off(&self, next_but_one: Option<&Token>) -> bool {
        match self.after {
            Some(")" | "]" | "}") if !self.spaced_after => true,
            Some(":") if !self.spaced_after => true,
            Some("." | ",") if !self.spaced_after => next_but_one.is_none_or(|next| next.spaced),
            _ => false,
        }
    }

    /// "A" and "I" before a word in small letters are words themselves, but for "A" before one
    /// that no thing is called by.
    fn is_word(&self) -> bool {
        let after = self.after.filter(|after| self.spaced_after && after.starts_with(char::is_lowercase));
        let no_thing = |after| {
            matches!(after, "because" | "since" | "as" | "and" | "or" | "is" | "with" | "for" | "due" | "not")
        };
        after.is_some_and(|after| self.index == 8 || (self.index == 0 && !no_thing(after)))
    }

    fn is_denied(&self) -> bool {
        self.before.is_some_and(|before| matches!(before.to_lowercase().as_str(), "not" | "isn't" | "isn’t"))
    }
}

/// Kind 1.
fn named(tokens: &[Token]) -> Vec<usize> {
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let name = token.text.to_lowercase();
        if !matches!(
            name.as_str(),
            "answer" | "option" | "options" | "choice" | "choose" | "select" | "pick" | "boxed" | "letter"
        ) {
            continue;
        }
        let mut next = place + 1;
        while tokens.get(next).is_some_and(|token| is_filler(&token.text)) {
            next += 1;
        }
        if let Some(first) = chosen(tokens, next) {
            found.push(first);
            found.extend(also(tokens, next));
        }
    }
    found
}

fn is_filler(text: &str) -> bool {
    matches!(
        text.to_lowercase().as_str(),
        "is" | "would"
            | "should"
            | "be"
            | "the"
            | "correct"
            | "best"
            | "right"
            | "final"
            | "answer"
            | "option"
            | "choice"
            | "letter"
            | "text"
            | "boxed"
            | ":"
            | "="
            | "("
            | "["
            | "{"
            | "-"
            | "–"
    )
}

/// The letter that is named at this place.
fn chosen(tokens: &[Token], place: usize) -> Option<usize> {
    let letter = letter(tokens, place)?;
    let ends = letter.after.is_none() || tokens.get(place + 1).is_some_and(|next| next.starts_line);
    let named =
        if letter.capital { !letter.is_word() } else { ends || letter.is_set_off(tokens.get(place + 2)) };
    named.then_some(letter.index)
}

/// The letters that a named one is joined to: "A or B", "A, C".
fn also(tokens: &[Token], mut place: usize) -> Vec<usize> {
    let mut found = Vec::new();
    loop {
        let joined = |token: &Token| matches!(token.text.to_lowercase().as_str(), "or" | "and" | "," | "/");
        let mut next = place + 1;
        let mut joins = false;
        while let Some(token) = tokens.get(next) {
            if joined(token) {
                joins = true;
            } else if !matches!(token.text.as_str(), ")" | "(" | "]" | "[" | "option") {
                break;
            }
            next += 1;
        }
        let Some(letter) = letter(tokens, next).filter(|letter| joins && letter.capital && !letter.is_word())
        else {
            return found;
        };
        found.push(letter.index);
        place = next;
    }
}

/// Kind 2. Where several lines start with letters, the text repeats the options and chooses none.
fn leading(tokens: &[Token]) -> Vec<usize> {
    let mut starts = Vec::new();
    for (place, token) in tokens.iter().enumerate().filter(|(_, token)| token.starts_line) {
        let bracket = matches!(token.text.as_str(), "(" | "[");
        let place = place + usize::from(bracket);
        let Some(letter) = letter(tokens, place) else { continue };
        let whole = tokens.get(place + 1).is_none_or(|next| next.starts_line);
        // "(A) is wrong" speaks of a letter without choosing it.
        if tokens.get(place + 2).is_some_and(|next| matches!(next.text.as_str(), "is" | "isn't" | "isn’t"))
        {
            continue;
        }
        if whole || letter.is_set_off(tokens.get(place + 2)) {
            starts.push((place <= 1, letter.index));
        }
    }
    match starts.as_slice() {
        [(true, only)] => vec![*only],
        _ => Vec::new(),
    }
}

/// Kind 3.
fn bracketed(tokens: &[Token]) -> Vec<usize> {
    let candidates = (0..tokens.len()).filter_map(|place| {
        let letter = letter(tokens, place)?;
        let bracketed = matches!(letter.before, Some("(" | "[" | "{"));
        let denied = letter.is_denied()
            || (bracketed
                && place.checked_sub(2).and_then(|p| tokens.get(p)).is_some_and(|t| t.text == "not"));
        // Stops, commas and colons may be the sentence's own.
        let closed = matches!(letter.after, Some(")" | "]" | "}")) && !letter.spaced_after;
        (closed && !denied).then_some(letter.index)
    });
    candidates.collect()
}

/// Kind 4.
fn alone(tokens: &[Token]) -> Vec<usize> {
    (0..tokens.len())
        .filter_map(|place| letter(tokens, place))
        .filter(|letter| letter.capital && !letter.is_word() && !letter.is_denied())
        .map(|letter| letter.index)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_letter_is_chosen() {
        for text in [
            "B",
            "b",
            "(B)",
            " b. ",
            "B.",
            "**B**",
            "B) Paris",
            "B. Paris is the capital, A. Rome is not",
            "[b]",
            "Answer: B",
            "answer:\n\nB",
            "**Answer:** (B)",
            "the answer is b)",
            "The correct answer is **B**.",
            "The answer is B, not A",
            "I choose option B because A is wrong",
            "A. Rome\nB. Paris\nAnswer: B",
            "So it is \\boxed{B}",
            "$\\boxed{\\text{B}}$",
            "I think (B) is right.",
            "It must be B",
            "A dog barks, so B",
            "B\nBecause Paris is the capital.",
            "not A but B",
        ] {
            assert_eq!(letter_choice(text, 4), Some(1), "{text}");
        }
        assert_eq!(letter_choice("The answer is A because it is", 4), Some(0));
        assert_eq!(letter_choice("Answer: D", 4), Some(3));
        assert_eq!(letter_choice("A", 1), Some(0));
    }

    #[test]
    fn what_leaves_a_choice_chooses_none() {
        for text in [
            "",
            "A or B",
            "Answer: A or B",
            "The answer is A, B",
            "(A) is wrong, (B) is right",
            "A. Rome\nB. Paris",
            "Option A is wrong. Option B is right.",
            "A dog",
            "I think so",
            "Answer: E",
            "The answer is a matter of taste",
            "answer: A matter of taste",
            "It is not A",
            "I would not say A. It is B!",
            "The C++ standard",
            "an A-level in the U.S.",
            "Paris",
        ] {
            assert_eq!(letter_choice(text, 4), None, "{text}");
        }
        assert_eq!(letter_choice("A", 0), None);
    }

    proptest! {
        #[test]
        fn nothing_fails(text in any::<String>(), n in 0_usize..30) {
            letter_choice(&text, n);
        }

        #[test]
        fn what_is_chosen_is_an_option(text in "([A-Ea-e]|[().:, \n*]|answer|is|or|not){0,10}", n in 0_usize..6) {
            prop_assert!(letter_choice(&text, n).is_none_or(|choice| choice < n));
        }
    }
}
