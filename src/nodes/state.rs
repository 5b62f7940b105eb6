//! A row on its way through the steps of a unit.

use std::sync::Arc;

use crate::data::row::{Failure, Row, RowId};
use crate::data::value::Value;
use crate::eval::effects::Path;

/// A row between two steps.
#[derive(Debug)]
pub struct State {
    pub id: RowId,
    pub values: Vec<Value>,
    pub failure: Option<Arc<Failure>>,
    /// Slots whose values wait for answers; later steps that don't need them go on.
    pub pending: Vec<u32>,
    /// Which branch of its source row this is.
    pub path: Path,
}

impl State {
    /// A row before the first step, with room for so many values more.
    pub fn new(row: &Row, more: usize) -> State {
        State {
            id: row.id,
            values: with_room(&row.values, row.values.len() + more),
            failure: row.failure.clone(),
            pending: Vec::new(),
            path: Path::new(),
        }
    }

    /// Appends values that a failed row has no more.
    pub fn pad(&mut self, count: usize) {
        self.values.extend(std::iter::repeat_n(Value::Missing, count));
    }

    /// The row made from this one by a step.
    pub fn branch(&self, number: u32, tag: &str, part: &[u8]) -> State {
        let mut branch = State {
            id: self.id.derive(tag, part),
            values: with_room(&self.values, self.values.capacity()),
            failure: self.failure.clone(),
            pending: self.pending.clone(),
            path: self.path.clone(),
        };
        branch.path.push(number);
        branch
    }

    pub fn fail(&mut self, failure: Failure) {
        self.failure = Some(Arc::new(failure));
    }
}

fn with_room(values: &[Value], room: usize) -> Vec<Value> {
    let mut copy = Vec::with_capacity(room);
    copy.extend_from_slice(values);
    copy
}
