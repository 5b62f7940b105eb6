//! What is told to the author of a file: codes, places, suggestions, and how they look.
//!
//! Diagnostics are plain data; `render` turns them into pictures for a terminal, `json`
//! into data for tools.

pub mod diagnostic;
mod json;
pub mod place;
pub mod render;
pub mod similar;
mod snippets;
pub mod source;
mod style;
