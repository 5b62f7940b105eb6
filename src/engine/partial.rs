//! What a measure gathers from one chunk: worked out once, as soon as the chunk is there.

use crate::check::program::{Measure, Node, Step, StepKind};
use crate::data::row::Row;
use crate::eval::ground::Ground;
use crate::nodes::measure::Measuring;
use crate::plan::unit::Unit;

use super::error::RunError;
use super::memo::Memo;
use super::shelf::Shelf;
use super::table::ChunkRef;

/// A measure that may be gathered chunk by chunk.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    ground: &'a Ground,
    shelf: &'a Shelf,
    memo: &'a Memo,
    node: &'a Node,
    unit: &'a Unit,
    step: &'a Step,
    measure: &'a Measure,
}

impl<'a> Parts<'a> {
    /// Nothing for a unit that measures nothing, or that compares each row with rows of other chunks.
    pub(super) fn of(
        ground: &'a Ground,
        shelf: &'a Shelf,
        memo: &'a Memo,
        node: &'a Node,
        unit: &'a Unit,
    ) -> Option<Parts<'a>> {
        let step = node.steps.get(unit.steps.start)?;
        let StepKind::Measure(measure) = &step.kind else { return None };
        measure.baseline.is_none().then_some(Parts { ground, shelf, memo, node, unit, step, measure })
    }

    /// Measures a chunk that was not measured before, and remembers what it came to.
    pub(super) fn prepare(&self, chunk: &ChunkRef) -> Result<(), RunError> {
        if self.memo.partial(self.unit, &chunk.digest)?.is_none() {
            self.measured(chunk)?;
        }
        Ok(())
    }

    /// Adds what a chunk comes to.
    pub(super) fn add(&self, chunk: &ChunkRef, whole: &mut Measuring<'_>) -> Result<(), RunError> {
        if let Some(known) = self.memo.partial(self.unit, &chunk.digest)?
            && whole.take_in(&known)
        {
            return Ok(());
        }
        if !self.measured(chunk)?.is_some_and(|partial| whole.take_in(&partial)) {
            self.each(chunk, |row| whole.add(row))?;
        }
        Ok(())
    }

    fn measured(&self, chunk: &ChunkRef) -> Result<Option<Vec<u8>>, RunError> {
        let mut part = Measuring::new(self.ground, self.step, self.measure);
        self.each(chunk, |row| part.add(row))?;
        let partial = part.partial();
        if let Some(partial) = &partial {
            self.memo.put_partial(self.unit, &chunk.digest, partial)?;
        }
        Ok(partial)
    }

    fn each(&self, chunk: &ChunkRef, see: impl FnMut(&Row)) -> Result<(), RunError> {
        let rows = self.shelf.get(chunk)?;
        let carries = self.unit.carries_failures(self.node);
        rows.iter().filter(|row| carries || row.failure.is_none()).for_each(see);
        Ok(())
    }
}
