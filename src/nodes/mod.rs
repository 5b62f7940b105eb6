//! What each kind of node and step means.
//!
//! Streaming steps work on one row and know no table; barriers work on a whole table. Neither knows
//! the network or the disk: calls are noted as effects, chunks are handed in.

pub mod aggregate;
mod cell;
mod coded;
pub mod gather;
pub mod measure;
pub mod query;
pub mod retrieve;
pub mod state;
pub mod stream;
pub mod vary;
pub mod verdict;
