//! Emoji among the words.

use super::pieces::change_share;
use super::words::{bare, word_ranges};
use crate::random::Stream;

/// Puts an emoji after a share of the words: the word's own where the small list below has one,
/// else any that says little.
pub fn emoji(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, stream| {
        let key = word[bare(word, 0..word.len())].to_lowercase();
        let own = MEANT.iter().find(|(meant, _)| *meant == key).map(|&(_, emoji)| emoji);
        // Drawn in any case, so that a longer list leaves all other draws as they were.
        let any = stream.choose(&ANY).copied().unwrap_or_default();
        format!("{word} {}", own.unwrap_or(any))
    })
}

const ANY: [&str; 16] =
    ["✨", "🙂", "👀", "🤔", "🎉", "🔥", "💫", "🌟", "🙌", "😅", "🌈", "🍀", "🎈", "📌", "💡", "🪄"];

const MEANT: [(&str, &str); 40] = [
    ("animal", "🐾"),
    ("baby", "👶"),
    ("bank", "🏦"),
    ("bird", "🐦"),
    ("book", "📖"),
    ("car", "🚗"),
    ("cat", "🐱"),
    ("child", "🧒"),
    ("city", "🏙️"),
    ("coffee", "☕"),
    ("computer", "💻"),
    ("country", "🌍"),
    ("doctor", "🩺"),
    ("dog", "🐶"),
    ("fire", "🔥"),
    ("fish", "🐟"),
    ("flower", "🌸"),
    ("food", "🍽️"),
    ("game", "🎮"),
    ("good", "👍"),
    ("happy", "😊"),
    ("heart", "❤️"),
    ("home", "🏠"),
    ("house", "🏠"),
    ("love", "❤️"),
    ("man", "👨"),
    ("money", "💰"),
    ("moon", "🌙"),
    ("movie", "🎬"),
    ("music", "🎵"),
    ("phone", "📱"),
    ("rain", "🌧️"),
    ("school", "🏫"),
    ("sea", "🌊"),
    ("star", "⭐"),
    ("sun", "☀️"),
    ("train", "🚆"),
    ("tree", "🌳"),
    ("water", "💧"),
    ("woman", "👩"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn words_stay_and_known_ones_get_their_own() {
        let after = emoji("A Dog, sleeping", 1.0, &mut Stream::new(Digest::of(b"e")));
        let parts: Vec<&str> = after.split(' ').collect();
        assert_eq!([parts[0], parts[2], parts[3], parts[4]], ["A", "Dog,", "🐶", "sleeping"]);
        assert!(ANY.contains(&parts[1]) && ANY.contains(&parts[5]));
    }
}
