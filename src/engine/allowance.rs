//! What a run may ask and spend, and how much of it is taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Who is asked for what is not on record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asking {
    /// Models, call by call.
    #[default]
    Live,
    /// Models; queries and judges by batches where the provider takes them.
    Batches,
    /// Nobody: what is not on record fails.
    Nobody,
    /// Nobody: a stand-in answers, so that what follows from an answer can be counted.
    Forecast {
        /// As a run would ask that hands in batches.
        batches: bool,
    },
}

impl Asking {
    /// Whether calls may go out at all.
    pub fn asks(self) -> bool {
        matches!(self, Asking::Live | Asking::Batches)
    }

    pub fn forecasts(self) -> bool {
        matches!(self, Asking::Forecast { .. })
    }
}

/// What may be spent and asked.
#[derive(Clone, Debug, Default)]
pub struct Allowance {
    /// Calls that go out, at most.
    pub calls: Option<u64>,
    /// Microdollars, at most.
    pub budget: Option<u64>,
    pub asking: Asking,
}

/// The limit that kept a call from going out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Calls(u64),
    /// Microdollars.
    Budget(u64),
}

/// The allowance of a run with what is taken of it. A call takes what it may cost at most before
/// it goes out, and gives back what it did not need when its cost is known.
#[derive(Debug)]
pub struct Purse {
    allowance: Allowance,
    state: Mutex<State>,
    settled: Notify,
    /// Calls that wait for others to give something back, in their order.
    queue: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    calls: u64,
    /// Microdollars of calls whose cost is known.
    spent: u64,
    /// Microdollars that calls on their way may cost.
    reserved: u64,
    /// Calls that come back within the pass that they went out in.
    on_their_way: u64,
    /// Calls that come back with their batch, and not before the pass is over.
    in_batches: u64,
    reached: Option<Bound>,
    /// Calls that were kept back.
    kept_back: u64,
}

/// Leave for one call. It must be settled.
#[derive(Debug)]
#[must_use]
pub struct Leave {
    reserved: u64,
    in_batch: bool,
}

/// What a call that had leave came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// An answer that cost so many microdollars.
    Answered(u64),
    /// Requests went out and brought no answer.
    Unanswered,
    /// Nothing went out.
    Unsent,
    /// It may have been answered and may yet be paid for; what it costs at most counts as spent.
    Unclear,
}

impl Purse {
    pub fn new(allowance: Allowance) -> Purse {
        Purse {
            allowance,
            state: Mutex::default(),
            settled: Notify::new(),
            queue: tokio::sync::Mutex::default(),
        }
    }

    pub fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Leave for a call that costs at most so many microdollars. Where it would fit if calls on
    /// their way cost less than they may, waits for them.
    ///
    /// # Errors
    /// Where it does not fit. That can change when batches are taken in, which is after the pass
    /// that asks; the limit counts as reached only where no batch holds anything back.
    pub async fn reserve(&self, most: u64) -> Result<Leave, Bound> {
        self.wait_for(most, false).await
    }

    /// As [`Purse::reserve`], for a call that comes back with a batch.
    pub async fn reserve_in_batch(&self, most: u64) -> Result<Leave, Bound> {
        self.wait_for(most, true).await
    }

    async fn wait_for(&self, most: u64, in_batch: bool) -> Result<Leave, Bound> {
        if let Some(answer) = self.now_or_later(most, in_batch) {
            return answer;
        }
        let _first = self.queue.lock().await;
        loop {
            let settled = self.settled.notified();
            match self.now_or_later(most, in_batch) {
                Some(answer) => return answer,
                None => settled.await,
            }
        }
    }

    /// Nothing where it depends on calls on their way.
    fn now_or_later(&self, most: u64, in_batch: bool) -> Option<Result<Leave, Bound>> {
        let mut state = self.state();
        if let Some(bound) = state.reached {
            state.kept_back += 1;
            return Some(Err(bound));
        }
        if let Some(limit) = self.allowance.calls
            && state.calls >= limit
        {
            return Some(Err(state.reach(Bound::Calls(limit))));
        }
        if let Some(budget) = self.allowance.budget
            && state.spent + state.reserved + most > budget
        {
            let bound = Bound::Budget(budget);
            return match state.on_their_way {
                0 if state.in_batches > 0 => Some(Err(bound)),
                0 => Some(Err(state.reach(bound))),
                _ => None,
            };
        }
        state.calls += 1;
        state.reserved += most;
        *state.way_of(in_batch) += 1;
        Some(Ok(Leave { reserved: most, in_batch }))
    }

