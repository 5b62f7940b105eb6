//! The bridge between the language's values and JSON: lines of files, answers of models,
//! cells of tables.

mod fit;
mod leniency;
mod mismatch;
mod repair;
mod schema;
mod write;

pub use super::render::render;
pub use fit::{from_json, from_json_lenient};
pub(crate) use fit::{from_json_at, record_values, truth};
pub use leniency::{Leniency, Liberty};
pub use mismatch::{Mismatch, Place};
pub use repair::Repair;
pub use schema::json_schema;
pub use write::{canonical, to_json};
