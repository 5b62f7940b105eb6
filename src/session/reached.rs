//! Which replies files rest on as they stand, for whoever makes room.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::Overrides;
use crate::store::{CallKey, DiskStore};
use crate::world::World;

use super::derived::Derived;
use super::open::{Opened, Opening, SessionError};

/// Files, with what they are run with.
pub struct Reaching<'a> {
    pub files: &'a [PathBuf],
    pub overrides: &'a Overrides,
    /// Dynamic files are worked out for each of these.
    pub editions: &'a [String],
}

impl Reaching<'_> {
    /// The replies of a store that the files read when they are worked out from it without asking
    /// anybody.
    ///
    /// Errors: a file that does not check, or cannot be worked out. Nothing may then be removed.
    pub fn calls(
        &self,
        record: &Arc<DiskStore>,
        world: &Arc<dyn World>,
    ) -> Result<BTreeSet<CallKey>, SessionError> {
        let mut calls = BTreeSet::new();
        for file in self.files {
            let opened = Opened::new(file, self.overrides, world)?;
            let is_dynamic =
                opened.runs()?.iter().any(|run| run.program.as_ref().is_some_and(|program| program.dynamic));
            let editions = self.editions.iter().filter(|_| is_dynamic).cloned().map(Some);
            let once = (!is_dynamic || self.editions.is_empty()).then_some(None);
            for edition in editions.chain(once) {
                let opening =
                    Opening { overrides: self.overrides.clone(), edition, local: true, ..Opening::default() };
                let derived = Derived::from_record(record.clone(), &opened, &opening, world)?;
                calls.extend(derived.seen.into_keys());
            }
        }
        Ok(calls)
    }
}
