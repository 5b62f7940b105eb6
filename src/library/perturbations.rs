//! Natives that change a share of a text at random.

use crate::data::value::Value;
use crate::text::perturbation::Apply;

use super::call::{Answer, Call};

/// `(value: text, share: float) -> text`
pub(super) fn perturb(call: &mut Call<'_>, apply: Apply) -> Answer {
    let (text, share) = (call.text(0)?, call.float(1)?);
    Ok(Value::text(apply(text, share, call.stream()?)))
}
