//! Natives over what may be missing.

use super::call::{Answer, Call, Undefined};

/// The value itself; the row fails where it is missing.
pub(super) fn required(call: &mut Call<'_>) -> Answer {
    let value = call.argument(0)?;
    if value.is_missing() {
        Err(Undefined("a required value is missing".to_owned()))
    } else {
        Ok(value.clone())
    }
}
