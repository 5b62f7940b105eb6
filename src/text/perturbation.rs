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

    /// Of version 1, with a share of 0.4. Another version needs another list.
    const PUBLISHED: [(&str, &str); 25] = [
        ("capital_letter", "Ask MArie why 12 good doctoRs rest."),
        ("distract", "Ask Marie why 12 good doctors rest. And one is not two."),
        ("emoji", "Ask 📌 Marie why 🙂 12 good 👍 doctors rest."),
        ("extra_punctuation", "Ask!! Marie why, 12 good, doctors rest."),
        ("extra_spaces", "Ask   Marie why 12     good doctors rest."),
        ("homoglyph", "Aѕk Мarіе why 12 goоd doctors rеst."),
        ("lower_case", "ask Marie why 12 good doctors rest."),
        ("missing_letter", "Ask Mrie why 12 good doctos rest."),
        ("missing_punctuation", "Ask Marie why 12 good doctors rest"),
        ("missing_spaces", "AskMarie why 12good doctors rest."),
        ("missing_words", "Marie 12 doctors rest."),
        ("number_words", "Ask Marie why twelve good doctors rest."),
        ("random_case", "Ask mARIe why 12 gOOD doctOrs ReSt."),
        ("repeated_letter", "Ask Maarie why 12 good doctorrs rest."),
        ("repeated_words", "Ask Ask Marie why why 12 good good doctors rest."),
        ("separators", "A,sk Marie why 12 goo,d doctors rest."),
        ("social_tags", "Ask @Marie why 12 good #doctors rest."),
        ("spaced_upper_case", "A S K Marie why 12 G O O D doctors rest."),
        ("split_words", "Ask M arie why 12 good docto rs rest."),
        ("stretch", "AAAsk Marie why 12 good doctooooors rest."),
        ("swap_letters", "Ask Maire why 12 good doctors rest."),
        ("swap_words", "Marie Ask why 12 good doctors rest."),
        ("typo", "Azk Marie why 12 giod doctors rest."),
        ("upper_case", "ASK Marie WHY 12 GOOD doctors rest."),
        (
            "url_insert",
            "Ask https://example.com/wbaixi Marie why https://example.com/pcagsu 12 good https://example.com/feuohw doctors rest.",
        ),
    ];

    #[test]
    fn results_are_those_of_all_published_ones() {
        for (one, (name, expected)) in PERTURBATIONS.iter().zip(PUBLISHED) {
            let text = "Ask Marie why 12 good doctors rest.";
            assert_eq!((one.name, after(one, text, 0.4).as_str()), (name, expected));
        }
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
