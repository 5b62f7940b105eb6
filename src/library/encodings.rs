//! Natives that write a text in another way.

use crate::data::value::Value;
use crate::text::{encode, number_words};

use super::call::{Answer, Call};

pub(super) fn base64(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::base64(call.text(0)?)))
}

pub(super) fn hex(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::hex(call.text(0)?)))
}

pub(super) fn url(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::url(call.text(0)?)))
}

pub(super) fn code_points(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::code_points(call.text(0)?)))
}

pub(super) fn binary(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::binary(call.text(0)?)))
}

pub(super) fn rot13(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::rot13(call.text(0)?)))
}

pub(super) fn leetspeak(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::leetspeak(call.text(0)?)))
}

pub(super) fn morse(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::morse(call.text(0)?)))
}

pub(super) fn reversed(call: &mut Call<'_>) -> Answer {
    Ok(Value::text(encode::reversed(call.text(0)?)))
}

/// A number below nought has "minus" before it.
pub(super) fn in_words(call: &mut Call<'_>) -> Answer {
    let int = call.int(0)?;
    let minus = if int < 0 { "minus " } else { "" };
    Ok(Value::text(format!("{minus}{}", number_words::in_words(int.unsigned_abs()))))
}
