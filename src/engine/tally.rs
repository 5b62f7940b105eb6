//! What was asked of each model.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The counts of one model in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Calls that went out and were answered.
    pub calls: u64,
    /// Calls that went out, or might have, and brought no answer.
    pub failed: u64,
    /// Calls whose reply was on record.
    pub recorded: u64,
    /// Tokens sent, in calls that went out.
    pub input: u64,
    /// Tokens received.
    pub output: u64,
    pub microdollars: u64,
    /// Calls whose price is not known.
    pub unpriced: u64,
    /// Calls of earlier passes of the same run, whose replies are on record now.
    #[serde(skip)]
    earlier: u64,
}

/// The counts of all models, by the name that people see.
#[derive(Debug, Default)]
pub struct Tallies(Mutex<BTreeMap<String, Tally>>);

impl Tallies {
    pub fn count(&self, model: &str, change: impl FnOnce(&mut Tally)) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tallies.get_mut(model) {
            Some(tally) => change(tally),
            None => change(tallies.entry(model.to_owned()).or_default()),
        }
    }

    /// Forgets what another pass over the same rows counts anew.
    pub(super) fn begin_again(&self) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for tally in tallies.values_mut() {
            tally.recorded = 0;
            tally.earlier = tally.calls;
        }
    }

    /// All of them, in the order of the names.
    pub fn all(&self) -> Vec<(String, Tally)> {
        let tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = |tally: &Tally| tally.recorded.saturating_sub(tally.earlier);
        let told = |tally: &Tally| Tally { recorded: recorded(tally), ..*tally };
        tallies.iter().map(|(model, tally)| (model.clone(), told(tally))).collect()
    }
}
