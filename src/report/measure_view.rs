//! A measure's table as people think of it: a line a group, a number a metric.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;

use crate::check::program::{Direction, Measure, Metric, NodeId, Program, StepKind};
use crate::data::json::to_json;
use crate::data::order::order_values;
use crate::data::row::Row;
use crate::data::types::Type;
use crate::data::value::Value;
use crate::syntax::tree::{MissingPolicy, Total};

pub use super::number::Scale;

/// A measure's results.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MeasureView {
    pub name: Arc<str>,
    /// The file's words on it.
    pub docs: Vec<Arc<str>>,
    /// Columns that tell the groups apart.
    pub by: Vec<Arc<str>>,
    pub metrics: Vec<MetricView>,
    /// Such as 0.95; nothing where the measure asks for no intervals.
    pub level: Option<f64>,
    /// What a missing row counts as.
    pub missing: MissingCounts,
    /// Ordered by their values.
    pub groups: Vec<Line>,
    pub totals: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricView {
    pub name: Arc<str>,
    pub better: Better,
    pub scale: Scale,
}

/// Which values of a metric are good.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Higher,
    Lower,
    Near(f64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingCounts {
    /// As nothing: it is not among the `n`.
    #[default]
    Excluded,
    Zero,
    One,
    /// There can't be any.
    Error,
}

/// A group, or a total over groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The group's value of each column of `by`; null where a total runs over it.
    pub by: IndexMap<Arc<str>, Json>,
    pub total: Option<TotalView>,
    /// By metric.
    pub numbers: IndexMap<Arc<str>, Number>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalView {
    pub kind: TotalKind,
    /// Columns of `by` that it runs over.
    pub over: Vec<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TotalKind {
    /// Every row counts once.
    Pooled,
    /// Every group counts once.
    Macro,
}

/// What was measured of one metric in one group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Number {
    /// Nothing where no row has one.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Rows that it stands on.
    pub n: u64,
    /// Rows without a value, counted as the measure says.
    pub missing: u64,
}

/// The view of a measure's rows; without lines where the node is no measure.
pub fn measure_view(program: &Program, node: NodeId, rows: &[Row]) -> MeasureView {
    let Some(node) = program.nodes.get(node.0 as usize) else { return MeasureView::default() };
    let measure = node.steps.iter().find_map(|step| match &step.kind {
        StepKind::Measure(measure) => Some(&**measure),
        _ => None,
    });
    let Some(measure) = measure else {
        return MeasureView { name: node.name.clone(), ..MeasureView::default() };
    };
    let columns: Vec<(Arc<str>, &Type)> = node
        .schema
        .columns
        .iter()
        .take(measure.by.len())
        .map(|column| (column.name.clone(), &column.kind))
        .collect();

    let mut lines: Vec<Draft> = Vec::new();
    let mut places: IndexMap<(Vec<String>, Option<usize>), usize> = IndexMap::new();
    for row in rows {
        let Some(result) = Result::of(row, measure) else { continue };
        let by: IndexMap<Arc<str>, Json> = columns
            .iter()
            .zip(result.by)
            .map(|((name, kind), value)| (name.clone(), to_json(value, kind)))
            .collect();
        let key = (by.values().map(Json::to_string).collect(), result.total);
        let place = *places.entry(key).or_insert_with(|| {
            let total = result.total.and_then(|at| measure.totals.get(at)).map(|total| TotalView {
                kind: match total.how {
                    Total::Pooled => TotalKind::Pooled,
                    Total::Macro => TotalKind::Macro,
                },
                over: total.over.iter().filter_map(|at| Some(columns.get(*at as usize)?.0.clone())).collect(),
            });
            let line = Line { by, total, numbers: IndexMap::new() };
            lines.push(Draft { values: result.by.to_vec(), total: result.total, line });
            lines.len() - 1
        });
        lines[place].line.numbers.insert(result.metric, result.number);
    }
    lines.sort_by(|a, b| {
        let values = a.values.iter().zip(&b.values).map(|(a, b)| order_values(a, b));
        a.total.cmp(&b.total).then(values.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then))
    });
    let (groups, totals) = lines.into_iter().map(|draft| draft.line).partition(|line| line.total.is_none());
    MeasureView {
        name: node.name.clone(),
        docs: node.docs.clone(),
        by: columns.into_iter().map(|(name, _)| name).collect(),
        metrics: measure.metrics.iter().map(MetricView::of).collect(),
        level: measure.interval.as_ref().map(|interval| interval.level),
        missing: match measure.missing {
            MissingPolicy::Excluded => MissingCounts::Excluded,
            MissingPolicy::Zero => MissingCounts::Zero,
            MissingPolicy::One => MissingCounts::One,
            MissingPolicy::Error => MissingCounts::Error,
        },
        groups,
        totals,
    }
}

/// A line with what it is ordered by.
struct Draft {
    values: Vec<Value>,
    total: Option<usize>,
    line: Line,
}

/// One row of a measure's table, read as [`Metric`] lays it out.
struct Result<'a> {
    by: &'a [Value],
    metric: Arc<str>,
    number: Number,
    /// Place in [`Measure::totals`].
    total: Option<usize>,
}

