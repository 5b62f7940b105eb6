//! `measure`: numbers with their uncertainty, and over how many rows they stand.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::program::*;
use crate::data::codec::encode_value;
use crate::data::order::order_values;
use crate::data::row::{Reason, Row, RowId};
use crate::data::value::Value;
use crate::digest::Hasher;
use crate::eval::effects::Effects;
use crate::eval::ground::Ground;
use crate::eval::halt::Halt;
use crate::eval::operator::number;
use crate::eval::scope::Scope;
use crate::stats::bootstrap::percentile_interval;
use crate::stats::interval::Interval as Bounds;
use crate::stats::wilson::wilson_clustered;
use crate::syntax::tree::{MissingPolicy, NodeKind, Total};

use super::aggregate::bears_missing;
use super::cell::{Cell, Way, way};
use super::coded;

/// Gathers a measure over a table's rows, in any order.
pub struct Measuring<'a> {
    ground: &'a Ground,
    step: &'a Step,
    measure: &'a Measure,
    /// By the encoded values of the group's columns.
    groups: BTreeMap<Vec<u8>, Group>,
    baselines: BTreeMap<Vec<u8>, Arc<[Value]>>,
    repeated_baselines: u64,
}

/// Rows that a measure can't count.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// `missing error`, and some are.
    Missing { metric: Arc<str>, missing: u64 },
    /// A value too large or not a number.
    OutOfRange { metric: Arc<str> },
    /// Rows that share a baseline's key with another baseline's row.
    RepeatedBaseline { count: u64 },
}

#[derive(Serialize, Deserialize)]
struct Group {
    #[serde(with = "coded")]
    by: Vec<Value>,
    /// Which total it belongs to; `None` for a group of its own.
    total: Option<usize>,
    cells: Vec<Cell>,
}

