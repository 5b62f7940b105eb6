//! Letters that look like others.

use super::pieces::{change_share, characters};
use crate::random::Stream;

/// Replaces a share of the Latin letters that have a twin in the Cyrillic alphabet by it.
///
/// Pairs from the Unicode Consortium's list of confusable characters (UTS #39).
pub fn homoglyph(text: &str, share: f64, stream: &mut Stream) -> String {
    let letters = characters(text, |letter| twin(letter).is_some());
    change_share(text, &letters, share, stream, |letter, _| {
        letter.chars().map(|letter| twin(letter).unwrap_or(letter)).collect()
    })
}

fn twin(letter: char) -> Option<char> {
    TWINS.iter().find(|(latin, _)| *latin == letter).map(|&(_, cyrillic)| cyrillic)
}

const TWINS: [(char, char); 22] = [
    ('a', '\u{430}'),
    ('c', '\u{441}'),
    ('e', '\u{435}'),
    ('i', '\u{456}'),
    ('j', '\u{458}'),
    ('o', '\u{43e}'),
    ('p', '\u{440}'),
    ('s', '\u{455}'),
    ('x', '\u{445}'),
    ('y', '\u{443}'),
    ('A', '\u{410}'),
    ('B', '\u{412}'),
    ('C', '\u{421}'),
    ('E', '\u{415}'),
    ('H', '\u{41d}'),
    ('I', '\u{406}'),
    ('K', '\u{41a}'),
    ('M', '\u{41c}'),
    ('O', '\u{41e}'),
    ('P', '\u{420}'),
    ('T', '\u{422}'),
    ('X', '\u{425}'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn only_letters_with_a_twin_change() {
        let after = homoglyph("Cafe 12 d", 1.0, &mut Stream::new(Digest::of(b"h")));
        assert_eq!(after, "\u{421}\u{430}f\u{435} 12 d");
    }
}
