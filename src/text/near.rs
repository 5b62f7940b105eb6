//! Texts of one collection that are nearly those of another.

use std::collections::{BTreeMap, BTreeSet};

use super::words::words;

/// A text of the first collection with the nearest one of the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Their places.
    pub first: usize,
    pub second: usize,
    /// The share of their different words, ignoring case, that both have (Jaccard 1901).
    pub likeness: f64,
}

/// For each text of the first collection the nearest of the second, where they share at least that
/// part of their words, between 0 and 1; of two that are equally near the earlier.
///
/// Two texts that share the part `t` of their words have one in common among the first
/// `n - ceil(t n) + 1` of each one's `n` words, the rarest first; only such texts are compared.
/// Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins" (2006).
pub fn nearest(first: &[String], second: &[String], least: f64) -> Vec<Near> {
    let sets = |texts: &[String]| -> Vec<BTreeSet<String>> {
        texts.iter().map(|text| words(text).map(bare).filter(|word| !word.is_empty()).collect()).collect()
    };
    let (first, second) = (sets(first), sets(second));
    let mut frequency: BTreeMap<&str, u64> = BTreeMap::new();
    for word in first.iter().chain(&second).flatten() {
        *frequency.entry(word).or_default() += 1;
    }
    let rarest = |set: &'_ BTreeSet<String>| -> Vec<String> {
        let mut words: Vec<&str> = set.iter().map(String::as_str).collect();
        words.sort_by_key(|word| (frequency.get(word).copied().unwrap_or(0), *word));
        let needed = (least * words.len() as f64).ceil() as usize;
        words.truncate((words.len() + 1).saturating_sub(needed).max(1));
        words.into_iter().map(str::to_owned).collect()
    };
    let mut holding: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, set) in second.iter().enumerate() {
        for word in rarest(set) {
            holding.entry(word).or_default().push(place);
        }
    }
    let mut near = Vec::new();
    for (place, set) in first.iter().enumerate() {
        let candidates: BTreeSet<usize> =
            rarest(set).iter().filter_map(|word| holding.get(word)).flatten().copied().collect();
        let mut best: Option<Near> = None;
        for candidate in candidates {
            let shared = set.intersection(&second[candidate]).count();
            let all = set.len() + second[candidate].len() - shared;
            let likeness = shared as f64 / all.max(1) as f64;
            if likeness >= least && best.is_none_or(|best| likeness > best.likeness) {
                best = Some(Near { first: place, second: candidate, likeness });
            }
        }
        near.extend(best);
    }
    near
}

/// A word without the marks around it, in lower case.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_nearest_is_found_whatever_the_marks() {
        let old =
            texts(&["How do I pick a lock?", "Name the capital of France.", "How do I pick a door lock"]);
        let new = texts(&["how do i PICK a lock", "Name the capital of Spain.", "Something else"]);
        let near = nearest(&new, &old, 0.8);
        assert_eq!(near, [Near { first: 0, second: 0, likeness: 1.0 }]);
        assert_eq!(nearest(&new, &old, 0.6).len(), 2);
    }

    #[test]
    fn no_pair_is_missed_that_comparing_all_would_find() {
        let mut stream = Stream::new(crate::digest::Digest::of(b"near"));
        let mut text =
            || -> String { (0..6).map(|_| format!("w{} ", (stream.unit() * 12.0) as u32)).collect() };
        let first: Vec<String> = (0..80).map(|_| text()).collect();
        let second: Vec<String> = (0..80).map(|_| text()).collect();
        let found = nearest(&first, &second, 0.5);
        for (place, one) in first.iter().enumerate() {
            let best =
                second.iter().map(|two| crate::text::similarity::word_overlap(one, two)).fold(0.0, f64::max);
            let told = found.iter().find(|near| near.first == place).map_or(0.0, |near| near.likeness);
            assert_eq!(told, if best >= 0.5 { best } else { 0.0 }, "{one}");
        }
    }
}
