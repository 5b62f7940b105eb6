//! A file made ready to run: found, checked, bound, planned, with its store open.
//!
//! Commands, the watcher and the editor start here. Nothing is printed.

pub mod difference;
pub mod explain;
pub mod limit;
pub mod open;
pub mod results;
pub mod suite;
pub mod telling;
pub mod trial;

pub use open::{Opened, Opening, Ready, SessionError};
