//! Whole-table steps: what must see all rows before it gives the first.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use crate::check::program::Aggregation;
use crate::data::codec::encode_value;
use crate::data::identity;
use crate::data::order::order_values;
use crate::data::row::{Failure, Reason, Row, RowId};
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};

use super::aggregate::{Gathered, bears_missing};

/// The encoded values of some columns: equal where the values are.
pub fn key_of(values: &[Value]) -> Vec<u8> {
    let mut key = Vec::new();
    for value in values {
        encode_value(value, &mut key);
    }
    key
}

/// `sample`: the rows whose identity hashes lowest, so that one row more moves at most one.
pub struct Sampling {
    seed: Digest,
    wanted: u64,
    groups: BTreeMap<Vec<u8>, Lowest>,
}

/// The rows of a group that rank lowest so far, and how many there were.
#[derive(Default)]
struct Lowest {
    rows: BinaryHeap<(u128, RowId)>,
    found: u64,
}

/// A group with fewer rows than wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooFew {
    pub group: Vec<u8>,
    pub found: u64,
}

impl Sampling {
    pub fn new(seed: Digest, wanted: u64) -> Sampling {
        Sampling { seed, wanted, groups: BTreeMap::new() }
    }

    pub fn see(&mut self, id: RowId, group: Vec<u8>) {
        let mut hasher = Hasher::new("tgp.sample.v1");
        hasher.digest(&self.seed).bytes(&id.0.to_le_bytes());
        let rank = RowId::from_digest(&hasher.finish()).0;
        let lowest = self.groups.entry(group).or_default();
        lowest.found += 1;
        lowest.rows.push((rank, id));
        if lowest.rows.len() as u64 > self.wanted {
            lowest.rows.pop();
        }
    }

    /// The rows chosen; or, where `up_to` is false, the first group that is too small.
    pub fn choose(self, up_to: bool) -> Result<HashSet<RowId>, TooFew> {
        let mut chosen = HashSet::new();
        for (group, lowest) in self.groups {
            if !up_to && lowest.found < self.wanted {
                return Err(TooFew { group, found: lowest.found });
            }
            chosen.extend(lowest.rows.into_iter().map(|(_, id)| id));
        }
        Ok(chosen)
    }
}

/// `dedup`: of rows with equal values the one of smallest identity.
#[derive(Default)]
pub struct Deduping {
    /// By the hash of the value, for values may be long.
    best: HashMap<RowId, RowId>,
}

impl Deduping {
    pub fn see(&mut self, id: RowId, key: &[u8]) {
        let best = self.best.entry(hashed(key)).or_insert(id);
        *best = (*best).min(id);
    }

    pub fn keeps(&self, id: RowId, key: &[u8]) -> bool {
        self.best.get(&hashed(key)) == Some(&id)
    }
}

fn hashed(key: &[u8]) -> RowId {
    RowId::from_digest(&Digest::of(key))
}

/// `group`: one row a group.
pub struct Grouping<'a> {
    columns: &'a [Aggregation],
    groups: BTreeMap<Vec<u8>, Bundle>,
}

struct Bundle {
    keys: Vec<Value>,
    rows: u64,
    lost: u64,
    failure: Option<Arc<Failure>>,
    leaves: Vec<Vec<Gathered>>,
    missing: Vec<bool>,
}

impl<'a> Grouping<'a> {
    pub fn new(columns: &'a [Aggregation]) -> Grouping<'a> {
        Grouping { columns, groups: BTreeMap::new() }
    }

    /// Takes in a row: its keys and, leaf by leaf of each column, its arguments.
    pub fn see(&mut self, row: &Row, keys: Vec<Value>, arguments: Vec<Vec<Vec<Value>>>) {
        let columns = self.columns;
        let bundle = self.groups.entry(key_of(&keys)).or_insert_with(|| Bundle {
            keys,
            rows: 0,
            lost: 0,
            failure: None,
            leaves: columns
                .iter()
                .map(|column| column.leaves.iter().map(|leaf| Gathered::new(leaf.kind)).collect())
                .collect(),
            missing: vec![false; columns.len()],
        });
        bundle.rows += 1;
        if let Some(failure) = row.failure.as_ref().filter(|failure| failure.reason != Reason::Missing) {
            bundle.lost += 1;
            // The least, so that the order of rows doesn't show.
            let earlier = bundle
                .failure
                .as_ref()
                .is_some_and(|known| (known.reason, &known.message) <= (failure.reason, &failure.message));
            if !earlier {
                bundle.failure = Some(failure.clone());
            }
            return;
        }
        for (at, (column, arguments)) in columns.iter().zip(arguments).enumerate() {
            for (place, (leaf, values)) in column.leaves.iter().zip(arguments).enumerate() {
                if !bears_missing(leaf.kind) && values.iter().any(Value::is_missing) {
                    bundle.missing[at] = true;
                } else {
                    bundle.leaves[at][place].add(leaf.kind, row.id, &values);
                }
            }
        }
    }

    /// One row a group, ordered by identity. `combine` works out a column from its leaves.
    /// A group in which a row failed is failed itself.
    pub fn finish(self, mut combine: impl FnMut(&Aggregation, Vec<Value>) -> Value) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.groups.len());
        for bundle in self.groups.into_values() {
            let id = identity::keyed(&bundle.keys.iter().collect::<Vec<_>>());
            let mut values = bundle.keys;
            if let Some(failure) = &bundle.failure {
                values.extend(self.columns.iter().map(|_| Value::Missing));
                let message =
                    format!("{} of its {} rows failed: {}", bundle.lost, bundle.rows, failure.message);
                let failure = Failure { message: message.into(), ..(**failure).clone() };
                rows.push(Row { id, values, failure: Some(Arc::new(failure)) });
                continue;
            }
            for ((column, leaves), missing) in self.columns.iter().zip(&bundle.leaves).zip(&bundle.missing) {
                let gathered =
                    column.leaves.iter().zip(leaves).map(|(leaf, gathered)| gathered.value(leaf.kind));
                values.push(if *missing { Value::Missing } else { combine(column, gathered.collect()) });
            }
            rows.push(Row { id, values, failure: None });
        }
        rows.sort_by_key(|row| row.id);
        rows
    }
}

/// `join`: the other table's rows by key.
#[derive(Default)]
pub struct Partners {
    rows: HashMap<Vec<u8>, Vec<Row>>,
}

impl Partners {
    pub fn see(&mut self, row: &Row, key: Vec<u8>) {
        self.rows.entry(key).or_default().push(row.clone());
    }

    /// The partners of a key, in the order of their identities.
    pub fn of(&self, key: &[u8]) -> Vec<&Row> {
        let mut partners: Vec<&Row> = self.rows.get(key).into_iter().flatten().collect();
        partners.sort_by_key(|row| row.id);
        partners
    }
}

/// `order`: rows by a value, those of equal value by identity.
pub fn order(rows: &mut [(Value, Row)], descending: bool) {
    rows.sort_by(|(a, row_a), (b, row_b)| {
        let by_value = order_values(a, b);
        let by_value = if descending { by_value.reverse() } else { by_value };
        by_value.then_with(|| if row_a.id < row_b.id { Ordering::Less } else { Ordering::Greater })
    });
}
