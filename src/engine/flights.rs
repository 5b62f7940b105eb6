//! Calls on their way, so that two rows that ask the same thing at the same time ask once.

use std::collections::HashMap;
use std::collections::hash_map;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::store::CallKey;

/// All calls that are on their way, each of which brings a `T`.
pub(super) struct Flights<T> {
    out: Mutex<HashMap<CallKey, Arc<Landing<T>>>>,
    landed: AtomicU64,
}

/// Where a flight is waited for.
pub(super) struct Landing<T> {
    /// Holds nothing where the flight was lost.
    brought: OnceLock<Option<T>>,
    is_down: Notify,
}

/// A flight, for who makes it. Dropped without landing, it is lost, and nobody waits for it.
pub(super) struct Flight<T> {
    flights: Arc<Flights<T>>,
    key: CallKey,
    landing: Arc<Landing<T>>,
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

    /// Where to wait for a call; the flight itself for the first who asks, who is to make it.
    pub(super) fn board(self: &Arc<Self>, key: CallKey) -> (Arc<Landing<T>>, Option<Flight<T>>) {
        let mut out = self.out();
        match out.entry(key) {
            hash_map::Entry::Occupied(known) => (known.get().clone(), None),
            hash_map::Entry::Vacant(place) => {
                let landing = Arc::new(Landing { brought: OnceLock::new(), is_down: Notify::new() });
                place.insert(landing.clone());
                (landing.clone(), Some(Flight { flights: self.clone(), key, landing }))
            }
        }
    }

    fn out(&self) -> MutexGuard<'_, HashMap<CallKey, Arc<Landing<T>>>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Flight<T> {
    /// Says what the flight brought.
    pub(super) fn land(self, brought: T) {
        let _ = self.landing.brought.set(Some(brought));
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        let _ = self.landing.brought.set(None);
        let mut out = self.flights.out();
        out.remove(&self.key);
        // Before others can see that it is no longer out.
        self.flights.landed.fetch_add(1, Ordering::Release);
        drop(out);
        self.landing.is_down.notify_waiters();
    }
}

impl<T: Clone> Landing<T> {
    /// What the flight brought; nothing where it was lost.
    pub(super) async fn wait(&self) -> Option<T> {
        let is_down = self.is_down.notified();
        tokio::pin!(is_down);
        // Before the look, so that no landing passes unnoticed between the two.
        is_down.as_mut().enable();
        loop {
            if let Some(brought) = self.brought.get() {
                return brought.clone();
            }
            is_down.as_mut().await;
            is_down.set(self.is_down.notified());
            is_down.as_mut().enable();
        }
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
        let flights: Arc<Flights<u32>> = Arc::default();
        let (first, flight) = flights.board(key());
        let (second, none) = flights.board(key());
        assert!(none.is_none());
        let before = flights.landed();
        let flight = flight.unwrap();
        let landed = async move {
            tokio::task::yield_now().await;
            flight.land(7);
        };
        let (first, second, ()) = tokio::join!(first.wait(), second.wait(), landed);
        assert_eq!((first, second), (Some(7), Some(7)));
        assert_eq!(flights.landed(), before + 1);
        assert!(flights.board(key()).1.is_some(), "who comes later makes a flight of their own");
    }

    #[tokio::test]
    async fn a_lost_flight_is_not_waited_for() {
        let flights: Arc<Flights<u32>> = Arc::default();
        let (landing, flight) = flights.board(key());
        drop(flight);
        assert_eq!(landing.wait().await, None);
    }
}
