//! One row's way backwards through a plan: which row each step made it of, and what was asked for it.

use std::sync::Arc;

use crate::check::program::{Node, Slot, StepKind};
use crate::data::identity;
use crate::data::json::Repair;
use crate::data::row::{Row, RowId};
use crate::data::value::Value;
use crate::engine::error::RunError;
use crate::engine::gauges::{Gauge, Meters};
use crate::engine::run::{Finished, Run};
use crate::engine::table::Table;
use crate::eval::effects::{Answer, Asked, Call, Effects, Spoken};
use crate::nodes::gather::key_of;
use crate::nodes::stream::{Ran, Stream};
use crate::plan::unit::{Unit, UnitId, UnitKind};

/// Where a unit's row came from.
#[derive(Debug, Default)]
pub struct Origin {
    /// The row it was made of first, those that were put to it after; none at a source.
    pub rows: Vec<(UnitId, Row)>,
    /// How many rows it was made of in all.
    pub count: u64,
    /// What was said on the way, in the order of the steps.
    pub heard: Vec<Heard>,
}

/// One request with its answer.
#[derive(Debug)]
pub struct Heard {
    /// Place of the step in its node.
    pub step: usize,
    pub call: Call,
    pub answer: Answer,
    /// What had to be repaired to read the answer.
    pub repairs: Vec<Repair>,
}

/// A finished run whose rows can be followed backwards.
pub struct Way<'a> {
    pub run: &'a Arc<Run>,
    pub finished: &'a Finished,
}

