//! Endpoints: who is asked, in each provider's own terms, under limits and faults.
//!
//! The only room that names `reqwest`. It knows requests and replies, not rows or nodes.

pub mod reply;
pub mod request;
