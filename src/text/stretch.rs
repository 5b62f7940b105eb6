//! Words drawn out.

use super::pieces::change_share;
use super::words::letter_words;
use crate::random::Stream;

/// Draws out the last vowel of a share of the words that have one, by two to four more: "goood".
pub fn stretch(text: &str, share: f64, stream: &mut Stream) -> String {
    let mut words = letter_words(text, 2);
    words.retain(|word| text[word.clone()].contains(VOWELS));
    change_share(text, &words, share, stream, |word, stream| {
        let more = 2 + stream.index(3);
        match word.rmatch_indices(VOWELS).next() {
            Some((place, vowel)) => {
                format!("{}{}{}", &word[..place], vowel.repeat(more), &word[place..])
            }
            None => word.to_owned(),
        }
    })
}

const VOWELS: [char; 10] = ['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U'];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn the_last_vowel_is_drawn_out() {
        let after = stretch("so, good try", 1.0, &mut Stream::new(Digest::of(b"s")));
        let words: Vec<&str> = after.split(' ').collect();
        assert!(words[0].starts_with("sooo") && words[0].ends_with("o,"), "{after}");
        assert!(words[1].starts_with("goooo") && words[1].ends_with('d'), "{after}");
        assert_eq!(words[2], "try");
    }
}
