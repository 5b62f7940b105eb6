//! How much of a unit is worked on at a time.
//!
//! A chunk may wait long for its last rows: a server stalls, a call is tried again. The others must
//! go on meanwhile, or the endpoint has nothing to do. So it is rows that are not done which are
//! bounded, and chunks only as far as memory is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Rows that may be under way at a time, where endpoints take no more: enough that a thousand
/// calls are out while others are made ready.
const ROWS: usize = 2048;
/// Chunks under way at a time, however few of their rows are left.
const CHUNKS: usize = 24;
/// What a chunk counts as whose rows are not known yet.
const UNKNOWN: usize = 700;

/// The rows of a unit that are under way, for each of its models.
pub(super) struct Room {
    rows: usize,
    under_way: Vec<AtomicUsize>,
    freed: Notify,
}

impl Room {
    /// For so many models, of which one may have so many calls out at a time.
    pub(super) fn new(models: usize, calls: usize) -> Arc<Room> {
        let under_way = (0..models).map(|_| AtomicUsize::new(0)).collect();
        Arc::new(Room { rows: ROWS.max(calls.saturating_mul(2)), under_way, freed: Notify::new() })
    }

    /// Whether another chunk may begin beside so many: some model would else run out of rows.
    pub(super) fn has_place(&self, chunks: usize) -> bool {
        let wants = |rows: &AtomicUsize| rows.load(Ordering::Relaxed) < self.rows;
        chunks == 0 || (chunks < CHUNKS && self.under_way.iter().any(wants))
    }

    /// Waits until it is worth asking again.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Takes the rows of a chunk in, for one of the models; nothing for rows that are not known.
    pub(super) fn enter(self: &Arc<Room>, model: usize, rows: Option<u32>) -> Stay {
        let left = rows.map_or(UNKNOWN, |rows| rows as usize);
        if let Some(under_way) = self.under_way.get(model) {
            under_way.fetch_add(left, Ordering::Relaxed);
        }
        let is_known = AtomicBool::new(rows.is_some());
        Stay { room: self.clone(), model, is_known, left: AtomicUsize::new(left) }
    }
}

/// Rows of a chunk that are not done. Dropped, they are.
pub(super) struct Stay {
    room: Arc<Room>,
    model: usize,
    is_known: AtomicBool,
    left: AtomicUsize,
}

impl Stay {
    /// The chunk is whole, and has so many rows.
    pub(super) fn is_whole(&self, rows: u32) {
        if !self.is_known.swap(true, Ordering::Relaxed) {
            self.came(rows as usize);
            self.leave(UNKNOWN);
        }
    }

    /// The chunk's rows come one by one, as many as [`Stay::came`] says: a chunk that is still being
    /// made must not keep others out that are further along.
    pub(super) fn is_followed(&self) {
        self.is_whole(0);
    }

    /// So many more rows are there.
    pub(super) fn came(&self, rows: usize) {
        if let Some(under_way) = self.room.under_way.get(self.model) {
            under_way.fetch_add(rows, Ordering::Relaxed);
        }
        self.left.fetch_add(rows, Ordering::Relaxed);
    }

    /// So many of the rows are done.
    pub(super) fn done(&self, rows: usize) {
        if self.is_known.load(Ordering::Relaxed) {
            self.leave(rows);
        }
    }

    fn leave(&self, rows: usize) {
        let left = self.left.load(Ordering::Relaxed);
        let leaving = rows.min(left);
        self.left.store(left - leaving, Ordering::Relaxed);
        let Some(under_way) = self.room.under_way.get(self.model) else { return };
        let before = under_way.fetch_sub(leaving, Ordering::Relaxed);
        if before >= self.room.rows && before - leaving < self.room.rows {
            self.room.freed.notify_one();
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.leave(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_chunk_begins_when_few_rows_are_left_of_those_before() {
        let room = Room::new(1, 64);
        let first = room.enter(0, Some(2000));
        assert!(room.has_place(1));
        let second = room.enter(0, Some(500));
        assert!(!room.has_place(2));
        first.done(400);
        assert!(!room.has_place(2));
        first.done(100);
        room.freed().await;
        assert!(room.has_place(2) && !room.has_place(CHUNKS));
        drop((first, second));
        assert_eq!(room.under_way[0].load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_slow_model_does_not_keep_rows_from_a_quick_one() {
        let room = Room::new(2, 64);
        let _slow = room.enter(0, Some(4000));
        let quick = room.enter(1, Some(4000));
        assert!(!room.has_place(1));
        quick.done(3000);
        assert!(room.has_place(1));
    }

    #[test]
    fn of_a_chunk_that_is_followed_only_rows_that_came_count() {
        let room = Room::new(1, 64);
        let chunks: Vec<Stay> = (0..3).map(|_| room.enter(0, None)).collect();
        assert!(!room.has_place(3), "three chunks of unknown length");
        chunks.iter().for_each(Stay::is_followed);
        chunks[0].came(10);
        assert_eq!(room.under_way[0].load(Ordering::Relaxed), 10);
        assert!(room.has_place(3));
        chunks[0].done(10);
        drop(chunks);
        assert_eq!(room.under_way[0].load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_chunk_that_is_still_being_made_counts_until_it_ends() {
        let room = Room::new(1, 1500);
        let making: Vec<Stay> = (0..5).map(|_| room.enter(0, None)).collect();
        assert!(!room.has_place(5));
        making[0].done(700);
        assert!(!room.has_place(5));
        making[1].is_whole(300);
        assert!(!room.has_place(5));
        making[1].done(299);
        assert!(room.has_place(5));
        making[2].is_whole(2000);
        assert!(!room.has_place(5));
        drop(making);
        assert!(room.has_place(5));
    }
}
