//! The frames read last, unpacked: replies are mostly read in the order they were written.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// A frame's place: segment and offset.
type Place = (u32, u32);

/// Holds a few unpacked frames, the latest first.
#[derive(Debug, Default)]
pub(super) struct FrameCache(Mutex<VecDeque<(Place, Arc<[u8]>)>>);

impl FrameCache {
    const MOST_FRAMES: usize = 32;
    const MOST_BYTES: usize = 8 << 20;

    pub(super) fn get(&self, place: Place) -> Option<Arc<[u8]>> {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = frames.iter().position(|(held, _)| *held == place)?;
        let found = frames.remove(at)?;
        let lines = Arc::clone(&found.1);
        frames.push_front(found);
        Some(lines)
    }

    pub(super) fn put(&self, place: Place, lines: Arc<[u8]>) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        frames.push_front((place, lines));
        let mut bytes = 0;
        frames.retain(|(_, lines)| {
            bytes += lines.len();
            bytes <= Self::MOST_BYTES
        });
        frames.truncate(Self::MOST_FRAMES);
    }
}
