//! Words lost, doubled and out of order.
//!
//! After Wei and Zou, "EDA: easy data augmentation techniques for boosting performance on text
//! classification tasks", EMNLP 2019.

use super::pieces::change_share;
use super::words::word_ranges;
use crate::random::Stream;

/// Leaves out a share of the words, each with the white space after it.
pub fn missing_words(text: &str, share: f64, stream: &mut Stream) -> String {
    let words = word_ranges(text);
    let ends = words.iter().skip(1).map(|next| next.start).chain([text.len()]);
    let pieces: Vec<_> = words.iter().zip(ends).map(|(word, end)| word.start..end).collect();
    change_share(text, &pieces, share, stream, |_, _| String::new())
}

/// Says a share of the words twice.
pub fn repeated_words(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, _| format!("{word} {word}"))
}

/// Swaps the two words of a share of the pairs into which the text falls.
pub fn swap_words(text: &str, share: f64, stream: &mut Stream) -> String {
    let pairs: Vec<_> = word_ranges(text).chunks_exact(2).map(|pair| pair[0].start..pair[1].end).collect();
    change_share(text, &pairs, share, stream, |pair, _| {
        let words = word_ranges(pair);
        match words.as_slice() {
            [first, second] => {
                let gap = &pair[first.end..second.start];
                format!("{}{gap}{}", &pair[second.clone()], &pair[first.clone()])
            }
            _ => pair.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn all(name: fn(&str, f64, &mut Stream) -> String, text: &str) -> String {
        name(text, 1.0, &mut Stream::new(Digest::of(b"order")))
    }

    #[test]
    fn all_words_of_a_text() {
        assert_eq!(all(missing_words, " one  two "), " ");
        assert_eq!(all(repeated_words, "one, two"), "one, one, two two");
        assert_eq!(all(swap_words, "one  two three four five"), "two  one four three five");
    }
}
