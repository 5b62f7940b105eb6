//! Watching a file: on each save it is checked, and what the edit touched is run.
//!
//! The only room that names `notify`. Nothing is printed; the command line shows what is told.

pub mod files;
pub mod ran;
mod settling;
pub mod watching;