    /// Says what a call came to.
    pub fn settle(&self, leave: Leave, came: Came) {
        let mut state = self.state();
        let way = state.way_of(leave.in_batch);
        *way = way.saturating_sub(1);
        state.reserved = state.reserved.saturating_sub(leave.reserved);
        match came {
            Came::Answered(cost) => state.spent += cost,
            Came::Unanswered => {}
            Came::Unsent => state.calls = state.calls.saturating_sub(1),
            Came::Unclear => state.spent += leave.reserved,
        }
        drop(state);
        self.settled.notify_one();
    }

    /// What may still be asked and spent, when no call is on its way.
    pub fn left(&self) -> Allowance {
        let state = self.state();
        Allowance {
            calls: self.allowance.calls.map(|limit| limit.saturating_sub(state.calls)),
            budget: self.allowance.budget.map(|limit| limit.saturating_sub(state.spent)),
            asking: self.allowance.asking,
        }
    }

    /// Microdollars spent beyond the budget: where nothing bounds a reply's length, one can be
    /// longer than it was reckoned.
    pub fn passed_by(&self) -> u64 {
        self.allowance.budget.map_or(0, |budget| self.state().spent.saturating_sub(budget))
    }

    /// The limit that kept calls from going out, and how many.
    pub fn reached(&self) -> Option<(Bound, u64)> {
        let state = self.state();
        state.reached.map(|bound| (bound, state.kept_back))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn reach(&mut self, bound: Bound) -> Bound {
        self.reached = Some(bound);
        self.kept_back += 1;
        bound
    }

    fn way_of(&mut self, in_batch: bool) -> &mut u64 {
        if in_batch { &mut self.in_batches } else { &mut self.on_their_way }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(calls: Option<u64>, budget: Option<u64>) -> Purse {
        Purse::new(Allowance { calls, budget, asking: Asking::Live })
    }

    #[tokio::test]
    async fn as_many_calls_go_out_as_are_allowed() {
        let purse = purse(Some(2), None);
        let first = purse.reserve(0).await.unwrap();
        let second = purse.reserve(0).await.unwrap();
        // What failed on the way went out all the same.
        purse.settle(first, Came::Unanswered);
        purse.settle(second, Came::Answered(5));
        assert_eq!(purse.reserve(0).await.unwrap_err(), Bound::Calls(2));
        assert_eq!(purse.reserve(0).await.unwrap_err(), Bound::Calls(2));
        assert_eq!(purse.reached(), Some((Bound::Calls(2), 2)));
    }

    #[tokio::test]
    async fn a_call_that_never_went_out_leaves_room_for_another() {
        let purse = purse(Some(1), None);
        let first = purse.reserve(0).await.unwrap();
        purse.settle(first, Came::Unsent);
        purse.settle(purse.reserve(0).await.unwrap(), Came::Answered(0));
        assert_eq!(purse.reached(), None);
    }

    #[tokio::test]
    async fn a_budget_is_never_passed_by_calls_that_are_out_together() {
        let purse = purse(None, Some(100));
        let first = purse.reserve(60).await.unwrap();
        let waits = purse.reserve(60);
        tokio::pin!(waits);
        assert!(futures_util::FutureExt::now_or_never(waits.as_mut()).is_none());
        purse.settle(first, Came::Answered(30));
        let second = waits.await.unwrap();
        purse.settle(second, Came::Answered(50));
        assert_eq!(purse.reserve(21).await.unwrap_err(), Bound::Budget(100));
        assert_eq!(purse.reached(), Some((Bound::Budget(100), 1)));
    }

    #[tokio::test]
    async fn nobody_waits_for_a_batch_and_it_keeps_back_what_it_may_cost() {
        let purse = purse(None, Some(100));
        let batched = purse.reserve_in_batch(60).await.unwrap();
        assert_eq!(purse.reserve(60).await.unwrap_err(), Bound::Budget(100));
        assert_eq!(purse.reached(), None, "it may fit when the batch has come");
        purse.settle(batched, Came::Answered(30));
        let unclear = purse.reserve_in_batch(60).await.unwrap();
        purse.settle(unclear, Came::Unclear);
        assert_eq!(purse.reserve(11).await.unwrap_err(), Bound::Budget(100));
        assert_eq!(purse.reached(), Some((Bound::Budget(100), 1)));
    }
}
