//! How much may be asked of an endpoint, how fast, and how often again.
//!
//! What decides is in plain structs that are told the time ([`traffic`], [`circuit`]); what
//! waits is a thin layer over them ([`limiter`]).

mod bucket;
pub(super) mod circuit;
mod history;
pub(super) mod limiter;
mod pace;
pub(super) mod patience;
pub(super) mod quota;
mod ramp;
pub(super) mod retry;
#[cfg(test)]
mod simulation;
mod suspicion;
pub(super) mod traffic;

use std::time::Duration;

pub use limiter::Unkept;

/// What an endpoint may be asked. Not part of any call's identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The most requests out at a time; refusals (429) make it fewer for a while.
    pub concurrency: u32,
    /// The most requests a second, sent evenly.
    pub requests_per_second: Option<f64>,
    /// The most requests a minute.
    pub requests_per_minute: Option<f64>,
    /// The most tokens a minute, of requests and replies together.
    pub tokens_per_minute: Option<f64>,
    /// The most requests sent for one call. Refusals for want of quota (429) have a longer
    /// count of their own, [`Limits::refusals`].
    pub attempts: u32,
    /// The most times that one call may be told to wait (429).
    pub refusals: u32,
    /// The longest wait that a server may ask for (`Retry-After`); a call told to wait longer
    /// fails at once.
    pub longest_wait: Duration,
    /// From sending one request to the last byte of its answer.
    pub total_timeout: Duration,
    /// Between two bytes of an answer, the first one among them. Models that think before they
    /// answer send nothing meanwhile, so this is long.
    pub idle_timeout: Duration,
    /// Give up on one request that takes many times as long as any before it, and send it
    /// anew. Each retry is given more time than the one before, up to the timeouts above.
    pub learn_timeout: bool,
    /// How long calls wait for an endpoint that worked before and no longer does.
    pub outage: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            concurrency: 64,
            requests_per_second: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            attempts: 10,
            refusals: 60,
            longest_wait: Duration::from_secs(300),
            total_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(300),
            learn_timeout: true,
            outage: Duration::from_secs(60),
        }
    }
}
