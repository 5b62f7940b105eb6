//! Words and sentences, and cutting text at their ends.

use std::ops::Range;

/// The words of a text: what white space parts.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

/// How many words there are.
pub fn word_count(text: &str) -> usize {
    words(text).count()
}

/// The sentences of a text, without white space around them.
///
/// A sentence ends at `.`, `!`, `?` or `…` (with closing quotes and brackets) before white
/// space, at their full-width forms anywhere, and at a line end. A stop does not end one after
/// a single letter or before a lower-case letter: "J. Smith", "e.g. this".
pub fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let mut end = place + character.len_utf8();
        let ends = match character {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' => {
                while let Some((place, closing)) = characters.next_if(|&(_, next)| closes(next)) {
                    end = place + closing.len_utf8();
                }
                ends_here(&text[start..place], character, &text[end..])
            }
            _ => false,
        };
        if ends {
            sentences.push(text[start..end].trim());
            start = end;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

fn closes(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '…' | '"' | '\'' | ')' | ']' | '”' | '’' | '»')
}

fn ends_here(before: &str, stop: char, after: &str) -> bool {
    if !after.starts_with(char::is_whitespace) {
        return after.is_empty();
    }
    let mut last = before.chars().rev();
    let initial =
        last.next().is_some_and(char::is_alphabetic) && last.next().is_none_or(|c| !c.is_alphanumeric());
    let goes_on = after.trim_start().starts_with(char::is_lowercase);
    stop != '.' || !(initial || goes_on)
}

/// The first `most` characters.
pub fn first_characters(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// As many whole characters as `most` bytes of UTF-8 hold.
pub fn first_bytes(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The first `most` words, with what is between them.
pub fn first_words(text: &str, most: usize) -> &str {
    match most.checked_sub(1) {
        None => "",
        Some(last) => word_ranges(text).get(last).map_or(text, |word| &text[..word.end]),
    }
}

/// As many whole words as `most` characters hold; the first characters, where even one word is
/// longer.
pub fn whole_words(text: &str, most: usize) -> &str {
    let cut = first_characters(text, most);
    let within_word = |rest: &str| rest.starts_with(|next: char| !next.is_whitespace());
    if cut.len() == text.len() || !within_word(&text[cut.len()..]) {
        return cut;
    }
    match cut.rfind(char::is_whitespace) {
        Some(end) if !cut[..end].trim().is_empty() => cut[..end].trim_end(),
        _ => cut,
    }
}

/// Where the words are.
pub(super) fn word_ranges(text: &str) -> Vec<Range<usize>> {
    words(text).map(|word| range_in(text, word)).collect()
}

/// Where the sentences are.
pub(super) fn sentence_ranges(text: &str) -> Vec<Range<usize>> {
    sentences(text).into_iter().map(|sentence| range_in(text, sentence)).collect()
}

/// Where a slice of a text lies in it.
fn range_in(text: &str, slice: &str) -> Range<usize> {
    let start = slice.as_ptr() as usize - text.as_ptr() as usize;
    start..start + slice.len()
}

/// Where the words are, without the punctuation around them, as far as they have at least
/// `least` characters, all of them letters.
pub(super) fn letter_words(text: &str, least: usize) -> Vec<Range<usize>> {
    word_ranges(text)
        .into_iter()
        .map(|word| bare(text, word))
        .filter(|word| {
            let word = &text[word.clone()];
            word.chars().all(char::is_alphabetic) && word.chars().count() >= least
        })
        .collect()
}

/// A word without the punctuation around it; empty where it is nothing else.
pub(super) fn bare(text: &str, word: Range<usize>) -> Range<usize> {
    let punctuation = |character: char| !character.is_alphanumeric();
    let trimmed = text[word.clone()].trim_start_matches(punctuation);
    let start = word.end - trimmed.len();
    start..start + trimmed.trim_end_matches(punctuation).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_readers_end_them() {
        let text = "Dr. J. Smith came, e.g. today, with coffee etc. and cake. \"Really?\" Yes!! Pi is 3.14… and so on.\nA line\n你好。再见！";
        assert_eq!(
            sentences(text),
            [
                "Dr.",
                "J. Smith came, e.g. today, with coffee etc. and cake.",
                "\"Really?\"",
                "Yes!!",
                "Pi is 3.14…",
                "and so on.",
                "A line",
                "你好。",
                "再见！"
            ]
        );
        assert!(sentences(" \n ").is_empty());
    }

    #[test]
    fn cuts_keep_whole_characters_and_words() {
        assert_eq!(first_characters("naïve", 3), "naï");
        assert_eq!(first_characters("ab", 9), "ab");
        assert_eq!([first_bytes("naïve", 3), first_bytes("naïve", 99)], ["na", "naïve"]);
        assert_eq!(first_words(" one  two three", 2), " one  two");
        assert_eq!([first_words("one", 0), first_words("one", 5)], ["", "one"]);
        assert_eq!(whole_words("one two three", 9), "one two");
        assert_eq!(whole_words("one two three", 7), "one two");
        assert_eq!(whole_words("incomprehensible", 5), "incom");
        assert_eq!(word_count(" a b\tc\n"), 3);
    }

    #[test]
    fn letter_words_have_no_punctuation_or_digits() {
        let text = "\"Hello,\" it's 2nd (naïve) …";
        let found: Vec<&str> = letter_words(text, 2).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["Hello", "naïve"]);
    }
}
