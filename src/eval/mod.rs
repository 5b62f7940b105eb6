//! Expressions on a row.
//!
//! Evaluation is plain and synchronous. Where it needs a model's answer that is not there yet, it
//! notes the call and stops as waiting; whoever drives it gets the answers and evaluates again from
//! the start, which is cheap and gives the same result up to that point. So whatever of a row is
//! independent is asked at the same time, and no expression knows about the network.

pub mod answer;
pub mod ask;
pub mod effects;
pub mod expr;
pub mod ground;
pub mod halt;
pub mod message;
pub mod native;
pub mod operator;
pub mod recording;
pub mod scope;
pub mod script;
