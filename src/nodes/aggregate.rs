//! Numbers and lists gathered from many rows, for `group` and `measure`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check::program::AggregateKind;
use crate::data::codec::encode_value;
use crate::data::order::order_values;
use crate::data::row::RowId;
use crate::data::value::Value;
use crate::eval::operator::{number, truth};
use crate::stats::alpha::{Coincidences, Scale};
use crate::stats::kappa::{Confusion, Weights};
use crate::stats::moments::Moments;
use crate::stats::quantile::Frequencies;

use super::coded;

/// What one aggregate has gathered: a partial result that rows may reach in any order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Gathered {
    Count(u64),
    Numbers(Moments),
    /// The least or the greatest value so far.
    Extreme(#[serde(with = "coded")] Option<Value>),
    All(Logic),
    Any(Logic),
    Values(Frequencies),
    List(#[serde(with = "coded")] Vec<(RowId, Value)>),
    First(#[serde(with = "coded")] Option<(RowId, Value)>),
    /// How often two raters gave which labels, by their encoding.
    Labels(BTreeMap<(Vec<u8>, Vec<u8>), u64>),
}

/// Truth over rows of which some may say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logic {
    yes: bool,
    no: bool,
    missing: bool,
}

impl Gathered {
    pub fn new(kind: AggregateKind) -> Gathered {
        match kind {
            AggregateKind::Count => Gathered::Count(0),
            AggregateKind::Rate | AggregateKind::Mean | AggregateKind::Sum | AggregateKind::Std => {
                Gathered::Numbers(Moments::new())
            }
            AggregateKind::Min | AggregateKind::Max => Gathered::Extreme(None),
            AggregateKind::Quantile(_) => Gathered::Values(Frequencies::new()),
            AggregateKind::All => Gathered::All(Logic::default()),
            AggregateKind::Any => Gathered::Any(Logic::default()),
            AggregateKind::Collect => Gathered::List(Vec::new()),
            AggregateKind::First => Gathered::First(None),
            AggregateKind::Kappa | AggregateKind::Alpha => Gathered::Labels(BTreeMap::new()),
        }
    }

    /// Takes in one row's arguments, none of them missing but for `all` and `any`.
    pub fn add(&mut self, kind: AggregateKind, id: RowId, arguments: &[Value]) {
        let first = arguments.first();
        match self {
            Gathered::Count(count) => *count += u64::from(first.is_none_or(truth)),
            Gathered::Numbers(moments) => {
                if let Some(value) = first.and_then(number) {
                    moments.add(value);
                }
            }
            Gathered::Extreme(extreme) => {
                let Some(value) = first else { return };
                let wanted = if kind == AggregateKind::Min {
                    std::cmp::Ordering::Less
                } else {
                    std::cmp::Ordering::Greater
                };
                if extreme.as_ref().is_none_or(|best| order_values(value, best) == wanted) {
                    *extreme = Some(value.clone());
                }
            }
            Gathered::All(logic) | Gathered::Any(logic) => match first {
                Some(Value::Bool(true)) => logic.yes = true,
                Some(Value::Bool(false)) => logic.no = true,
                _ => logic.missing = true,
            },
            Gathered::Values(values) => {
                if let Some(value) = first.and_then(number) {
                    values.add(value);
                }
            }
            Gathered::List(list) => list.extend(first.map(|value| (id, value.clone()))),
            Gathered::First(best) => {
                if let (Some(value), true) = (first, best.as_ref().is_none_or(|(other, _)| id < *other)) {
                    *best = Some((id, value.clone()));
                }
            }
            Gathered::Labels(labels) => {
                if let [one, other] = arguments {
                    *labels.entry((encoded(one), encoded(other))).or_default() += 1;
                }
            }
        }
    }

    /// Takes in the rows of another part.
    pub fn merge(&mut self, kind: AggregateKind, other: Gathered) {
        match (self, other) {
            (Gathered::Count(count), Gathered::Count(more)) => *count += more,
            (Gathered::Numbers(moments), Gathered::Numbers(more)) => moments.merge(&more),
            (one @ Gathered::Extreme(_), Gathered::Extreme(Some(more))) => one.add(kind, RowId(0), &[more]),
            (Gathered::All(logic), Gathered::All(more)) | (Gathered::Any(logic), Gathered::Any(more)) => {
                logic.yes |= more.yes;
                logic.no |= more.no;
                logic.missing |= more.missing;
            }
            (Gathered::Values(values), Gathered::Values(more)) => values.merge(&more),
            (Gathered::List(list), Gathered::List(more)) => list.extend(more),
            (one @ Gathered::First(_), Gathered::First(Some((id, value)))) => one.add(kind, id, &[value]),
            (Gathered::Labels(labels), Gathered::Labels(more)) => {
                for (pair, count) in more {
                    *labels.entry(pair).or_default() += count;
                }
            }
            // Of one kind there is one form.
            _ => {}
        }
    }

    /// What the rows come to; missing where they come to nothing.
    pub fn value(&self, kind: AggregateKind) -> Value {
        let float = |value: Option<f64>| value.map_or(Value::Missing, Value::Float);
        match self {
            Gathered::Count(count) => Value::Int(*count as i64),
            Gathered::Numbers(moments) => match kind {
                AggregateKind::Sum => Value::Float(moments.sum()),
                AggregateKind::Std => float(moments.std()),
                _ => float(moments.mean()),
            },
            Gathered::Extreme(extreme) => extreme.clone().unwrap_or(Value::Missing),
            Gathered::All(logic) if logic.no => Value::Bool(false),
            Gathered::All(logic) if logic.missing => Value::Missing,
            Gathered::All(_) => Value::Bool(true),
            Gathered::Any(logic) if logic.yes => Value::Bool(true),
            Gathered::Any(logic) if logic.missing => Value::Missing,
            Gathered::Any(_) => Value::Bool(false),
            Gathered::Values(values) => match kind {
                AggregateKind::Quantile(share) => float(values.quantile(share)),
                _ => Value::Missing,
            },
            Gathered::List(list) => {
                let mut list = list.clone();
                list.sort_by_key(|(id, _)| *id);
                Value::list(list.into_iter().map(|(_, value)| value))
            }
            Gathered::First(first) => first.as_ref().map_or(Value::Missing, |(_, value)| value.clone()),
            Gathered::Labels(labels) => float(agreement(labels, kind)),
        }
    }
}

/// Whether the aggregate takes rows whose argument is missing.
pub fn bears_missing(kind: AggregateKind) -> bool {
    matches!(kind, AggregateKind::All | AggregateKind::Any | AggregateKind::Collect)
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_value(value, &mut bytes);
    bytes
}

fn agreement(labels: &BTreeMap<(Vec<u8>, Vec<u8>), u64>, kind: AggregateKind) -> Option<f64> {
    let mut names: Vec<&Vec<u8>> = labels.keys().flat_map(|(one, other)| [one, other]).collect();
    names.sort();
    names.dedup();
    let place = |name: &Vec<u8>| names.binary_search(&name).ok();
    let pairs = labels.iter().filter_map(|((one, other), count)| Some((place(one)?, place(other)?, *count)));
    if kind == AggregateKind::Alpha {
        let mut coincidences = Coincidences::new();
        for (one, other, count) in pairs {
            for _ in 0..count {
                coincidences.add(&[one as f64, other as f64]);
            }
        }
        return coincidences.alpha(Scale::Nominal);
    }
    let mut confusion = Confusion::new(names.len());
    for (one, other, count) in pairs {
        for _ in 0..count {
            confusion.add(one, other).ok()?;
        }
    }
    confusion.kappa(Weights::Equal)
}
