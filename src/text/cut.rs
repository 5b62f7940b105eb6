//! Cutting a text in two.

use crate::random::Stream;

/// The text in two parts, cut at a random place in its middle half; a text of one character or
/// none has an empty first part.
pub fn cut_in_two<'a>(text: &'a str, stream: &mut Stream) -> (&'a str, &'a str) {
    let characters = text.chars().count();
    let (least, most) = (characters / 4, characters - characters / 4);
    let cut = least + stream.index(most - least);
    // The middle half of a short text reaches its start, where there is nothing to cut.
    let cut = cut.max(usize::from(characters > 1));
    let place = text.char_indices().nth(cut).map_or(text.len(), |(place, _)| place);
    if characters < 2 { ("", text) } else { text.split_at(place) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Hasher;

    #[test]
    fn both_parts_hold_a_quarter() {
        for number in 0..100 {
            let mut stream = Stream::new(Hasher::new("cut").number(number).finish());
            let (first, second) = cut_in_two("twelve lettér", &mut stream);
            assert_eq!(format!("{first}{second}"), "twelve lettér");
            assert!(first.chars().count() >= 3 && second.chars().count() >= 3, "{first}|{second}");
            assert_eq!(cut_in_two("ab", &mut stream), ("a", "b"));
            assert_eq!(cut_in_two("é", &mut stream), ("", "é"));
            assert_eq!(cut_in_two("", &mut stream), ("", ""));
        }
    }
}
