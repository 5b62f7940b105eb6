//! When a burst of events is over: an editor that saves makes several.

use std::time::{Duration, Instant};

/// As long as nothing more comes, the burst is over.
const SILENCE: Duration = Duration::from_millis(10);
/// A burst that does not end is cut here.
const LONGEST: Duration = Duration::from_millis(500);

/// One burst.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settling {
    first: Instant,
    last: Instant,
}

impl Settling {
    pub(super) fn begin(now: Instant) -> Settling {
        Settling { first: now, last: now }
    }

    pub(super) fn began(&self) -> Instant {
        self.first
    }

    /// Another event came.
    pub(super) fn again(&mut self, now: Instant) {
        self.last = now;
    }

    /// How long to wait for another event; nothing where the burst is over.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let over = (self.last + SILENCE).min(self.first + LONGEST);
        over.checked_duration_since(now).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_ends_in_silence_or_at_its_longest() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut settling = Settling::begin(start);
        assert_eq!(settling.wait(at(4)), Some(Duration::from_millis(6)));
        settling.again(at(8));
        assert_eq!(settling.wait(at(10)), Some(Duration::from_millis(8)));
        assert_eq!(settling.wait(at(18)), None);
        settling.again(at(497));
        assert_eq!(settling.wait(at(499)), Some(Duration::from_millis(1)));
        assert_eq!(settling.wait(at(501)), None);
    }
}
