//! A file made ready to run: found, checked, bound, planned, with its store open.
//!
//! Commands, the watcher and the editor start here. Nothing is printed.

pub mod bound;
pub mod closing_words;
pub mod derived;
pub mod difference;
mod evidence;
pub mod explain;
pub mod filed;
pub mod freezing;
pub mod limit;
mod member;
pub mod open;
pub mod outline;
pub mod overlap;
pub mod passage;
pub mod ping;
pub mod pins;
pub mod planned;
pub mod reached;
pub mod remembered;
pub mod results;
pub mod revision;
pub mod seal;
pub mod sealing;
pub mod suite;
pub mod summary;
mod tables;
pub mod telling;
pub mod trace;
mod trace_text;
pub mod trial;
pub mod turnover;
pub mod way;
mod way_out;
pub mod why;

pub use open::{Opened, Opening, Ready, SessionError};
