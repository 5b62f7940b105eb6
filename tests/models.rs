//! Endpoints against servers on loopback and recorded shapes of replies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod batch;
mod faults;
mod programs;
mod providers;
mod secrets;
pub(crate) mod server;
