//! A table for a terminal.

use crate::data::row::Row;
use crate::data::schema::Schema;

use super::grid::{columns, one_line, shown, truncated};
use super::{cells, is_number};

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower, even if the table is then too wide.
const NARROWEST: usize = 5;

/// A table whose columns line up: numbers at their right, text at its left. With a `width`, in
/// columns of the terminal, the widest columns are cut to fit, `…` standing for what is gone.
pub fn table(schema: &Schema, rows: &[Row], width: Option<usize>) -> String {
    let right: Vec<bool> = schema.visible().map(|(_, column)| is_number(&column.kind)).collect();
    let header = schema.visible().map(|(_, column)| one_line(&column.name)).collect();
    let body = rows
        .iter()
        .map(|row| cells(schema, row).map(|(value, kind)| one_line(&shown(value, kind))).collect());
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(body).collect();
    let natural: Vec<usize> = (0..right.len())
        .map(|column| lines.iter().map(|line| columns(&line[column])).max().unwrap_or(0))
        .collect();
    let widths = match width {
        Some(width) => fitted(&natural, width),
        None => natural,
    };

    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        push(&mut text, line, &widths, &right);
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            push(&mut text, &rule, &widths, &right);
        }
    }
    text
}

fn push(text: &mut String, line: &[String], widths: &[usize], right: &[bool]) {
    let start = text.len();
    for ((cell, width), right) in line.iter().zip(widths).zip(right) {
        if text.len() > start {
            text.push_str(&" ".repeat(GAP));
        }
        let cell = truncated(cell, *width);
        let pad = " ".repeat(width - columns(&cell).min(*width));
        let (before, after) = if *right { (pad.as_str(), "") } else { ("", pad.as_str()) };
        text.push_str(before);
        text.push_str(&cell);
        text.push_str(after);
    }
    text.truncate(start + text[start..].trim_end_matches(' ').len());
    text.push('\n');
}

/// The widths under the largest cap with which the table fits.
fn fitted(natural: &[usize], width: usize) -> Vec<usize> {
    let room = width.saturating_sub(GAP * natural.len().saturating_sub(1));
    let widest = natural.iter().copied().max().unwrap_or(0);
    let under = |cap: usize| natural.iter().map(move |width| (*width).min(cap));
    let caps = NARROWEST..widest.max(NARROWEST) + 1;
    let cap = caps.rev().find(|cap| under(*cap).sum::<usize>() <= room).unwrap_or(NARROWEST);
    under(cap).collect()
}
