//! Calls on their way, so that two rows that ask the same thing at the same time ask once.

use std::collections::HashMap;
use std::collections::hash_map;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::SetOnce;

use crate::store::CallKey;

/// All calls that are on their way, each of which brings a `T`.
pub(super) struct Flights<T> {
    out: Mutex<HashMap<CallKey, Landing<T>>>,
    landed: AtomicU64,
}

/// Where a flight is waited for. Nothing comes of one that was lost.
pub(super) type Landing<T> = Arc<SetOnce<Option<T>>>;

/// What who wants an answer is to do.
pub(super) enum Boarding<'f, T> {
    /// To make the call.
    First(Flight<'f, T>),
    /// To wait for the one who makes it.
    Later(Landing<T>),
}

/// A flight, for who makes it. Dropped without landing, it is lost, and nobody waits for it.
pub(super) struct Flight<'f, T> {
    flights: &'f Flights<T>,
    key: CallKey,
    landing: Landing<T>,
}

impl<T> Default for Flights<T> {
    fn default() -> Flights<T> {
        Flights { out: Mutex::default(), landed: AtomicU64::new(0) }
    }
}

impl<T> Flights<T> {
    /// How many have landed so far. Where that is still so when a flight begins, nothing has come
    /// on record in between that a look at the record before did not find.
    pub(super) fn landed(&self) -> u64 {
        self.landed.load(Ordering::Acquire)
    }

    pub(super) fn board(&self, key: CallKey) -> Boarding<'_, T> {
        match self.out().entry(key) {
            hash_map::Entry::Occupied(known) => Boarding::Later(known.get().clone()),
            hash_map::Entry::Vacant(place) => {
                let landing = place.insert(Arc::default()).clone();
                Boarding::First(Flight { flights: self, key, landing })
            }
        }
    }

    fn out(&self) -> MutexGuard<'_, HashMap<CallKey, Landing<T>>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Flight<'_, T> {
    /// Says what the flight brought.
    pub(super) fn land(self, brought: T) {
        let _ = self.landing.set(Some(brought));
    }
}

impl<T> Drop for Flight<'_, T> {
    fn drop(&mut self) {
        let mut out = self.flights.out();
        out.remove(&self.key);
        // Before others can see that it is no longer out.
        self.flights.landed.fetch_add(1, Ordering::Release);
        drop(out);
        // One that has landed brought something already, and this changes nothing.
        let _ = self.landing.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn key() -> CallKey {
        CallKey::of(&Digest::of(b"a question"))
    }

    #[tokio::test]
    async fn all_who_ask_meanwhile_get_what_the_first_brought() {
        let flights: Flights<u32> = Flights::default();
        let Boarding::First(flight) = flights.board(key()) else { panic!("nobody asked before") };
        let Boarding::Later(second) = flights.board(key()) else { panic!("it is out") };
        let Boarding::Later(third) = flights.board(key()) else { panic!("it is out") };
        let before = flights.landed();
        let landed = async move {
            tokio::task::yield_now().await;
            flight.land(7);
        };
        let (second, third, ()) = tokio::join!(second.wait(), third.wait(), landed);
        assert_eq!((second, third), (&Some(7), &Some(7)));
        assert_eq!(flights.landed(), before + 1);
        assert!(matches!(flights.board(key()), Boarding::First(_)), "who comes later asks anew");
    }

    #[tokio::test]
    async fn a_lost_flight_is_not_waited_for() {
        let flights: Flights<u32> = Flights::default();
        let Boarding::First(flight) = flights.board(key()) else { panic!("nobody asked before") };
        let Boarding::Later(landing) = flights.board(key()) else { panic!("it is out") };
        drop(flight);
        assert_eq!(landing.wait().await, &None);
    }
}
