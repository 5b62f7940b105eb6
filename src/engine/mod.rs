//! Runs a plan on tokio: what is known is taken, what is not is computed, chunk by chunk.

pub mod barrier;
pub mod caller;
pub mod endpoints;
pub mod error;
pub mod gauges;
mod identities;
pub mod making;
pub mod memo;
mod output;
pub mod recordings;
pub mod remote;
pub mod rows;
pub mod run;
pub mod shelf;
pub mod source;
mod streaming;
pub mod table;
pub mod witness;
