//! Too little and too much punctuation.

use super::pieces::{change_share, characters};
use super::words::word_ranges;
use crate::random::Stream;

/// Leaves out a share of the commas, stops and other marks between clauses.
pub fn missing_punctuation(text: &str, share: f64, stream: &mut Stream) -> String {
    let marks = characters(text, |c| {
        matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '…' | '。' | '，' | '？' | '！')
    });
    change_share(text, &marks, share, stream, |_, _| String::new())
}

/// Puts a mark after a share of the words.
pub fn extra_punctuation(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, stream| {
        let mark = stream.choose(&[",", ".", ";", "!", "?", "...", "!!"]).copied().unwrap_or_default();
        format!("{word}{mark}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn words_stay() {
        let mut stream = Stream::new(Digest::of(b"marks"));
        assert_eq!(missing_punctuation("No, it's (so)!", 1.0, &mut stream), "No it's (so)");
        let more = extra_punctuation("one two", 1.0, &mut stream);
        let words: Vec<&str> = more.split(' ').collect();
        assert!(words[0].starts_with("one") && words[0].len() > 3, "{more}");
        assert!(words[1].starts_with("two") && words[1].len() > 3, "{more}");
    }
}
