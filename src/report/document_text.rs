//! A report on a terminal.

use crate::data::write::grid::one_line;
use crate::data::write::table;

use super::document::{Document, FailureList, Section};
use super::paint::{Look, painted};

impl Document {
    /// The report without its provenance, `width` columns wide.
    pub fn render(&self, width: usize, colour: bool) -> String {
        let mut parts = vec![format!("{}\n", painted(&one_line(&self.title), Look::Bold, colour))];
        for section in &self.sections {
            parts.push(match section {
                Section::Heading(text) => format!("{}\n", painted(&one_line(text), Look::Bold, colour)),
                Section::Text(text) => text.lines().map(|line| format!("{}\n", one_line(line))).collect(),
                Section::Measure(view) => view.render(width, colour),
                Section::Rows(section) => {
                    let mut text = format!("{}\n\n", painted(&section.node, Look::Bold, colour));
                    text.push_str(&table(&section.schema, &section.rows, Some(width)));
                    if let Some(rest) = section.rest() {
                        text.push_str(&format!("\n{}\n", painted(&rest, Look::Dim, colour)));
                    }
                    text
                }
                Section::Failures(list) => failures(list, width, colour),
                Section::Leaderboard(board) => board.render(width, colour),
                Section::Agreement(agreement) => agreement.render(width, colour),
            });
        }
        parts.join("\n")
    }
}

fn failures(list: &FailureList, width: usize, colour: bool) -> String {
    let name = painted(&format!("Failures of {}", list.node), Look::Bold, colour);
    let rows: Vec<String> = list.listed.iter().map(|row| row.render(width, colour)).collect();
    [vec![format!("{name}\n"), format!("  {}\n", list.headline())], rows].concat().join("\n")
}
