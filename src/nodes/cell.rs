//! What one metric gathers in one group.

use serde::{Deserialize, Serialize};

use crate::check::program::*;
use crate::data::row::RowId;
use crate::data::value::Value;
use crate::eval::operator::number;
use crate::stats::bootstrap::{DEFAULT_REPLICATES, Replicates};
use crate::stats::clusters::{Clusters, half_width};
use crate::stats::fixed::OutOfRange;
use crate::stats::interval::Interval as Bounds;
use crate::stats::wilson::wilson;
use crate::syntax::tree::{IntervalMethod, MissingPolicy, Total};

use super::aggregate::Gathered;

/// One metric in one group.
#[derive(Serialize, Deserialize)]
pub(super) struct Cell {
    pub(super) n: u64,
    pub(super) missing: u64,
    pub(super) out_of_range: bool,
    pub(super) leaves: Vec<Gathered>,
    /// For Wilson's and the normal interval of what is a mean, where rows depend on each other.
    pub(super) clusters: Clusters,
    /// For the bootstrap: each leaf's sums of values and of rows.
    pub(super) replicates: Vec<Replicates<2>>,
}

/// How a metric's interval is found.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    None,
    Wilson,
    Normal,
    Bootstrap,
}

impl Cell {
    pub(super) fn new(measure: &Measure, metric: &Metric) -> Cell {
        let leaves = &metric.aggregation.leaves;
        let macro_total = measure.totals.iter().any(|total| total.how == Total::Macro);
        let resamples = measure.interval.is_some()
            && leaves.iter().all(|leaf| is_sum(leaf.kind))
            && (way(measure, metric) == Way::Bootstrap || macro_total);
        // One seed for all groups: a cluster weighs the same in each of them.
        let replicates = || leaves.iter().map(|_| Replicates::new(0, DEFAULT_REPLICATES)).collect();
        Cell {
            n: 0,
            missing: 0,
            out_of_range: false,
            leaves: leaves.iter().map(|leaf| Gathered::new(leaf.kind)).collect(),
            clusters: Clusters::new(),
            replicates: if resamples { replicates() } else { Vec::new() },
        }
    }

    pub(super) fn merge(&mut self, metric: &Metric, other: Cell) {
        self.n += other.n;
        self.missing += other.missing;
        self.out_of_range |= other.out_of_range;
        let leaves = self.leaves.iter_mut().zip(&metric.aggregation.leaves).zip(other.leaves);
        leaves.for_each(|((gathered, leaf), more)| gathered.merge(leaf.kind, more));
        self.clusters.merge(&other.clusters);
        for (replicates, more) in self.replicates.iter_mut().zip(&other.replicates) {
            // One seed and one number for all cells of a measure.
            self.out_of_range |= replicates.merge(more).is_err();
        }
    }

    pub(super) fn add(
        &mut self,
        metric: &Metric,
        id: RowId,
        cluster: Option<u128>,
        given: &[Option<Vec<Value>>],
        policy: MissingPolicy,
    ) {
        let leaves = &metric.aggregation.leaves;
        let missing = given.iter().any(Option::is_none);
        self.missing += u64::from(missing);
        let stand_in = match policy {
            MissingPolicy::Zero => Value::Int(0),
            MissingPolicy::One => Value::Int(1),
            MissingPolicy::Excluded | MissingPolicy::Error if missing => return,
            MissingPolicy::Excluded | MissingPolicy::Error => Value::Missing,
        };
        self.n += 1;
        for (place, (leaf, values)) in leaves.iter().zip(given).enumerate() {
            let standing;
            let values = match values {
                Some(values) => values,
                None => {
                    standing = stand_ins(leaf, &stand_in);
                    &standing
                }
            };
            self.leaves[place].add(leaf.kind, id, values);
            let above = match leaf.kind {
                AggregateKind::Count => values.first().map_or(Some(1.0), number),
                _ => values.first().and_then(number),
            };
            let Some(above) = above else { continue };
            let mut added: Result<(), OutOfRange> = Ok(());
            if let Some(cluster) = cluster
                && place == 0
                && leaves.len() == 1
                && is_sum(leaf.kind)
            {
                added = self.clusters.add(cluster, above, 1.0);
            }
            if let Some(replicates) = self.replicates.get_mut(place) {
                added = added.and(replicates.add(cluster.unwrap_or(id.0), [above, 1.0]));
            }
            self.out_of_range |= added.is_err();
        }
    }

    /// The interval of a mean over rows that don't depend on each other: what its moments say.
    pub(super) fn independent(&self, way: Way, level: f64) -> Option<Bounds> {
        let [Gathered::Numbers(moments)] = self.leaves.as_slice() else { return None };
        let n = moments.count() as f64;
        match way {
            Way::Wilson => (n > 0.0).then(|| wilson(moments.sum(), n, level)),
            _ => {
                let variance = moments.variance()? / n;
                Some(Bounds::around(moments.mean()?, half_width(variance, moments.count() as usize, level)))
            }
        }
    }
}

/// How a metric's interval is found.
pub(super) fn way(measure: &Measure, metric: &Metric) -> Way {
    let Some(interval) = &measure.interval else { return Way::None };
    let leaves = &metric.aggregation.leaves;
    let sums = leaves.iter().all(|leaf| is_sum(leaf.kind));
    let plain_mean = metric.is_rate
        || matches!((leaves.as_slice(), &metric.aggregation.result),
            ([leaf], Expr::Local(_)) if leaf.kind == AggregateKind::Mean);
    match interval.method {
        _ if !sums => Way::None,
        Some(IntervalMethod::Wilson) if metric.is_rate => Way::Wilson,
        Some(IntervalMethod::Normal) if plain_mean => Way::Normal,
        None if metric.is_rate => Way::Wilson,
        None if plain_mean => Way::Normal,
        _ => Way::Bootstrap,
    }
}

/// What stands for a missing row's arguments.
fn stand_ins(leaf: &Aggregate, value: &Value) -> Vec<Value> {
    let truth = matches!(
        leaf.kind,
        AggregateKind::Count | AggregateKind::Rate | AggregateKind::All | AggregateKind::Any
    );
    let value = match value {
        Value::Int(one) if truth => Value::Bool(*one == 1),
        other => other.clone(),
    };
    vec![value; leaf.arguments.len()]
}

fn is_sum(kind: AggregateKind) -> bool {
    matches!(kind, AggregateKind::Count | AggregateKind::Rate | AggregateKind::Mean | AggregateKind::Sum)
}
