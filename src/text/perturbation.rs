//! The perturbations by name, as the standard library calls them.

use super::{case, emoji, homoglyph, inner_letter, insertion, number_words, punctuation, spacing};
use super::{stretch, typo, word_order};
use crate::random::Stream;

/// What a perturbation does to a text: a share, 0 to 1, of what it could change in it is
/// changed, at random places.
pub type Apply = fn(&str, f64, &mut Stream) -> String;

/// A native perturbation.
#[derive(Clone, Copy, Debug)]
pub struct Perturbation {
    /// Its name.
    pub name: &'static str,
    /// Counts its changes of behaviour: part of the fingerprint of nodes that use it.
    pub version: u32,
    /// What it does.
    pub apply: Apply,
}

/// All of them, by name.
pub const PERTURBATIONS: [Perturbation; 25] = [
    first("capital_letter", inner_letter::capital_letter),
    first("distract", insertion::distract),
    first("emoji", emoji::emoji),
    first("extra_punctuation", punctuation::extra_punctuation),
    first("extra_spaces", spacing::extra_spaces),
    first("homoglyph", homoglyph::homoglyph),
    first("lower_case", case::lower_case),
    first("missing_letter", inner_letter::missing_letter),
    first("missing_punctuation", punctuation::missing_punctuation),
    first("missing_spaces", spacing::missing_spaces),
    first("missing_words", word_order::missing_words),
    first("number_words", number_words::number_words),
    first("random_case", case::random_case),
    first("repeated_letter", inner_letter::repeated_letter),
    first("repeated_words", word_order::repeated_words),
    first("separators", spacing::separators),
    first("social_tags", insertion::social_tags),
    first("spaced_upper_case", case::spaced_upper_case),
    first("split_words", inner_letter::split_words),
    first("stretch", stretch::stretch),
    first("swap_letters", inner_letter::swap_letters),
    first("swap_words", word_order::swap_words),
    first("typo", typo::typo),
    first("upper_case", case::upper_case),
    first("url_insert", insertion::url_insert),
];

/// The perturbation of that name.
pub fn perturbation(name: &str) -> Option<&'static Perturbation> {
    PERTURBATIONS.iter().find(|one| one.name == name)
}

const fn first(name: &'static str, apply: Apply) -> Perturbation {
    Perturbation { name, version: 1, apply }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use proptest::prelude::*;

    fn after(perturbation: &Perturbation, text: &str, share: f64) -> String {
        (perturbation.apply)(text, share, &mut Stream::new(Digest::of(b"perturbation")))
    }

    #[test]
    fn each_changes_a_plain_sentence_and_none_at_share_nought() {
        let text = "In 1999 The good doctor said: never, ever eat raw shellfish in summer.";
        for one in &PERTURBATIONS {
            assert_ne!(after(one, text, 0.5), text, "{}", one.name);
            assert_eq!(after(one, text, 0.0), text, "{}", one.name);
            assert_eq!(after(one, text, 0.5), after(one, text, 0.5), "{}", one.name);
            assert_eq!(perturbation(one.name).map(|found| found.name), Some(one.name));
        }
        assert!(PERTURBATIONS.is_sorted_by_key(|one| one.name));
    }

    proptest! {
        #[test]
        fn none_fails_on_any_text(text in any::<String>(), share in any::<f64>()) {
            for one in &PERTURBATIONS {
                after(one, &text, share);
            }
        }

        #[test]
        fn none_fails_on_words(text in "([ \n]|[a-zA-Z]{1,5}|[0-9,.]{1,4}|é|ß|ǅ|İ|e\u{301}|日本|[!?.,'\")]){0,30}") {
            for one in &PERTURBATIONS {
                after(one, &text, 1.0);
                after(one, &text, 0.3);
            }
        }
    }
}
