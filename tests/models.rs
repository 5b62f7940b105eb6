//! Endpoints against servers on loopback and recorded shapes of replies.

mod faults;
pub(crate) mod server;
