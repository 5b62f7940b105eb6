//! `NAME_repaired`: what had to be repaired in the answers that the column NAME was made of. It is
//! there where the file mentions it.

use crate::data::json::Repair;
use crate::data::types::Type;
use crate::syntax::tree::Name;

use super::checker::Checker;
use super::exprs::of_step;
use super::library::ModuleId;
use super::mentions::Mentions;
use super::nodes::Building;
use super::program::{Slot, StepKind};
use super::reach::reached;

/// What follows the column's own name.
const ENDING: &str = "_repaired";

impl<'l> Checker<'l> {
    /// Adds the column for the step just pushed. `of` is what that step made of the answers, and
    /// `spread` whether it made several rows of one row's.
    pub(super) fn repaired(&mut self, building: &mut Building<'l>, name: &Name, of: Slot, spread: bool) {
        for repaired in self.repaired_of_all(building, &[name], of, spread) {
            self.name_repaired(building, &repaired);
        }
    }

    /// As [`Checker::repaired`] for a step whose columns go by several names: reads the step, and
    /// leaves the columns to be named.
    pub(super) fn repaired_of_all(
        &mut self,
        building: &mut Building<'l>,
        names: &[&Name],
        of: Slot,
        spread: bool,
    ) -> Vec<(Name, Slot)> {
        let wanted: Vec<Name> = names.iter().filter_map(|name| self.wants_repaired(building, name)).collect();
        let asks =
            building.steps.last().is_some_and(|step| !reached(of_step(&step.kind), &self.reach).is_empty());
        let Some(first) = wanted.first().filter(|_| asks) else { return Vec::new() };
        self.push(building, StepKind::Repaired { of, spread }, 0, first.span);
        let slot = building.row.slot();
        wanted.into_iter().map(|name| (name, slot)).collect()
    }

    pub(super) fn name_repaired(&mut self, building: &mut Building<'l>, (name, slot): &(Name, Slot)) {
        self.name_slot(building, name, Type::list(Repair::labels()), *slot, None);
    }

    /// The column's name, where the file mentions it and makes none of that name itself.
    fn wants_repaired(&self, building: &Building<'l>, name: &Name) -> Option<Name> {
        let full = format!("{}{ENDING}", name.value);
        let wanted = |mentions: &Mentions| mentions.name(&full) && !mentions.is_made(&full);
        let is_wanted = match building.module {
            ModuleId::ROOT => wanted(self.mentions),
            // The steps of a stage know the names of their own file.
            other => wanted(&Mentions::of(&self.library.module(other).file)),
        };
        let is_free = building.row.column(&full).is_none();
        (is_wanted && is_free).then(|| Name::new(full.into(), name.span))
    }
}
