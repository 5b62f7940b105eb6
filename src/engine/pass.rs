//! A pass over the units of a run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::plan::unit::UnitId;

/// What a pass over the units is for.
#[derive(Debug, Default)]
pub struct Pass {
    /// More answers come after this pass, so whole tables are not worked out from what is there.
    provisional: AtomicBool,
    /// Units left out of a provisional pass, and those that follow them.
    deferred: Mutex<BTreeSet<UnitId>>,
}

impl Pass {
    pub(super) fn begin(&self, provisional: bool) {
        self.provisional.store(provisional, Ordering::Relaxed);
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn is_provisional(&self) -> bool {
        self.provisional.load(Ordering::Relaxed)
    }

    pub(super) fn defer(&self, unit: UnitId) {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).insert(unit);
    }

    pub(super) fn is_deferred(&self, unit: UnitId) -> bool {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).contains(&unit)
    }
}
