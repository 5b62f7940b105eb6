//! How many answers came in the last second, ten seconds, minute.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const GRAIN: Duration = Duration::from_millis(50);
const SPAN: Duration = Duration::from_secs(60);

/// Counts of answers in grains of time, a minute back.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(Instant, u32)>);

impl History {
    pub(super) fn record(&mut self, now: Instant) {
        match self.0.back_mut() {
            Some((start, count)) if now.saturating_duration_since(*start) < GRAIN => *count += 1,
            _ => self.0.push_back((now, 1)),
        }
        while self.0.front().is_some_and(|(start, _)| now.saturating_duration_since(*start) > SPAN) {
            self.0.pop_front();
        }
    }

    /// Answers within `span` before now, to the nearest grain.
    pub(super) fn within(&self, span: Duration, now: Instant) -> u64 {
        let recent =
            self.0.iter().rev().take_while(|(start, _)| now.saturating_duration_since(*start) <= span);
        recent.map(|(_, count)| u64::from(*count)).sum()
    }
}
