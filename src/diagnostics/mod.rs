//! What is told to the author of a file: codes, places, suggestions, and how they look.
//!
//! Diagnostics are plain data; `render` turns them into a picture for a terminal or JSON for a tool.

pub mod diagnostic;
pub mod source;
