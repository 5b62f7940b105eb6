//! Cells that line up, with weight and colour.

use crate::data::write::grid::{columns, one_line, truncated};

use super::paint::{Look, painted};

/// Between two columns.
const GAP: usize = 2;
/// Before every line.
const MARGIN: usize = 2;
/// No column is made narrower: names that are cut shorter all look alike.
const NARROWEST: usize = 12;

/// Lines of cells.
#[derive(Default)]
pub(super) struct Grid {
    columns: Vec<Column>,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

struct Column {
    align: Align,
    /// Whether its cells may be cut to make the grid fit.
    shrinks: bool,
}

enum Line {
    Cells(Vec<(String, Look)>),
    Rule,
}

impl Grid {
    /// Adds a column of text, which is cut where the grid is too wide.
    pub(super) fn words(&mut self) {
        self.columns.push(Column { align: Align::Left, shrinks: true });
    }

    /// Adds a column that is always shown in full.
    pub(super) fn numbers(&mut self, align: Align) {
        self.columns.push(Column { align, shrinks: false });
    }

    pub(super) fn line(&mut self, cells: Vec<(String, Look)>) {
        self.lines.push(Line::Cells(cells.into_iter().map(|(text, look)| (one_line(&text), look)).collect()));
    }

    pub(super) fn rule(&mut self) {
        self.lines.push(Line::Rule);
    }

    /// The columns that the grid takes at least.
    pub(super) fn narrowest(&self) -> usize {
        let natural = self.natural();
        let least = natural.iter().zip(&self.columns).map(|(width, column)| match column.shrinks {
            true => (*width).min(NARROWEST),
            false => *width,
        });
        total(&least.collect::<Vec<_>>())
    }

    pub(super) fn render(&self, width: usize, colour: bool) -> String {
        let widths = self.fitted(width);
        let mut text = String::new();
        for line in &self.lines {
            let mut shown = " ".repeat(MARGIN);
            match line {
                Line::Rule => {
                    let rule = "─".repeat(total(&widths).saturating_sub(MARGIN));
                    shown.push_str(&painted(&rule, Look::Dim, colour));
                }
                Line::Cells(cells) => {
                    for (at, ((cell, look), width)) in cells.iter().zip(&widths).enumerate() {
                        let cell = truncated(cell, *width);
                        let pad = " ".repeat(width.saturating_sub(columns(&cell)));
                        let cell = painted(&cell, *look, colour);
                        let gap = if at == 0 { 0 } else { GAP };
                        shown.push_str(&" ".repeat(gap));
                        match self.columns[at].align {
                            Align::Left => shown.extend([cell, pad]),
                            Align::Right => shown.extend([pad, cell]),
                        }
                    }
                }
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        text
    }

    fn natural(&self) -> Vec<usize> {
        let width = |at: usize| {
            let cells = self.lines.iter().filter_map(|line| match line {
                Line::Cells(cells) => cells.get(at),
                Line::Rule => None,
            });
            cells.map(|(cell, _)| columns(cell)).max().unwrap_or(0)
        };
        (0..self.columns.len()).map(width).collect()
    }

    /// The widths under the largest cap on columns of text with which the grid fits.
    fn fitted(&self, width: usize) -> Vec<usize> {
        let natural = self.natural();
        let under = |cap: usize| -> Vec<usize> {
            let each = natural.iter().zip(&self.columns);
            each.map(|(width, column)| if column.shrinks { (*width).min(cap) } else { *width }).collect()
        };
        let widest = natural.iter().copied().max().unwrap_or(0).max(NARROWEST);
        let fits = |cap: &usize| total(&under(*cap)) <= width;
        under((NARROWEST..=widest).rev().find(fits).unwrap_or(NARROWEST))
    }
}

fn total(widths: &[usize]) -> usize {
    MARGIN + widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}
