//! Things among the words that don't belong there.

use super::pieces::change_share;
use super::words::{letter_words, sentence_ranges, word_ranges};
use crate::random::Stream;

/// Puts a web address after a share of the words. The addresses lie in `example.com`, which
/// nobody can own (RFC 2606).
///
/// After the invariance test "add random URLs" of Ribeiro et al., "Beyond accuracy: behavioral
/// testing of NLP models with CheckList", ACL 2020.
pub fn url_insert(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &word_ranges(text), share, stream, |word, stream| {
        let path: String = (0..6).map(|_| char::from(b'a' + stream.below(26) as u8)).collect();
        format!("{word} https://example.com/{path}")
    })
}

/// Marks a share of the words as people do on social networks: `@` before a word with a capital
/// letter, `#` before any other, for words of four letters and more.
pub fn social_tags(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &letter_words(text, 4), share, stream, |word, _| {
        let mark = if word.starts_with(char::is_uppercase) { '@' } else { '#' };
        format!("{mark}{word}")
    })
}

/// Puts a remark that is true of anything after a share of the sentences.
///
/// After the "word overlap" and "negation" tests of Naik et al., "Stress test evaluation for
/// natural language inference", COLING 2018.
pub fn distract(text: &str, share: f64, stream: &mut Stream) -> String {
    change_share(text, &sentence_ranges(text), share, stream, |sentence, stream| {
        let remark = stream.choose(&REMARKS).copied().unwrap_or_default();
        format!("{sentence} {remark}")
    })
}

const REMARKS: [&str; 6] = [
    "And true is true.",
    "And false is not true.",
    "And red is red.",
    "And one is not two.",
    "By the way, Monday comes before Tuesday.",
    "By the way, water is wet.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn all(name: fn(&str, f64, &mut Stream) -> String, text: &str) -> String {
        name(text, 1.0, &mut Stream::new(Digest::of(b"insert")))
    }

    #[test]
    fn the_text_itself_stays() {
        let urls = all(url_insert, "one two");
        let parts: Vec<&str> = urls.split(' ').collect();
        assert_eq!((parts[0], parts[2], parts.len()), ("one", "two", 4));
        assert!(parts[1].starts_with("https://example.com/") && parts[1] != parts[3]);
        assert_eq!(all(social_tags, "Where is (Marie) now?"), "@Where is (@Marie) now?");
        let remarks = all(distract, "It rains. Why?");
        assert!(remarks.starts_with("It rains. ") && remarks.contains(" Why? "), "{remarks}");
        assert!(REMARKS.iter().any(|remark| remarks.ends_with(remark)));
    }
}
