//! Values, rows, types and schemas; readers and writers of formats.

pub mod address;
pub mod codec;
pub mod identity;
pub mod json;
pub mod order;
pub mod read;
pub mod render;
pub mod row;
#[cfg(test)]
pub(crate) mod samples;
pub mod schema;
pub mod types;
pub mod value;
pub mod write;
