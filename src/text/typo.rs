//! Slips of the finger.

use super::pieces::change_share;
use super::words::letter_words;
use crate::random::Stream;

/// Replaces one letter, never the first, in a share of the words of three letters and more: by a
/// neighbour of its key on an English keyboard, and where it has none, by any letter.
pub fn typo(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &letter_words(text, 3), share, stream, |word, stream| {
        let mut letters: Vec<char> = word.chars().collect();
        let place = 1 + stream.index(letters.len() - 1);
        letters[place] = slip(letters[place], stream);
        letters.into_iter().collect()
    })
}

fn slip(letter: char, stream: &mut Stream) -> char {
    let key = letter.to_ascii_lowercase();
    let neighbours = KEYS.iter().find(|(middle, _)| *middle == key).map_or(LETTERS, |(_, around)| around);
    let other = stream.choose(neighbours.as_bytes()).map_or('x', |&byte| char::from(byte));
    if letter.is_uppercase() { other.to_ascii_uppercase() } else { other }
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

const KEYS: [(char, &str); 26] = [
    ('a', "qwsz"),
    ('b', "vghn"),
    ('c', "xdfv"),
    ('d', "serfcx"),
    ('e', "wsdr"),
    ('f', "drtgvc"),
    ('g', "ftyhbv"),
    ('h', "gyujnb"),
    ('i', "ujko"),
    ('j', "huikmn"),
    ('k', "jiolm"),
    ('l', "kop"),
    ('m', "njk"),
    ('n', "bhjm"),
    ('o', "iklp"),
    ('p', "ol"),
    ('q', "wa"),
    ('r', "edft"),
    ('s', "awedxz"),
    ('t', "rfgy"),
    ('u', "yhji"),
    ('v', "cfgb"),
    ('w', "qase"),
    ('x', "zsdc"),
    ('y', "tghu"),
    ('z', "asx"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn one_letter_of_each_word_slips() {
        let text = "Three typos HERE, naïvé to";
        let after = typo(text, 1.0, &mut Stream::new(Digest::of(b"typo")));
        for (before, after) in text.split(' ').zip(after.split(' ')).take(4) {
            assert_eq!(strsim::hamming(before, after), Ok(1), "{after}");
            assert_eq!(before.chars().next(), after.chars().next());
        }
        assert!(after.ends_with(" to"));
    }

    #[test]
    fn neighbours_are_mutual() {
        for (key, around) in KEYS {
            for other in around.chars() {
                let (_, back) = KEYS.iter().find(|(middle, _)| *middle == other).unwrap();
                assert!(back.contains(key), "{key} {other}");
            }
        }
    }
}
