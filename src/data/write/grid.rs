//! Cells as people see them.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::data::json::render;
use crate::data::types::Type;
use crate::data::value::Value;

/// A value for the eye: floats with four decimals at most, a dash for what is missing.
pub(crate) fn shown<'a>(value: &'a Value, kind: &Type) -> Cow<'a, str> {
    match value {
        Value::Missing => Cow::Borrowed("—"),
        Value::Float(float) if float.is_finite() => Cow::Owned(short(*float)),
        value => render(value, kind),
    }
}

/// Four decimals at most, without zeros at their end; small numbers by their first digits.
fn short(float: f64) -> String {
    if float != 0.0 && float.abs() < 0.0005 {
        return format!("{float:.2e}");
    }
    let text = format!("{float:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A text on one line, with nothing in it that a terminal would obey.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|c| match c {
            '\n' => '↵',
            '\t' => ' ',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// The columns that a text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// At most `width` columns of a text, with `…` where the rest was.
pub(crate) fn truncated(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > width
    });
    Cow::Owned(format!("{}…", &text[..end.map_or(text.len(), |(at, _)| at)]))
}
