//! Natives that say how alike two things are.

use crate::data::value::Value;
use crate::text::similarity;

use super::call::{Answer, Call, Undefined};

pub(super) fn edit_similarity(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(similarity::levenshtein_ratio(call.text(0)?, call.text(1)?)))
}

pub(super) fn word_overlap(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(similarity::word_overlap(call.text(0)?, call.text(1)?)))
}

pub(super) fn run_overlap(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(similarity::run_overlap(call.text(0)?, call.text(1)?, call.count(2)?)))
}

/// The cosine of the angle between two vectors. There is none for vectors of different lengths
/// and for one of length nought.
pub(super) fn cosine(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.floats(0)?, call.floats(1)?);
    if a.len() != b.len() {
        return Err(Undefined(format!("vectors of {} and {} numbers have no angle", a.len(), b.len())));
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt());
    if cosine.is_finite() {
        Ok(Value::Float(cosine.clamp(-1.0, 1.0)))
    } else {
        Err(Undefined("a vector of length nought has no direction".to_owned()))
    }
}
