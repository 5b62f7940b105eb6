//! Telling a true rate limit from refusals at random.

use std::time::Duration;

use tokio::time::Instant;

/// What came back since a refusal that may or may not mean a limit.
///
/// Behind a true limit, what is sent after the refused request is refused too. A server that
/// refuses at random, because it is overloaded in parts or badly balanced, answers most of it:
/// slowing down for such a refusal would cost time and avoid nothing.
#[derive(Debug)]
pub(super) struct Suspicion {
    since: u64,
    refused: u64,
    answered: u64,
    wait: Option<Duration>,
    began: Instant,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Refusals are the rule now; the server asked to wait for so long.
    Limited(Option<Duration>),
    /// Answers are the rule still.
    Random,
    Unknown,
}

impl Suspicion {
    pub(super) fn new(ticket: u64, now: Instant) -> Suspicion {
        Suspicion { since: ticket, refused: 0, answered: 0, wait: None, began: now }
    }

    /// When the first refusal came, from which on the server's wait runs.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    pub(super) fn refused(&mut self, ticket: u64, wait: Option<Duration>) {
        self.wait = self.wait.max(wait);
        if ticket >= self.since {
            self.refused += 1;
        }
    }

    pub(super) fn answered(&mut self, ticket: u64) {
        if ticket > self.since {
            self.answered += 1;
        }
    }

    /// `seasoned`: so many answers have come before that a wrong finding costs more than a few
    /// further refusals.
    pub(super) fn finding(&self, seasoned: bool) -> Finding {
        let Suspicion { refused, answered, .. } = *self;
        let limited = if seasoned {
            refused >= 16 && refused > answered
        } else {
            refused >= 5 && refused > 3 * answered
        };
        if limited {
            Finding::Limited(self.wait)
        } else if answered >= 3 && answered > refused && (answered > 3 * refused || answered >= 24) {
            Finding::Random
        } else {
            Finding::Unknown
        }
    }
}
