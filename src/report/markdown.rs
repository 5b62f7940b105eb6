//! A report in Markdown, as GitHub reads it.

use crate::data::write::markdown as rows_markdown;

use super::agreement::{Agreement, NOTE};
use super::document::{Document, FailureList, Section};
use super::leaderboard::{Leaderboard, ScoreColumn, shown};
use super::measure_view::MeasureView;
use super::number::{NONE, Told, count};

impl Document {
    pub fn markdown(&self) -> String {
        let mut parts = vec![format!("# {}\n", escaped(&self.title))];
        if !self.docs.is_empty() {
            parts.push(format!("{}\n", self.docs.join("\n")));
        }
        for section in &self.sections {
            parts.push(match section {
                Section::Heading(text) => format!("# {}\n", escaped(text)),
                Section::Text(text) => format!("{}\n", text.trim_end()),
                Section::Measure(view) => measure(view),
                Section::Rows(section) => {
                    let table = rows_markdown(&section.schema, &section.rows);
                    let rest = section.rest().map_or(String::new(), |rest| format!("\n*{rest}*\n"));
                    format!("## {}\n\n{table}{rest}", escaped(&section.node))
                }
                Section::Failures(list) => failures(list),
                Section::Leaderboard(board) => leaderboard(board),
                Section::Agreement(agreement) => self::agreement(agreement),
            });
        }
        let facts = self.provenance.facts.iter();
        let facts: Vec<String> =
            facts.map(|(what, value)| format!("- {}: {}\n", escaped(what), escaped(value))).collect();
        if !facts.is_empty() {
            parts.push(format!("---\n\n{}", facts.concat()));
        }
        parts.join("\n")
    }
}

fn measure(view: &MeasureView) -> String {
    let once = view.shares_rows();
    let mut header: Vec<(String, &str)> = view.by.iter().map(|column| (escaped(column), "---")).collect();
    for (at, metric) in view.metrics.iter().enumerate() {
        header.push((format!("{} {}", escaped(&metric.name), metric.better.sign()), "---"));
        if !once || at + 1 == view.metrics.len() {
            header.push(("n".to_owned(), "---:"));
            header.extend(view.misses(metric).then(|| ("missing".to_owned(), "---:")));
        }
    }
    let mut text = format!("## {}\n\n", escaped(&view.name));
    if !view.docs.is_empty() {
        text.push_str(&format!("{}\n\n", view.docs.join("\n")));
    }
    line(&mut text, header.iter().map(|(name, _)| name.clone()));
    line(&mut text, header.iter().map(|(_, rule)| (*rule).to_owned()));
    for group in view.lines() {
        let strong = |label: String| if group.total.is_some() { format!("**{label}**") } else { label };
        let mut cells: Vec<String> =
            view.by.iter().map(|column| strong(escaped(&group.label(column)))).collect();
        for (at, metric) in view.metrics.iter().enumerate() {
            let number = group.numbers.get(&metric.name);
            let told = Told::new(number, metric.scale);
            cells.push(format!("{} {}", told.value, told.interval).trim_end().to_owned());
            if !once || at + 1 == view.metrics.len() {
                cells.push(number.map_or(NONE.to_owned(), |number| count(number.n)));
                if view.misses(metric) {
                    cells.push(match number.map_or(0, |number| number.missing) {
                        0 => "0".to_owned(),
                        missing => format!("**{}**", count(missing)),
                    });
                }
            }
        }
        line(&mut text, cells.into_iter());
    }
    text.push_str(&format!("\n*{}*\n", view.notes().join(" · ")));
    text
}

fn failures(list: &FailureList) -> String {
    let mut text = format!("## Failures of {}\n\n{}\n", escaped(&list.node), list.headline());
    if !list.listed.is_empty() {
        text.push('\n');
    }
    for row in &list.listed {
        let mut values =
            row.values.iter().map(|(name, value)| format!("{}: {}", escaped(name), escaped(value)));
        let first = match &row.failure {
            Some((reason, message)) => format!("**{reason}** {}", escaped(message)),
            None => values.next().unwrap_or_default(),
        };
        text.push_str(&format!("- {first}\n"));
        values.for_each(|value| text.push_str(&format!("  - {value}\n")));
    }
    text
}

fn leaderboard(board: &Leaderboard) -> String {
    let mut text = format!("## {}\n\n", escaped(&board.name));
    let names = board.columns.iter().map(|column| escaped(&column.heading()));
    line(&mut text, std::iter::once("model".to_owned()).chain(names));
    line(&mut text, std::iter::once("---".to_owned()).chain(board.columns.iter().map(|_| "---:".to_owned())));
    for scores in &board.lines {
        let each = scores.scores.iter().map(|score| shown(*score));
        line(&mut text, std::iter::once(escaped(&scores.model)).chain(each));
    }
    let notes = board.notes().into_iter().chain(board.columns.iter().map(ScoreColumn::made_of));
    notes.for_each(|note| text.push_str(&format!("\n{}\n", escaped(&note))));
    text
}

fn agreement(agreement: &Agreement) -> String {
    let mut text = format!("## {}\n\n", escaped(&agreement.heading()));
    line(&mut text, Agreement::COLUMNS.iter().map(|name| (*name).to_owned()));
    let rules = ["---", "---", "---:", "---:", "---:", "---:"];
    line(&mut text, rules.iter().map(|rule| (*rule).to_owned()));
    agreement.cells().for_each(|cells| line(&mut text, cells.iter().map(|cell| escaped(cell))));
    text.push_str(&format!("\n*{NOTE}*\n"));
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push('|');
    cells.for_each(|cell| text.push_str(&format!(" {cell} |")));
    text.push('\n');
}

/// Text on one line in which Markdown and HTML find nothing of theirs.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' => plain.push_str(" ↵ "),
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => plain.extend(['\\', c]),
            c if c.is_control() => plain.push(char::REPLACEMENT_CHARACTER),
            c => plain.push(c),
        }
    }
    plain
}
