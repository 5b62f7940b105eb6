//! Runs a plan on tokio: what is known is taken, what is not is computed, chunk by chunk.

pub mod allowance;
pub mod barrier;
pub mod batches;
mod bundle;
pub mod caller;
mod contents;
pub mod endpoints;
pub mod error;
pub mod gauges;
mod identities;
pub mod making;
pub mod memo;
mod output;
mod partial;
pub mod pass;
pub mod recordings;
pub mod remote;
mod room;
pub mod rows;
pub mod run;
pub mod shelf;
pub mod source;
pub mod stand_in;
mod streaming;
pub mod table;
pub mod tally;
pub mod witness;