impl Way<'_> {
    /// The row of a unit's table that has this identity, with its number in the table, from 1.
    pub fn row(&self, unit: UnitId, id: RowId) -> Result<Option<(u64, Row)>, RunError> {
        let mut number = 0;
        for rows in self.run.shelf.rows(self.table(unit)) {
            for row in rows?.iter() {
                number += 1;
                if row.id == id {
                    return Ok(Some((number, row.clone())));
                }
            }
        }
        Ok(None)
    }

    /// What a unit made a row of.
    pub async fn origin(&self, id: UnitId, row: &Row) -> Result<Origin, RunError> {
        let unit = self.run.plan.unit(id);
        match unit.kind {
            UnitKind::Source | UnitKind::Rows => Ok(Origin::default()),
            UnitKind::Stream | UnitKind::Query => self.streamed(unit, row).await,
            UnitKind::Barrier | UnitKind::Measure => self.gathered(unit, row),
        }
    }

    fn table(&self, unit: UnitId) -> &Table {
        static EMPTY: Table = Table { chunks: Vec::new() };
        self.finished.tables.get(&unit).unwrap_or(&EMPTY)
    }

    fn node(&self, unit: &Unit) -> Option<&Node> {
        self.run.ground.program.nodes.get(unit.node.0 as usize)
    }

    /// Works the rows that may have become this one until it comes out again.
    async fn streamed(&self, unit: &Unit, wanted: &Row) -> Result<Origin, RunError> {
        let (Some(input), Some(node)) = (unit.inputs.first().copied(), self.node(unit)) else {
            return Ok(Origin::default());
        };
        let mut targets: Vec<(Option<Asked>, Option<crate::digest::Digest>)> = unit
            .targets
            .iter()
            .map(|target| {
                (Some(Asked { model: target.model, binding: target.binding }), Some(target.fingerprint))
            })
            .collect();
        if unit.kind != UnitKind::Query {
            targets.push((None, None));
        }
        for chunk in &self.table(input).chunks {
            for (target, fingerprint) in &targets {
                let key = self.run.memo.chunk_key(unit, fingerprint.as_ref(), &chunk.digest);
                if let Some(made) = self.run.memo.made(unit, &key)?
                    && !self.holds(&Table { chunks: made.chunk.into_iter().collect() }, wanted.id)?
                {
                    continue;
                }
                let rows = self.run.shelf.get(chunk)?;
                // Most steps leave a row its identity.
                let (same, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.id == wanted.id);
                let stream = Stream {
                    ground: &self.run.ground,
                    node,
                    steps: unit.steps.clone(),
                    draws: &unit.draws,
                    target: *target,
                };
                for row in same.into_iter().chain(others) {
                    if let Some(heard) = self.becomes(&stream, row, wanted).await {
                        let heard = heard.into_iter().map(|spoken| Heard {
                            step: unit.steps.start + spoken.path.first().map_or(0, |step| *step as usize),
                            call: spoken.call,
                            answer: spoken.answer,
                            repairs: spoken.repairs,
                        });
                        return Ok(Origin {
                            rows: vec![(input, row.clone())],
                            count: 1,
                            heard: heard.collect(),
                        });
                    }
                }
            }
        }
        Ok(Origin::default())
    }

    fn holds(&self, table: &Table, id: RowId) -> Result<bool, RunError> {
        for chunk in &table.chunks {
            // A chunk that is no longer kept may hold it.
            if self.run.shelf.find(chunk)?.is_none_or(|rows| rows.iter().any(|row| row.id == id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is said while a row becomes the wanted one; nothing where it becomes another.
    async fn becomes(&self, stream: &Stream<'_>, row: &Row, wanted: &Row) -> Option<Vec<Spoken>> {
        let gauge = Gauge::default();
        let meters = Meters { unit: &gauge, chunk: &gauge };
        let mut effects = Effects::listening();
        loop {
            match stream.run(row, &mut effects) {
                Ran::Rows(rows) => {
                    let found = rows.iter().any(|row| row.id == wanted.id);
                    return found.then(|| effects.take_heard());
                }
                Ran::Waiting => {
                    let calls = effects.take_waiting();
                    if calls.is_empty() {
                        return None;
                    }
                    for (path, call) in calls {
                        let answer = self.run.caller.answer(&call, false, meters, || {}).await.answer;
                        effects.learn(path, answer);
                    }
                }
            }
        }
    }

    fn gathered(&self, unit: &Unit, wanted: &Row) -> Result<Origin, RunError> {
        let Some(input) = unit.inputs.first().copied() else { return Ok(Origin::default()) };
        let Some(step) = self.node(unit).and_then(|node| node.steps.get(unit.steps.start)) else {
            return Ok(Origin::default());
        };
        let mut rows = Vec::new();
        match &step.kind {
            StepKind::Group { keys, .. } => {
                let group = wanted.values.get(..keys.len()).map(key_of).unwrap_or_default();
                rows = self.all(input, |row| key_of(&pick(row, keys)) == group)?;
            }
            StepKind::Batch { count, .. } => {
                rows = self.all(input, |row| row.failure.is_none())?;
                rows.sort_by_key(|row| row.id);
                let own = rows.chunks((*count).max(1) as usize).find(|batch| {
                    let ids: Vec<RowId> = batch.iter().map(|row| row.id).collect();
                    identity::of_batch(&ids) == wanted.id
                });
                rows = own.map(<[Row]>::to_vec).unwrap_or_default();
            }
            StepKind::Join { keys, .. } => return self.joined(unit, keys, input, wanted),
            _ => {
                for input in &unit.inputs {
                    if let Some((_, row)) = self.row(*input, wanted.id)? {
                        return Ok(Origin { rows: vec![(*input, row)], count: 1, heard: Vec::new() });
                    }
                }
            }
        }
        let count = rows.len() as u64;
        // The way of one tells how all of them came.
        Ok(Origin {
            rows: rows.into_iter().take(1).map(|row| (input, row)).collect(),
            count,
            heard: Vec::new(),
        })
    }

    fn joined(
        &self,
        unit: &Unit,
        keys: &[(Slot, Slot)],
        input: UnitId,
        wanted: &Row,
    ) -> Result<Origin, RunError> {
        if let Some((_, row)) = self.row(input, wanted.id)? {
            return Ok(Origin { rows: vec![(input, row)], count: 1, heard: Vec::new() });
        }
        let Some(other) = unit.inputs.get(1).copied() else { return Ok(Origin::default()) };
        let (left, right): (Vec<Slot>, Vec<Slot>) = keys.iter().copied().unzip();
        let key = key_of(&pick(wanted, &left));
        let partners = self.all(other, |row| key_of(&pick(row, &right)) == key)?;
        let rows = self.all(input, |row| key_of(&pick(row, &left)) == key)?;
        for row in rows {
            for partner in &partners {
                if row.id.derive("join", &partner.id.0.to_le_bytes()) == wanted.id {
                    let rows = vec![(input, row), (other, partner.clone())];
                    return Ok(Origin { rows, count: 2, heard: Vec::new() });
                }
            }
        }
        Ok(Origin::default())
    }

    fn all(&self, unit: UnitId, keeps: impl Fn(&Row) -> bool) -> Result<Vec<Row>, RunError> {
        let mut kept = Vec::new();
        for rows in self.run.shelf.rows(self.table(unit)) {
            kept.extend(rows?.iter().filter(|row| keeps(row)).cloned());
        }
        Ok(kept)
    }
}

fn pick(row: &Row, slots: &[Slot]) -> Vec<Value> {
    slots.iter().map(|slot| row.values.get(slot.0 as usize).cloned().unwrap_or(Value::Missing)).collect()
}
