//! Endpoints against servers on loopback and recorded shapes of replies.

mod batch;
mod faults;
mod programs;
mod providers;
mod secrets;
pub(crate) mod server;
