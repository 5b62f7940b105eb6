//! Changing a share of a text's pieces: the way all perturbations go.

use std::ops::Range;

use crate::random::Stream;

/// Changes a share of the pieces of a text and leaves the rest as it is.
///
/// `pieces` are disjoint byte ranges in ascending order. Of `n` pieces `share · n` are changed,
/// rounded to nearest, and at least one unless `share` is 0; which ones is drawn first, then
/// `change` draws what it needs, piece by piece.
pub(super) fn change_share(
    text: &str,
    pieces: &[Range<usize>],
    share: f64,
    stream: &mut Stream,
    mut change: impl FnMut(&str, &mut Stream) -> String,
) -> String {
    let chosen = stream.distinct(how_many(pieces.len(), share), pieces.len());
    let mut changed = String::with_capacity(text.len() + text.len() / 4);
    let mut done = 0;
    for piece in chosen.into_iter().filter_map(|index| pieces.get(index)) {
        changed.push_str(&text[done..piece.start]);
        changed.push_str(&change(&text[piece.clone()], stream));
        done = piece.end;
    }
    changed.push_str(&text[done..]);
    changed
}

fn how_many(pieces: usize, share: f64) -> usize {
    if share > 0.0 { ((pieces as f64 * share.min(1.0)).round() as usize).max(1) } else { 0 }
}

/// The characters for which `wanted` holds.
pub(super) fn characters(text: &str, wanted: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    text.char_indices()
        .filter(|&(_, character)| wanted(character))
        .map(|(start, character)| start..start + character.len_utf8())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn starred(text: &str, share: f64) -> String {
        let letters = characters(text, char::is_alphabetic);
        change_share(text, &letters, share, &mut Stream::new(Digest::of(b"s")), |_, _| "*".to_owned())
    }

    #[test]
    fn a_share_is_a_number_of_pieces() {
        let stars = |share| starred("ab cd, éf gh ij", share).matches('*').count();
        assert_eq!([stars(0.0), stars(0.3), stars(1.0), stars(7.0)], [0, 3, 10, 10]);
        assert_eq!([stars(0.001), stars(-1.0), stars(f64::NAN)], [1, 0, 0]);
        assert_eq!(starred("ab cd, é", 1.0), "** **, *");
        assert_eq!(starred("12", 1.0), "12");
    }
}
