//! Typed program to DAG: what must be computed from what, and the identity of each piece of work.
//!
//! The only room that names `petgraph`. No I/O and nothing async.

pub mod canonical;
pub mod draw;
#[expect(clippy::module_inception, reason = "the room is named after the thing it makes")]
pub mod plan;
pub mod unit;

pub use plan::Plan;
pub use unit::{Unit, UnitId, UnitKind};
