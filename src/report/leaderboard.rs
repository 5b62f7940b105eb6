//! The scores of a suite: 0 to 100, higher is better, and where a metric was turned round to be so
//! it is said.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::check::program::{Direction, Suite, SuitePart, SuiteScore};

use super::grid::{Align, Grid};
use super::measure_view::{Better, Line, MeasureView, MetricView, Number, Scale};
use super::number::NONE;
use super::paint::{Look, painted};

/// A line a model, a column a score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaderboard {
    pub name: Arc<str>,
    pub columns: Vec<ScoreColumn>,
    pub lines: Vec<ModelScores>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreColumn {
    pub name: Arc<str>,
    /// What the score is made of, in the order written.
    pub parts: Vec<ScorePart>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScorePart {
    /// `jailbreak.rta`, or the name of another score.
    pub name: String,
    /// As the metric was declared; nothing for a score.
    pub better: Option<Better>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelScores {
    pub model: Arc<str>,
    /// By column; nothing where a part has no value.
    pub scores: Vec<Option<f64>>,
}

/// What a metric between 0 and 1 counts in a score, 0 to 100: itself where higher is better, its
/// complement where lower is, and the nearer the higher where a value is aimed at.
pub fn points(value: f64, direction: Direction) -> f64 {
    let share = match direction {
        Direction::Higher => value,
        Direction::Lower => 1.0 - value,
        Direction::Near(target) => 1.0 - (value - target).abs(),
    };
    100.0 * share.clamp(0.0, 1.0)
}

/// The suite's leaderboard; of a suite without one, all scores. `scores` holds for each model the
/// values of [`Suite::scores`]. Models stand by their first score, the best first.
pub fn leaderboard(name: &str, suite: &Suite, scores: &[(Arc<str>, Vec<Option<f64>>)]) -> Leaderboard {
    let all: Vec<u32> = (0..suite.scores.len() as u32).collect();
    let shown = if suite.leaderboard.is_empty() { &all } else { &suite.leaderboard };
    let columns =
        shown.iter().filter_map(|at| suite.scores.get(*at as usize)).map(|score| column(suite, score));
    let mut lines: Vec<ModelScores> = scores
        .iter()
        .map(|(model, values)| ModelScores {
            model: model.clone(),
            scores: shown.iter().map(|at| values.get(*at as usize).copied().flatten()).collect(),
        })
        .collect();
    let first = |line: &ModelScores| line.scores.first().copied().flatten().unwrap_or(f64::NEG_INFINITY);
    lines.sort_by(|a, b| first(b).total_cmp(&first(a)).then_with(|| a.model.cmp(&b.model)));
    Leaderboard { name: name.into(), columns: columns.collect(), lines }
}

/// The leaderboard as a measure of models, to be held against the one before.
pub fn board(suite: &Suite, scores: &[(Arc<str>, Vec<Option<f64>>)]) -> MeasureView {
    let Leaderboard { name, columns, lines } = leaderboard("leaderboard", suite, scores);
    let model: Arc<str> = "model".into();
    let metrics = columns.iter().map(|column| MetricView {
        name: column.name.clone(),
        better: Better::Higher,
        scale: Scale::Points,
    });
    let groups = lines.iter().map(|line| Line {
        by: IndexMap::from([(model.clone(), line.model.to_string().into())]),
        total: None,
        numbers: columns
            .iter()
            .zip(&line.scores)
            .map(|(column, value)| {
                let number = Number { value: *value, low: None, high: None, n: 0, missing: 0 };
                (column.name.clone(), number)
            })
            .collect(),
    });
    MeasureView {
        name,
        by: vec![model.clone()],
        metrics: metrics.collect(),
        groups: groups.collect(),
        ..MeasureView::default()
    }
}

fn column(suite: &Suite, score: &SuiteScore) -> ScoreColumn {
    let part = |part: &SuitePart| match part {
        SuitePart::Metric { run, metric, direction, .. } => {
            let run = suite.runs.get(*run as usize).map_or("?", |run| &run.name);
            ScorePart { name: format!("{run}.{metric}"), better: Some(Better::of(*direction)) }
        }
        SuitePart::Score(at) => {
            let name = suite.scores.get(*at as usize).map_or("?", |score| &score.name);
            ScorePart { name: name.to_owned(), better: None }
        }
    };
    ScoreColumn { name: score.name.clone(), parts: score.parts.iter().map(part).collect() }
}

impl ScorePart {
    /// What was done to the metric so that higher is better.
    fn turned(&self) -> Option<String> {
        match self.better? {
            Better::Higher => None,
            Better::Lower => Some(format!("1 − {}", self.name)),
            Better::Near(target) => Some(format!("1 − |{} − {target}|", self.name)),
        }
    }
}

impl ScoreColumn {
    /// The name, with a mark where a part was turned round.
    pub(super) fn heading(&self) -> String {
        let mark = if self.parts.iter().any(|part| part.turned().is_some()) { "*" } else { "" };
        format!("{}{mark}", self.name)
    }

    /// `safety*: jailbreak.rta, 1 − over_refusal.rate`
    pub(super) fn made_of(&self) -> String {
        let parts: Vec<String> =
            self.parts.iter().map(|part| part.turned().unwrap_or_else(|| part.name.clone())).collect();
        format!("{}: {}", self.heading(), parts.join(", "))
    }
}

impl Leaderboard {
    /// What must be known to read the scores.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = vec!["scores are 0 to 100, higher is better".to_owned()];
        if self.columns.iter().any(|column| column.heading().ends_with('*')) {
            notes.push("* takes a complement, where lower or nearer is better".to_owned());
        }
        notes
    }

    pub fn render(&self, width: usize, colour: bool) -> String {
        let mut grid = Grid::default();
        grid.words();
        self.columns.iter().for_each(|_| grid.numbers(Align::Right));
        let heads = self.columns.iter().map(|column| (column.heading(), Look::Bold));
        grid.line(std::iter::once(("model".to_owned(), Look::Bold)).chain(heads).collect());
        grid.rule();
        for line in &self.lines {
            let scores = line.scores.iter().map(|score| (shown(*score), Look::Plain));
            grid.line(std::iter::once((line.model.to_string(), Look::Plain)).chain(scores).collect());
        }
        let mut text =
            format!("{}\n\n{}\n", painted(&self.name, Look::Bold, colour), grid.render(width, colour));
        for note in self.notes().into_iter().chain(self.columns.iter().map(ScoreColumn::made_of)) {
            text.push_str(&format!("  {}\n", painted(&note, Look::Dim, colour)));
        }
        text
    }
}

/// A score with one digit after the point.
pub(super) fn shown(score: Option<f64>) -> String {
    match score {
        Some(score) if score.is_finite() => format!("{score:.1}"),
        _ => NONE.to_owned(),
    }
}
