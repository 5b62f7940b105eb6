//! Endpoints: who is asked, in each provider's own terms, under limits and faults.
//!
//! The only room that names `reqwest` and what it is made of. It knows requests and replies, not rows or nodes.

mod address;
pub mod anteroom;
pub mod attempt;
pub mod batch;
mod call;
mod call_key;
pub mod capability;
mod dialects;
mod direct;
pub mod download;
pub mod endpoint;
pub mod error;
mod exchange;
pub mod forecast;
mod idle;
mod judgement;
pub mod key_state;
pub mod lengths;
pub mod limits;
pub mod prices;
mod program;
pub mod provider;
pub mod reply;
pub mod request;
mod secret;
mod structured;
mod transport;
mod written_request;
