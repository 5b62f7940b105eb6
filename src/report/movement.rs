//! Numbers beside those of the run before: which moved, from where to where, and for the better or
//! the worse.

use std::sync::Arc;

use super::grid::{Align, Grid};
use super::measure_view::{Better, Line, MeasureView, MetricView, Number, Scale};
use super::number::{NONE, Told, count};
use super::paint::Look;

/// A measure's numbers beside those before.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct MeasureMoves {
    pub name: Arc<str>,
    pub moves: Vec<Move>,
    /// The numbers as they are now.
    #[serde(skip)]
    view: MeasureView,
}

/// One number, now and before.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Move {
    pub metric: Arc<str>,
    /// What stands in each column that the groups are told apart by.
    pub group: Vec<String>,
    pub is: Option<Number>,
    pub was: Option<Number>,
    pub course: Course,
}

/// Where a number went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// To the last bit where it was.
    Still,
    /// There was none, or its rows alone changed.
    Other,
    Better,
    Worse,
    Gone,
}

impl MeasureMoves {
    /// A measure's view beside the one before; without one, every number is new.
    pub fn of(view: MeasureView, before: Option<&MeasureView>) -> MeasureMoves {
        let mut moves = Vec::new();
        for line in view.lines() {
            let old = before.and_then(|before| before.lines().find(|old| is_of_one_place(old, line)));
            for metric in &view.metrics {
                let is = line.numbers.get(&metric.name).copied();
                let was = old.and_then(|old| old.numbers.get(&metric.name)).copied();
                let course = course(is, was, metric.better);
                moves.push(Move { metric: metric.name.clone(), group: labels(&view, line), is, was, course });
            }
        }
        for old in before.into_iter().flat_map(MeasureView::lines) {
            if !view.lines().any(|line| is_of_one_place(old, line)) {
                moves.extend(old.numbers.iter().map(|(metric, number)| Move {
                    metric: metric.clone(),
                    group: labels(&view, old),
                    is: None,
                    was: Some(*number),
                    course: Course::Gone,
                }));
            }
        }
        MeasureMoves { name: view.name.clone(), moves, view }
    }

    pub fn has_moved(&self) -> bool {
        self.moves.iter().any(|one| one.course != Course::Still)
    }

    /// The numbers of the measure as they are now.
    pub fn view(&self) -> &MeasureView {
        &self.view
    }

    /// A line a number; those that stayed are left out where `only_moved`.
    pub fn render(&self, width: usize, colour: bool, only_moved: bool) -> String {
        let mut grid = Grid::default();
        self.view.by.iter().for_each(|_| grid.words());
        grid.words();
        for align in [Align::Right, Align::Left, Align::Left, Align::Right] {
            grid.numbers(align);
        }
        let shown: Vec<&Move> =
            self.moves.iter().filter(|one| !only_moved || one.course != Course::Still).collect();
        for one in &shown {
            let Some(metric) = self.view.metrics.iter().find(|metric| metric.name == one.metric) else {
                continue;
            };
            grid.line(one.cells(metric));
        }
        if shown.is_empty() {
            String::new()
        } else {
            format!("  {}\n\n{}", self.name, grid.render(width, colour))
        }
    }
}

impl Move {
    fn cells(&self, metric: &MetricView) -> Vec<(String, Look)> {
        let now = Told::new(self.is.as_ref(), metric.scale);
        let before = Told::new(self.was.as_ref(), metric.scale);
        let look = match self.course {
            Course::Still => Look::Plain,
            Course::Other => Look::Bold,
            Course::Better => Look::Come,
            Course::Worse => Look::Gone,
            Course::Gone => Look::Dim,
        };
        let value = match (self.was.and_then(|was| was.value), self.course) {
            (_, Course::Still) | (None, _) => now.value,
            (_, Course::Gone) => format!("{} → {NONE}", before.value),
            (Some(_), _) if before.value == now.value => now.value,
            (Some(_), _) => format!("{} → {}", before.value, now.value),
        };
        let by = match (self.is.and_then(|is| is.value), self.was.and_then(|was| was.value)) {
            (Some(is), Some(was)) if is != was => {
                let by = is - was;
                let size = match metric.scale {
                    Scale::Points => format!("{by:+.1}"),
                    _ if by.abs() >= 100.0 => format!("{by:+.0}"),
                    _ => format!("{by:+.3}"),
                };
                // A step that rounds to nothing is still one.
                if size.trim_start_matches(['+', '-']).parse() == Ok(0.0) {
                    format!("{by:+.1e}")
                } else {
                    size
                }
            }
            (Some(_), None) => "new".to_owned(),
            _ => String::new(),
        };
        let rows = match (self.is, self.was) {
            _ if metric.scale == Scale::Points => String::new(),
            (Some(is), Some(was)) if is.n != was.n => format!("{} → {}", count(was.n), count(is.n)),
            (Some(is), _) => count(is.n),
            (None, _) => String::new(),
        };
        let mut cells: Vec<(String, Look)> =
            self.group.iter().map(|part| (part.clone(), Look::Plain)).collect();
        cells.push((format!("{} {}", metric.name, metric.better.sign()), Look::Dim));
        cells.extend([(value, look), (by, look), (now.interval, Look::Dim), (rows, Look::Dim)]);
        cells
    }
}

fn labels(view: &MeasureView, line: &Line) -> Vec<String> {
    view.by.iter().map(|column| line.label(column)).collect()
}

fn is_of_one_place(a: &Line, b: &Line) -> bool {
    a.by == b.by && a.total == b.total
}

fn course(is: Option<Number>, was: Option<Number>, better: Better) -> Course {
    let (Some(is), Some(was)) = (is, was) else {
        return if is.is_none() && was.is_some() { Course::Gone } else { Course::Other };
    };
    if is == was {
        return Course::Still;
    }
    let (Some(now), Some(before)) = (is.value, was.value) else { return Course::Other };
    let gain = match better {
        Better::Higher => now - before,
        Better::Lower => before - now,
        Better::Near(target) => (before - target).abs() - (now - target).abs(),
    };
    match gain {
        gain if gain > 0.0 => Course::Better,
        gain if gain < 0.0 => Course::Worse,
        _ => Course::Other,
    }
}
