//! What happens on the way to an answer, for whoever shows or records it.

use std::sync::Arc;
use std::time::Duration;

use super::reply::FailureCause;

/// Something that happened at an endpoint. Holds no secrets.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptEvent {
    /// A request got its answer.
    Answered { latency: Duration, attempt: u32 },
    /// A request failed and will be sent again after a wait.
    Retrying { cause: FailureCause, attempt: u32, wait: Duration },
    /// A call failed for good.
    Failed { cause: FailureCause, attempts: u32 },
    /// A rate limit was met: nothing goes out for a while, then so many requests a second.
    Limited { wait: Duration, per_second: f64 },
    /// The endpoint is dead; it is tried again after a pause.
    CircuitOpened { pause: Duration },
    /// The endpoint answers again.
    CircuitClosed,
}

/// Is told of each event with the endpoint's display name. Called between awaits: it must not
/// block.
pub type Observer = Arc<dyn Fn(&str, &AttemptEvent) + Send + Sync>;