impl<'a> Measuring<'a> {
    pub fn new(ground: &'a Ground, step: &'a Step, measure: &'a Measure) -> Measuring<'a> {
        Measuring {
            ground,
            step,
            measure,
            groups: BTreeMap::new(),
            baselines: BTreeMap::new(),
            repeated_baselines: 0,
        }
    }

    /// Notes a row as baseline, if it is one.
    pub fn note_baseline(&mut self, row: &Row) {
        let Some(baseline) = &self.measure.baseline else { return };
        if row.failure.as_ref().is_some_and(|failure| failure.reason != Reason::Missing) {
            return;
        }
        if self.is_baseline(row, baseline) {
            let key = encoded(&pick(&row.values, &baseline.keys));
            if self.baselines.insert(key, row.values.clone().into()).is_some() {
                self.repeated_baselines += 1;
            }
        }
    }

    fn is_baseline(&self, row: &Row, baseline: &Baseline) -> bool {
        let mut effects = Effects::default();
        self.scope(row, &mut effects).holds(&baseline.condition).unwrap_or(false)
    }

    fn scope<'s>(&'s self, row: &'s Row, effects: &'s mut Effects) -> Scope<'s> {
        Scope::of_row(self.ground, NodeKind::Measure, self.step, 0, row, effects)
    }

    /// Counts a row in.
    pub fn add(&mut self, row: &Row) {
        let measure = self.measure;
        let mut against = None;
        if let Some(baseline) = &measure.baseline {
            if self.is_baseline(row, baseline) {
                return;
            }
            // Without its baseline a row can't be compared, and counts as missing.
            let key = encoded(&pick(&row.values, &baseline.keys));
            against = Some(self.baselines.get(&key).cloned().unwrap_or_else(|| Arc::from([])));
        }
        let lost = row.failure.as_ref().is_some_and(|failure| failure.reason != Reason::Missing);
        let cluster = measure
            .interval
            .as_ref()
            .and_then(|interval| interval.cluster)
            .map(|slot| cluster_of(row.values.get(slot.0 as usize).unwrap_or(&Value::Missing)));
        let by = pick(&row.values, &measure.by);
        let mut places = vec![(None, by.clone())];
        for (at, total) in measure.totals.iter().enumerate() {
            if total.how == Total::Pooled {
                places.push((Some(at), without(&by, &total.over)));
            }
        }
        for (at, metric) in measure.metrics.iter().enumerate() {
            let given = self.given(row, metric, against.as_deref(), lost);
            let Some(given) = given else { continue };
            for (total, by) in &places {
                let cell = &mut self.group(*total, by).cells[at];
                cell.add(metric, row.id, cluster, &given, measure.missing);
            }
        }
    }

    /// The row's arguments for each leaf of a metric, `None` for a leaf that is missing; nothing
    /// where the metric's condition leaves the row out.
    fn given(
        &self,
        row: &Row,
        metric: &Metric,
        against: Option<&[Value]>,
        lost: bool,
    ) -> Option<Vec<Option<Vec<Value>>>> {
        let mut effects = Effects::default();
        let mut scope = self.scope(row, &mut effects);
        scope.baseline = against;
        let counted = match metric.condition.as_ref().map(|condition| scope.eval(condition)) {
            Some(Ok(Value::Bool(false))) => return None,
            None | Some(Ok(Value::Bool(true))) => true,
            // Whether the row belongs here can't be said, so it is missing here.
            Some(_) => false,
        };
        let leaves = metric.aggregation.leaves.iter().map(|leaf| {
            if (lost && !leaf.of_failures) || !counted {
                return None;
            }
            let values: Result<Vec<Value>, Halt> =
                leaf.arguments.iter().map(|argument| scope.eval(argument)).collect();
            values.ok().filter(|values| bears_missing(leaf.kind) || !values.iter().any(Value::is_missing))
        });
        Some(leaves.collect())
    }

    fn group(&mut self, total: Option<usize>, by: &[Value]) -> &mut Group {
        let mut key = vec![total.map_or(0, |at| at as u8 + 1)];
        key.extend(encoded(by));
        let measure = self.measure;
        self.groups.entry(key).or_insert_with(|| Group {
            by: by.to_vec(),
            total,
            cells: measure.metrics.iter().map(|metric| Cell::new(measure, metric)).collect(),
        })
    }

    /// What was gathered so far, for [`Measuring::take_in`]; a part of it where the table is walked
    /// in parts. It stands for its rows only where the measure has no baseline.
    pub fn partial(&self) -> Option<Vec<u8>> {
        let groups: Vec<(&Vec<u8>, &Group)> = self.groups.iter().collect();
        postcard::to_allocvec(&groups).ok()
    }

    /// Adds what was gathered from other rows; false, and nothing added, where the bytes are
    /// something else.
    pub fn take_in(&mut self, partial: &[u8]) -> bool {
        let Ok(groups) = postcard::from_bytes::<Vec<(Vec<u8>, Group)>>(partial) else { return false };
        let metrics = &self.measure.metrics;
        let fits = |cell: &Cell, metric: &Metric| cell.leaves.len() == metric.aggregation.leaves.len();
        let all_fit = groups.iter().all(|(_, group)| {
            group.cells.len() == metrics.len()
                && group.cells.iter().zip(metrics).all(|(cell, metric)| fits(cell, metric))
        });
        if !all_fit {
            return false;
        }
        for (key, group) in groups {
            match self.groups.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(group);
                }
                Entry::Occupied(mut known) => {
                    let cells = known.get_mut().cells.iter_mut().zip(metrics).zip(group.cells);
                    cells.for_each(|((cell, metric), more)| cell.merge(metric, more));
                }
            }
        }
        true
    }

    /// The measure's rows: each group's metrics, then each total's.
    pub fn finish(mut self) -> Result<Vec<Row>, Problem> {
        if self.repeated_baselines > 0 {
            return Err(Problem::RepeatedBaseline { count: self.repeated_baselines });
        }
        let measure = self.measure;
        let groups = std::mem::take(&mut self.groups);
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by(|a, b| (a.total, &a.by).0.cmp(&b.total).then_with(|| order_all(&a.by, &b.by)));
        let mut rows = Vec::new();
        for group in &groups {
            for (metric, cell) in measure.metrics.iter().zip(&group.cells) {
                if let (MissingPolicy::Error, missing @ 1..) = (measure.missing, cell.missing) {
                    return Err(Problem::Missing { metric: metric.name.clone(), missing });
                }
                if cell.out_of_range {
                    return Err(Problem::OutOfRange { metric: metric.name.clone() });
                }
                let value = self.value(metric, cell);
                let bounds = self.bounds(metric, cell);
                let total = group.total.and_then(|at| measure.totals.get(at)).map(|total| total.how);
                rows.push(result(&group.by, metric, value, bounds, cell.n, cell.missing, total));
            }
        }
        for total in measure.totals.iter().filter(|total| total.how == Total::Macro) {
            self.macro_total(total, &groups, &mut rows);
        }
        Ok(rows)
    }

    /// A mean over groups, each counted once.
    fn macro_total(&self, total: &TotalOver, groups: &[Group], rows: &mut Vec<Row>) {
        let mut families: Vec<(Vec<Value>, Vec<&Group>)> = Vec::new();
        for group in groups.iter().filter(|group| group.total.is_none()) {
            let by = without(&group.by, &total.over);
            match families.iter_mut().find(|(known, _)| order_all(known, &by).is_eq()) {
                Some((_, members)) => members.push(group),
                None => families.push((by, vec![group])),
            }
        }
        for (by, members) in families {
            for (at, metric) in self.measure.metrics.iter().enumerate() {
                let cells: Vec<&Cell> = members.iter().map(|group| &group.cells[at]).collect();
                let values: Vec<f64> = cells.iter().filter_map(|cell| self.value(metric, cell)).collect();
                // A group without a value leaves no mean over groups.
                let value = (values.len() == cells.len() && !values.is_empty())
                    .then(|| values.iter().sum::<f64>() / values.len() as f64);
                let bounds = self.measure.interval.as_ref().and_then(|interval| {
                    let each: Vec<Vec<f64>> =
                        cells.iter().map(|cell| self.replicate_values(metric, cell)).collect();
                    let count = each.iter().map(Vec::len).min()?;
                    let mut means: Vec<f64> = (0..count)
                        .map(|b| each.iter().map(|values| values[b]).sum::<f64>() / each.len() as f64)
                        .collect();
                    percentile_interval(&mut means, interval.level)
                });
                let n = cells.iter().map(|cell| cell.n).sum();
                let missing = cells.iter().map(|cell| cell.missing).sum();
                rows.push(result(&by, metric, value, bounds, n, missing, Some(Total::Macro)));
            }
        }
    }

    fn value(&self, metric: &Metric, cell: &Cell) -> Option<f64> {
        let leaves = metric.aggregation.leaves.iter().zip(&cell.leaves);
        self.combine(metric, leaves.map(|(leaf, gathered)| gathered.value(leaf.kind)).collect())
    }

    /// The metric's result from its leaves' values.
    fn combine(&self, metric: &Metric, leaves: Vec<Value>) -> Option<f64> {
        let mut effects = Effects::default();
        let row = Row { id: RowId(0), values: Vec::new(), failure: None };
        let mut scope = self.scope(&row, &mut effects);
        scope.frame = leaves;
        scope.frame.resize(metric.aggregation.frame as usize, Value::Missing);
        number(&scope.eval(&metric.aggregation.result).ok()?)
    }

    fn bounds(&self, metric: &Metric, cell: &Cell) -> Option<Bounds> {
        let interval = self.measure.interval.as_ref()?;
        let way = way(self.measure, metric);
        match way {
            Way::None => None,
            Way::Wilson | Way::Normal if interval.cluster.is_none() => cell.independent(way, interval.level),
            Way::Wilson => {
                let sums = cell.clusters.total();
                let (above, below) = (sums.above.value(), sums.below.value());
                let effect = || cell.clusters.design_effect().unwrap_or(1.0);
                (below != 0.0).then(|| wilson_clustered(above, below, effect(), interval.level))
            }
            Way::Normal => cell.clusters.interval(interval.level),
            Way::Bootstrap => percentile_interval(&mut self.replicate_values(metric, cell), interval.level),
        }
    }

    /// The metric in each replicate; NaN where it has no value there.
    fn replicate_values(&self, metric: &Metric, cell: &Cell) -> Vec<f64> {
        let leaves: Vec<Vec<[f64; 2]>> = cell.replicates.iter().map(|leaf| leaf.iter().collect()).collect();
        let count = leaves.iter().map(Vec::len).min().unwrap_or(0);
        (0..count)
            .map(|b| {
                let values = metric.aggregation.leaves.iter().zip(&leaves).map(|(leaf, sums)| {
                    let [above, below] = sums[b];
                    match leaf.kind {
                        AggregateKind::Count | AggregateKind::Sum => Value::Float(above),
                        _ if below == 0.0 => Value::Missing,
                        _ => Value::Float(above / below),
                    }
                });
                self.combine(metric, values.collect()).unwrap_or(f64::NAN)
            })
            .collect()
    }
}

