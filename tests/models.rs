//! Endpoints against servers on loopback and recorded shapes of replies.

mod batch;
mod call_keys;
mod connections;
mod faults;
mod parameters;
mod programs;
mod providers;
mod secrets;
pub(crate) mod server;
