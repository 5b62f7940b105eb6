//! The words of a text, comments and the texts of strings aside: what is written as a name or a
//! keyword, in the holes of strings too.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Whether the grammar knows the word: it may be a name all the same, in another place.
pub(crate) fn is_keyword(word: &str) -> bool {
    static KEYWORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let grammar = include_str!("../../grammar/tgp.pest");
        let rules = grammar.lines().filter(|line| !line.trim_start().starts_with("//"));
        rules.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
    });
    KEYWORDS.contains(word)
}

/// Each word with its place, in order. Never fails; what follows an unclosed string is passed over
/// as if it stood in the string.
pub(crate) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Words { text, at: 0, found: Vec::new() };
    words.code(None);
    words.found
}

struct Words<'t> {
    text: &'t str,
    at: usize,
    found: Vec<Range<usize>>,
}

impl Words<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// To the end of the text, or of the string whose quotes are `outside`, of which this is a hole.
    /// Strings in holes in strings are not followed any deeper: no file of sense has them.
    fn code(&mut self, outside: Option<&str>) {
        let mut depth = 0_usize;
        while let Some(next) = self.rest().chars().next() {
            let rest = self.rest();
            match next {
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                '"' if outside.is_some() => self.inner_string(),
                '"' => self.string(),
                '{' => {
                    depth += 1;
                    self.at += 1;
                }
                '}' if outside.is_some() && depth == 0 => return,
                '}' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ if next.is_alphabetic() || next == '_' => {
                    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
                    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
                    self.found.push(self.at..self.at + length);
                    self.at += length;
                }
                _ => self.at += next.len_utf8(),
            }
        }
    }

    fn string(&mut self) {
        let quotes = if self.rest().starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        self.at += quotes.len();
        while let Some(next) = self.rest().chars().next() {
            if self.rest().starts_with(quotes) {
                self.at += quotes.len();
                return;
            }
            if self.rest().starts_with("{{") {
                self.at += 2;
                self.code(Some(quotes));
            } else {
                self.skip(next);
            }
        }
    }

    fn inner_string(&mut self) {
        self.at += 1;
        while let Some(next) = self.rest().chars().next() {
            if matches!(next, '"' | '\n') {
                self.at += 1;
                return;
            }
            self.skip(next);
        }
    }

    /// Passes over a character, and over the one that a backslash stands before.
    fn skip(&mut self, next: char) {
        self.at += next.len_utf8();
        if next == '\\' {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| &text[word]).collect()
    }

    #[test]
    fn words_stand_outside_of_texts_and_comments() {
        let text =
            "let a = \"not {{b + f(\"nor\", { c = 1 })}} \\\"this\" # nor this\n\"\"\" {{d}} x \"\"\" e";
        assert_eq!(found(text), ["let", "a", "b", "f", "c", "d", "e"]);
        assert_eq!(found("a \"b {{c"), ["a", "c"]);
    }
}
