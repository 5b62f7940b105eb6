//! Upper and lower case.

use super::pieces::{change_share, characters};
use super::words::{letter_words, word_ranges};
use crate::random::Stream;

/// Writes a share of the words in capitals.
pub fn upper_case(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, _| word.to_uppercase())
}

/// Writes a share of the words in small letters.
pub fn lower_case(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, _| word.to_lowercase())
}

/// Turns a share of the letters from small to large and back.
pub fn random_case(text: &str, share: f64, stream: &mut Stream) -> String {
    let letters = characters(text, |letter| letter.is_lowercase() || letter.is_uppercase());
    change_share(text, &letters, share, stream, |letter, _| {
        if letter.chars().all(char::is_lowercase) { letter.to_uppercase() } else { letter.to_lowercase() }
    })
}

/// Writes a share of the words of three letters and more in capitals with spaces between:
/// "W O R D".
pub fn spaced_upper_case(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &letter_words(text, 3), share, stream, |word, _| {
        let letters: Vec<String> = word.chars().map(|letter| letter.to_uppercase().collect()).collect();
        letters.join(" ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn all(name: fn(&str, f64, &mut Stream) -> String, text: &str) -> String {
        name(text, 1.0, &mut Stream::new(Digest::of(b"case")))
    }

    #[test]
    fn all_of_a_text() {
        assert_eq!(all(upper_case, "the Straße, 2nd"), "THE STRASSE, 2ND");
        assert_eq!(all(lower_case, "The END"), "the end");
        assert_eq!(all(random_case, "The END 1"), "tHE end 1");
        assert_eq!(all(spaced_upper_case, "is the word."), "is T H E W O R D.");
    }
}
