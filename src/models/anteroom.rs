//! Where calls wait for their first turn at an endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Calls that have not been sent yet: enough of them that the endpoint never lacks any. More would
/// only take up memory.
#[derive(Debug)]
pub struct Anteroom {
    enough: usize,
    waiting: AtomicUsize,
    freed: Notify,
}

/// A call's place in an anteroom, until it is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, nobody waits"]
pub struct Waiting(Arc<Anteroom>);

impl Anteroom {
    /// Of an endpoint that takes so many calls at a time.
    pub fn new(calls: usize) -> Arc<Anteroom> {
        Arc::new(Anteroom { enough: calls.max(1), waiting: AtomicUsize::new(0), freed: Notify::new() })
    }

    pub fn enter(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self.clone())
    }

    /// Whether the endpoint may soon lack calls.
    pub fn has_room(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) < self.enough
    }

    /// Waits until there is room.
    pub async fn freed(&self) {
        let freed = self.freed.notified();
        tokio::pin!(freed);
        // Before the look, so that no leaving passes unnoticed between the two.
        while !freed.as_mut().enable() && !self.has_room() {
            freed.as_mut().await;
            freed.set(self.freed.notified());
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == self.0.enough {
            self.0.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn there_is_room_as_long_as_few_wait() {
        let anteroom = Anteroom::new(2);
        let first = anteroom.enter();
        assert!(anteroom.has_room() && anteroom.freed().now_or_never().is_some());
        let second = anteroom.enter();
        let third = anteroom.enter();
        let mut freed = Box::pin(anteroom.freed());
        assert!(!anteroom.has_room() && freed.as_mut().now_or_never().is_none());
        drop(third);
        assert!(freed.as_mut().now_or_never().is_none(), "as many wait as are enough");
        drop(second);
        freed.await;
        drop(first);
    }
}
