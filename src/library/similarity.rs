//! Natives that say how alike two things are.

use std::collections::BTreeMap;

use crate::data::value::Value;
use crate::text::similarity as alike;

use super::answers::plain_words;
use super::call::{Answer, Call};

pub(super) fn similarity(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(alike::levenshtein_ratio(call.text(0)?, call.text(1)?)))
}

pub(super) fn word_overlap(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(alike::word_overlap(call.text(0)?, call.text(1)?)))
}

pub(super) fn run_overlap(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(alike::run_overlap(call.text(0)?, call.text(1)?, call.count(2)?)))
}

/// The harmonic mean of precision and recall over words, each counted as often as it stands,
/// without case, punctuation and articles; 1 for two texts without words.
///
/// Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016.
pub(super) fn word_f1(call: &mut Call<'_>) -> Answer {
    let [given, gold] = [call.text(0)?, call.text(1)?].map(counted);
    let all = given.values().chain(gold.values()).sum::<u32>();
    let shared =
        given.iter().map(|(word, count)| gold.get(word).map_or(0, |other| *count.min(other))).sum::<u32>();
    Ok(Value::Float(if all == 0 { 1.0 } else { 2.0 * f64::from(shared) / f64::from(all) }))
}

/// How often each word stands in a text, articles left out.
fn counted(text: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for word in plain_words(text) {
        if !matches!(word.as_str(), "a" | "an" | "the") {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}

/// The cosine of the angle between two vectors; missing for vectors of different lengths and
/// where one is nought.
pub(super) fn cosine(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.floats(0)?, call.floats(1)?);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt());
    let known = a.len() == b.len() && cosine.is_finite();
    Ok(if known { Value::Float(cosine.clamp(-1.0, 1.0)) } else { Value::Missing })
}
