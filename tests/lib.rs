//! All integration tests, in one binary: a second one would link everything again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and reads files of its own"
)]

mod check;
mod data;
mod docs;
mod fingerprints;
mod library;
mod lsp;
mod models;
mod project;
mod report;
mod robust;
mod run;
mod slips;
mod stats;
mod store;
mod syntax;
