//! The folder that a program lives in: `tgp.toml`, its lock, the packages it uses, and what
//! binds models and endpoints from outside the program.
//!
//! ```text
//! project/
//!   tgp.toml     what a person states
//!   tgp.lock     what was resolved from it: a version and a content hash for each package
//!   vendor/      copies of the packages, where they are kept with the project
//!   .tgp/        the store
//! ```

pub mod add;
pub mod binding;
mod cache;
pub mod config;
pub mod error;
mod git;
mod hub;
pub mod loader;
pub mod lock;
mod package;
pub mod place;
#[allow(clippy::module_inception, reason = "the folder and its main noun")]
pub mod project;
pub mod remote;
mod resolve;
pub mod scaffold;
pub mod settings;
pub mod vendor;

pub use project::{Project, Refused};
