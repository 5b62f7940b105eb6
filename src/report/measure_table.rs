//! A measure's results on a terminal.

use crate::data::write::grid::columns;

use super::grid::{Align, Grid};
use super::measure_view::{MeasureView, MetricView, Number};
use super::number::{NONE, Told, count};
use super::paint::{Look, painted};
use super::paragraph::filled;

impl MeasureView {
    /// A table `width` columns wide, each metric with its interval and the rows that it stands on;
    /// metrics that find no room beside each other stand one below the other.
    pub fn render(&self, width: usize, colour: bool) -> String {
        let mut text = format!("{}\n\n", painted(&self.name, Look::Bold, colour));
        if self.groups.is_empty() && self.totals.is_empty() {
            text.push_str("  no rows were measured\n");
            return text;
        }
        let together = self.grid(&self.metrics, self.shares_rows());
        if together.narrowest() <= width || self.metrics.len() == 1 {
            text.push_str(&together.render(width, colour));
        } else {
            let apart = self.metrics.iter().map(|metric| self.grid(std::slice::from_ref(metric), true));
            text.push_str(&apart.map(|grid| grid.render(width, colour)).collect::<Vec<_>>().join("\n"));
        }
        text.push('\n');
        let notes = self.notes();
        // Behind two spaces, as the table above them.
        for note in filled(notes.iter().map(|note| (" · ", note.as_str())), width.saturating_sub(2)) {
            text.push_str(&format!("  {}\n", painted(&note, Look::Dim, colour)));
        }
        text
    }

    /// With `rows_once`, the rows are told after all metrics rather than after each.
    fn grid(&self, metrics: &[MetricView], rows_once: bool) -> Grid {
        let mut grid = Grid::default();
        let mut header: Vec<(String, Look)> = Vec::new();
        for column in &self.by {
            grid.words();
            header.push((column.to_string(), Look::Bold));
        }
        let mut cells: Vec<Vec<(String, Look)>> = Vec::new();
        for (at, metric) in metrics.iter().enumerate() {
            grid.numbers(Align::Left);
            header.push((format!("{} {}", metric.name, metric.better.sign()), Look::Bold));
            cells.push(self.numbers(metric).into_iter().map(|cell| (cell, Look::Plain)).collect());
            if rows_once && at + 1 < metrics.len() {
                continue;
            }
            let numbers: Vec<Option<&Number>> =
                self.lines().map(|line| line.numbers.get(&metric.name)).collect();
            grid.numbers(Align::Right);
            header.push(("n".to_owned(), Look::Dim));
            cells.push(
                numbers
                    .iter()
                    .map(|number| (number.map_or(NONE.to_owned(), |x| count(x.n)), Look::Dim))
                    .collect(),
            );
            if self.misses(metric) {
                grid.numbers(Align::Right);
                header.push(("missing".to_owned(), Look::Dim));
                cells.push(
                    numbers.iter().map(|number| missing(number.map_or(0, |number| number.missing))).collect(),
                );
            }
        }
        grid.line(header);
        grid.rule();
        for (at, line) in self.lines().enumerate() {
            if at > 0 && at == self.groups.len() {
                grid.rule();
            }
            let by = self.by.iter().map(|column| (line.label(column), Look::Plain));
            grid.line(by.chain(cells.iter().map(|column| column[at].clone())).collect());
        }
        grid
    }

    /// A metric's cells, one a line, decimal points below each other.
    fn numbers(&self, metric: &MetricView) -> Vec<String> {
        let told: Vec<Told> =
            self.lines().map(|line| Told::new(line.numbers.get(&metric.name), metric.scale)).collect();
        let split = |told: &Told| {
            let whole = told.value.find('.').unwrap_or(told.value.len());
            (columns(&told.value[..whole]), columns(&told.value[whole..]))
        };
        let before = told.iter().map(|told| split(told).0).max().unwrap_or(0);
        let after = told.iter().map(|told| split(told).1).max().unwrap_or(0);
        let cells = told.iter().map(|told| {
            let (whole, rest) = split(told);
            let (left, right) = (" ".repeat(before - whole), " ".repeat(after - rest));
            format!("{left}{}{right} {}", told.value, told.interval).trim_end().to_owned()
        });
        cells.collect()
    }
}

fn missing(missing: u64) -> (String, Look) {
    (count(missing), if missing == 0 { Look::Dim } else { Look::Marked })
}
