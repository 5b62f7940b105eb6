//! How alike two texts are, from 0 to 1.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::words::words;
use crate::digest::Digest;
use crate::random::{GOLDEN, mixed};

/// 1 less the edits from one text to the other, divided by the characters of the longer one.
///
/// Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals",
/// Soviet Physics Doklady 10 (1966).
pub fn levenshtein_ratio(a: &str, b: &str) -> f64 {
    strsim::normalized_levenshtein(a, b)
}

/// The share of the texts' different words, ignoring case, that both have (Jaccard 1901); 1 for
/// two texts without words.
pub fn word_overlap(a: &str, b: &str) -> f64 {
    let set = |text: &str| words(text).map(str::to_lowercase).collect::<BTreeSet<_>>();
    let (a, b) = (set(a), set(b));
    let shared = a.intersection(&b).count();
    ratio(shared, a.len() + b.len() - shared)
}

/// Twice the different runs of `n` characters that both texts have, divided by those of the one
/// and those of the other (Dice 1945); 1 for two texts without runs.
pub fn run_overlap(a: &str, b: &str, n: usize) -> f64 {
    let (a, b) = (runs(a, n), runs(b, n));
    ratio(2 * a.intersection(&b).count(), a.len() + b.len())
}

fn runs(text: &str, n: usize) -> BTreeSet<Vec<char>> {
    let characters: Vec<char> = text.chars().collect();
    characters.windows(n.max(1)).map(<[char]>::to_vec).collect()
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

const HASHES: usize = 128;
const SHINGLE: usize = 3;

/// A sketch of a text by which near-duplicates are found among many.
///
/// Of 128 hash functions each keeps its least value over the text's shingles: its runs of three
/// words, in lower case with single spaces, or the whole text where it has fewer. A shingle's
/// base is the first eight bytes of its BLAKE3 digest, little-endian; function `i` mixes base
/// plus `i` times 2^64 by the golden ratio with SplitMix64's finaliser. Results depend on this:
/// it may never change. Broder, "On the resemblance and containment of documents" (1997).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch(Vec<u64>);

impl Sketch {
    /// The sketch of a text.
    pub fn of(text: &str) -> Sketch {
        let words: Vec<String> = words(text).map(str::to_lowercase).collect();
        let mut least = vec![u64::MAX; HASHES];
        let shingle = SHINGLE.min(words.len()).max(1);
        for run in words.windows(shingle) {
            let [a, b, c, d, e, f, g, h, ..] = Digest::of(run.join(" ").as_bytes()).0;
            let mut hash = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
            for least in &mut least {
                *least = (*least).min(mixed(hash));
                hash = hash.wrapping_add(GOLDEN);
            }
        }
        Sketch(least)
    }

    /// The estimated share of the texts' shingles that both have, with a standard error of at
    /// most 0.045.
    pub fn resemblance(&self, other: &Sketch) -> f64 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f64 / HASHES as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_similarities() {
        assert!((levenshtein_ratio("kitten", "sitting") - (1.0 - 3.0 / 7.0)).abs() < 1e-12);
        assert_eq!(word_overlap("The cat sat", "the dog sat"), 0.5);
        assert_eq!(run_overlap("night", "nacht", 2), 0.25);
        assert_eq!([word_overlap("", " "), run_overlap("a", "b", 2), run_overlap("é", "é", 0)], [1.0; 3]);
    }

    #[test]
    fn a_sketch_estimates_the_share_of_shingles() {
        let text = |from: u32| (from..from + 400).map(|n| format!("w{n} ")).collect::<String>();
        let (one, near, far) = (Sketch::of(&text(0)), Sketch::of(&text(50)), Sketch::of(&text(1000)));
        // 398 shingles each, 348 of them shared.
        assert!((one.resemblance(&near) - 348.0 / 448.0).abs() < 0.1, "{}", one.resemblance(&near));
        assert!(one.resemblance(&far) < 0.05);
        assert_eq!(Sketch::of("One  two\n").resemblance(&Sketch::of("one two")), 1.0);
        assert_eq!(Sketch::of("one two").resemblance(&Sketch::of("one three")), 0.0);
        assert_eq!(Sketch::of("").resemblance(&Sketch::of(" ")), 1.0);
    }

    #[test]
    fn the_sketch_is_that_of_all_published_results() {
        let Sketch(least) = Sketch::of("the quick brown fox");
        assert_eq!((least[0], least[127]), (3_713_578_783_480_430_331, 945_090_299_993_163_695));
    }
}
