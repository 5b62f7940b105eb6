//! White space between and inside words.

use std::ops::Range;

use super::pieces::change_share;
use super::words::{letter_words, word_ranges};
use crate::random::Stream;

/// Widens a share of the gaps between words to two to four spaces more.
pub fn extra_spaces(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &gaps(text), share, stream, |gap, stream| {
        gap.to_owned() + &" ".repeat(2 + stream.index(3))
    })
}

/// Closes a share of the gaps between words.
pub fn missing_spaces(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &gaps(text), share, stream, |_, _| String::new())
}

/// Puts a comma before an inner letter of a share of the words: "sen,tence".
pub fn separators(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &letter_words(text, 2), share, stream, |word, stream| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.insert(1 + stream.index(letters.len() - 1), ',');
        letters.into_iter().collect()
    })
}

/// The white space between words.
pub(super) fn gaps(text: &str) -> Vec<Range<usize>> {
    word_ranges(text).windows(2).map(|pair| pair[0].end..pair[1].start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn stream() -> Stream {
        Stream::new(Digest::of(b"space"))
    }

    #[test]
    fn only_gaps_change() {
        let text = " one two\tthree ";
        assert_eq!(missing_spaces(text, 1.0, &mut stream()), " onetwothree ");
        let wide = extra_spaces(text, 1.0, &mut stream());
        assert_eq!(wide.split_whitespace().collect::<Vec<_>>(), ["one", "two", "three"]);
        assert!(wide.len() >= text.len() + 4);
    }

    #[test]
    fn a_comma_goes_inside() {
        let after = separators("ab", 1.0, &mut stream());
        assert_eq!(after, "a,b");
    }
}
