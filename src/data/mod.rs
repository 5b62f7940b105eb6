//! Values, rows, types and schemas; readers and writers of formats.

pub mod row;
pub mod schema;
pub mod types;
pub mod value;
