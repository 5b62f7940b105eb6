//! Words and phrases one after the other, in lines that fit.

use crate::data::write::grid::columns;

/// A sentence in lines of at most so many columns, as far as its words allow.
pub fn broken(text: &str, width: usize) -> Vec<String> {
    filled(text.split_whitespace().map(|word| (" ", word)), width)
}

/// Pieces beside each other as far as they fit, each with what stands between it and the one before.
pub(super) fn filled<'p>(pieces: impl IntoIterator<Item = (&'p str, &'p str)>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (between, piece) in pieces {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(between) + columns(piece) <= width => {
                line.push_str(between);
                line.push_str(piece);
            }
            _ => lines.push(piece.to_owned()),
        }
    }
    lines
}

/// `a, b and c`
pub fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