fn pick(values: &[Value], slots: &[Slot]) -> Vec<Value> {
    slots.iter().map(|slot| values.get(slot.0 as usize).cloned().unwrap_or(Value::Missing)).collect()
}

fn without(by: &[Value], over: &[u32]) -> Vec<Value> {
    let kept = |at: usize| !over.contains(&(at as u32));
    by.iter().enumerate().map(|(at, value)| if kept(at) { value.clone() } else { Value::Missing }).collect()
}

fn encoded(values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        encode_value(value, &mut bytes);
    }
    bytes
}

fn cluster_of(value: &Value) -> u128 {
    match value {
        Value::Id(id) => id.0,
        other => crate::data::identity::keyed(&[other]).0,
    }
}

fn order_all(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    let each = a.iter().zip(b).map(|(a, b)| order_values(a, b));
    each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
}

/// One row of a measure's table.
fn result(
    by: &[Value],
    metric: &Metric,
    value: Option<f64>,
    bounds: Option<Bounds>,
    n: u64,
    missing: u64,
    total: Option<Total>,
) -> Row {
    let float = |value: Option<f64>| value.map_or(Value::Missing, Value::Float);
    let total = total.map(|total| match total {
        Total::Pooled => "pooled",
        Total::Macro => "macro",
    });
    let mut values = by.to_vec();
    values.push(Value::Text(metric.name.clone()));
    values.push(float(value));
    values.push(float(bounds.map(|bounds| bounds.low)));
    values.push(float(bounds.map(|bounds| bounds.high)));
    values.push(Value::Int(n as i64));
    values.push(Value::Int(missing as i64));
    values.push(total.map_or(Value::Missing, Value::text));
    let mut hasher = Hasher::new("tgp.metric.v1");
    hasher.bytes(&encoded(by)).text(&metric.name).text(total.unwrap_or(""));
    Row { id: RowId::from_digest(&hasher.finish()), values, failure: None }
}