impl<'a> Result<'a> {
    fn of(row: &'a Row, measure: &Measure) -> Option<Result<'a>> {
        let (by, rest) = row.values.split_at_checked(measure.by.len())?;
        let [Value::Text(metric), value, low, high, n, missing, total] = rest else { return None };
        let how = match total {
            Value::Text(how) if &**how == "pooled" => Some(Total::Pooled),
            Value::Text(how) if &**how == "macro" => Some(Total::Macro),
            _ => None,
        };
        let number = Number {
            value: float(value),
            low: float(low),
            high: float(high),
            n: whole(n),
            missing: whole(missing),
        };
        let total = how.and_then(|how| total_over(measure, how, by));
        Some(Result { by, metric: metric.clone(), number, total })
    }
}

/// The total whose columns have no value here; of several, that over the most columns, for a
/// group's value may be missing by itself.
fn total_over(measure: &Measure, how: Total, by: &[Value]) -> Option<usize> {
    let empty = |at: &u32| by.get(*at as usize).is_some_and(Value::is_missing);
    let fitting = measure
        .totals
        .iter()
        .enumerate()
        .filter(|(_, total)| total.how == how && total.over.iter().all(empty));
    fitting.max_by_key(|(_, total)| total.over.len()).map(|(at, _)| at)
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(float) if float.is_finite() => Some(*float),
        Value::Int(int) => Some(*int as f64),
        _ => None,
    }
}

fn whole(value: &Value) -> u64 {
    match value {
        Value::Int(int) => u64::try_from(*int).unwrap_or(0),
        _ => 0,
    }
}

impl MetricView {
    fn of(metric: &Metric) -> MetricView {
        MetricView {
            name: metric.name.clone(),
            better: Better::of(metric.direction),
            scale: match metric.aggregation.kind.present() {
                _ if metric.is_rate => Scale::Rate,
                Type::Int => Scale::Count,
                _ => Scale::Real,
            },
        }
    }
}

impl Better {
    pub(super) fn of(direction: Direction) -> Better {
        match direction {
            Direction::Higher => Better::Higher,
            Direction::Lower => Better::Lower,
            Direction::Near(target) => Better::Near(target),
        }
    }

    /// `↑`, `↓`, `→ 0.5`
    pub fn sign(self) -> String {
        match self {
            Better::Higher => "↑".to_owned(),
            Better::Lower => "↓".to_owned(),
            Better::Near(target) => format!("→ {target}"),
        }
    }

    pub fn words(self) -> String {
        match self {
            Better::Higher => "higher is better".to_owned(),
            Better::Lower => "lower is better".to_owned(),
            Better::Near(target) => format!("nearer {target} is better"),
        }
    }
}

impl MeasureView {
    /// Groups, then totals.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.groups.iter().chain(&self.totals)
    }

    /// Whether any line has rows without a value of that metric.
    pub(super) fn misses(&self, metric: &MetricView) -> bool {
        self.lines().filter_map(|line| line.numbers.get(&metric.name)).any(|number| number.missing > 0)
    }

    /// Whether each line stands on the same rows in all metrics, so that saying it once will do.
    pub(super) fn shares_rows(&self) -> bool {
        self.lines().all(|line| {
            let mut rows = line.numbers.values().map(|number| (number.n, number.missing));
            let first = rows.next();
            line.numbers.len() == self.metrics.len() && rows.all(|other| Some(other) == first)
        })
    }

    /// What must be known to read the numbers, in a few words each.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for metric in &self.metrics {
            let note = match metric.better {
                Better::Near(target) => format!("→ {target} nearer is better"),
                better => format!("{} {}", better.sign(), better.words()),
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if let Some(level) = self.level {
            notes.push(format!("[{}% interval]", percent(level)));
        }
        if self.metrics.iter().any(|metric| self.misses(metric)) {
            notes.push(match self.missing {
                MissingCounts::Excluded | MissingCounts::Error => "missing rows are not among n".to_owned(),
                MissingCounts::Zero => "missing rows count as 0".to_owned(),
                MissingCounts::One => "missing rows count as 1".to_owned(),
            });
        }
        for total in self.totals.iter().filter_map(|line| line.total.as_ref()) {
            let note = format!("macro: each {} counts once", total.over.join(" and "));
            if total.kind == TotalKind::Macro && !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }
}

impl Line {
    /// What stands in a column of `by`.
    pub(super) fn label(&self, column: &str) -> String {
        let (word, how) = match &self.total {
            Some(TotalView { kind: TotalKind::Pooled, .. }) => ("all", "all (pooled)"),
            Some(TotalView { kind: TotalKind::Macro, .. }) => ("mean", "mean (macro)"),
            None => ("", ""),
        };
        match &self.total {
            Some(total) if total.over.last().is_some_and(|last| &**last == column) => how.to_owned(),
            Some(total) if total.over.iter().any(|over| &**over == column) => word.to_owned(),
            _ => match self.by.get(column) {
                None | Some(Json::Null) => super::number::NONE.to_owned(),
                Some(Json::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
        }
    }
}

/// `95`, `99.9`
fn percent(level: f64) -> String {
    let text = format!("{:.2}", level * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
