//! Misspellings of an inner letter: a share of the words of four letters and more loses,
//! doubles or capitalises one, or swaps two.

use super::pieces::change_share;
use super::words::letter_words;
use crate::random::Stream;

/// Words this long have two inner letters.
const LEAST: usize = 4;

/// Leaves out an inner letter: "sentence" becomes "sentnce".
pub fn missing_letter(text: &str, share: f64, stream: &mut Stream) -> String {
    change_inner(text, share, stream, |letters, inner| {
        letters.remove(inner);
    })
}

/// Doubles an inner letter: "sentence" becomes "sentennce".
pub fn repeated_letter(text: &str, share: f64, stream: &mut Stream) -> String {
    change_inner(text, share, stream, |letters, inner| letters.insert(inner, letters[inner]))
}

/// Writes an inner letter large: "sentence" becomes "senTence".
pub fn capital_letter(text: &str, share: f64, stream: &mut Stream) -> String {
    change_inner(text, share, stream, |letters, inner| {
        letters.splice(inner..=inner, letters[inner].to_uppercase().collect::<Vec<_>>());
    })
}

/// Puts a space before an inner letter: "sentence" becomes "sen tence".
pub fn split_words(text: &str, share: f64, stream: &mut Stream) -> String {
    change_inner(text, share, stream, |letters, inner| letters.insert(inner, ' '))
}

/// Swaps two inner neighbours that differ: "sentence" becomes "senetnce". Words without such
/// neighbours stay as they are.
pub fn swap_letters(text: &str, share: f64, stream: &mut Stream) -> String {
    let mut words = letter_words(text, LEAST);
    words.retain(|word| !unequal_neighbours(&text[word.clone()].chars().collect::<Vec<_>>()).is_empty());
    change_share(text, &words, share, stream, |word, stream| {
        let mut letters: Vec<char> = word.chars().collect();
        if let Some(&place) = stream.choose(&unequal_neighbours(&letters)) {
            letters.swap(place, place + 1);
        }
        letters.into_iter().collect()
    })
}

/// The places of inner letters whose right neighbour is another inner letter.
fn unequal_neighbours(letters: &[char]) -> Vec<usize> {
    (1..letters.len().saturating_sub(2)).filter(|&place| letters[place] != letters[place + 1]).collect()
}

fn change_inner(
    text: &str,
    share: f64,
    stream: &mut Stream,
    change: impl Fn(&mut Vec<char>, usize),
) -> String {
    change_share(text, &letter_words(text, LEAST), share, stream, |word, stream| {
        let mut letters: Vec<char> = word.chars().collect();
        let inner = 1 + stream.index(letters.len() - 2);
        change(&mut letters, inner);
        letters.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    const TEXT: &str = "The quick, brown fox jumped; naïve aaaa!";

    fn stream() -> Stream {
        Stream::new(Digest::of(b"letters"))
    }

    /// Words before and after, as far as they differ.
    fn changed(name: fn(&str, f64, &mut Stream) -> String) -> Vec<(String, String)> {
        let after = name(TEXT, 1.0, &mut stream());
        let pairs = TEXT.split(' ').zip(after.split(' '));
        pairs.filter(|(a, b)| a != b).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[test]
    fn each_long_word_changes_by_one_letter_inside() {
        for (name, difference) in [
            (missing_letter as fn(&str, f64, &mut Stream) -> String, -1_i64),
            (repeated_letter, 1),
            (capital_letter, 0),
        ] {
            let pairs = changed(name);
            assert_eq!(pairs.len(), 5, "{pairs:?}");
            for (before, after) in pairs {
                let count = |word: &str| word.chars().count() as i64;
                assert_eq!(count(&after) - count(&before), difference);
                assert_eq!(strsim::levenshtein(&before, &after), 1);
                assert_eq!(
                    (before.chars().next(), before.chars().last()),
                    (after.chars().next(), after.chars().last())
                );
            }
        }
    }

    #[test]
    fn swapped_letters_are_unequal_neighbours() {
        let pairs = changed(swap_letters);
        assert_eq!(pairs.len(), 4, "{pairs:?}");
        for (before, after) in pairs {
            assert_eq!(strsim::damerau_levenshtein(&before, &after), 1);
        }
    }

    #[test]
    fn a_space_goes_inside() {
        let after = split_words("sentence", 1.0, &mut stream());
        assert_eq!(after.replace(' ', ""), "sentence");
        assert_eq!(after.trim(), after);
        assert_eq!(after.matches(' ').count(), 1);
    }
}
