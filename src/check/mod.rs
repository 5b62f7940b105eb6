//! Tree to typed program: names, types, the rules of each kind of node; and every complaint.
//!
//! No I/O: the texts that a file uses are handed in by whoever loads it.

mod aggregates;
mod bindings;
#[expect(clippy::module_inception, reason = "the room is named after what it does")]
mod check;
mod checker;
pub mod codes;
mod complaint;
mod conditions;
mod constant;
mod expectations;
mod expressions;
mod exprs;
mod functions;
mod gather;
mod identity;
mod judge;
mod library;
mod loading;
mod measure;
mod mentions;
mod near_names;
mod nodes;
mod params;
pub mod program;
mod query;
mod reach;
mod repaired;
mod reports;
mod scope;
mod scripted;
mod settings;
mod sight;
mod signatures;
mod stand_ins;
mod steps;
mod suite;
mod suspects;
mod trial;
mod types;
mod unbound;
mod unread;
mod variations;
mod vary;

pub use check::{Checked, Overrides, check};
pub use conditions::check_condition;
pub use loading::{LoadProblem, Loader, standard_module, standard_modules};
pub use reach::speaks_of_failures;
