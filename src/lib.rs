//! Dynamic trustworthiness benchmarks as versioned text: a language and an incremental engine.
//!
//! ```text
//! text ── syntax ──▶ tree ── check ──▶ typed program ── plan ──▶ DAG ── engine ──▶ tables ── report
//! ```
//!
//! Each folder is a room with one job; `docs/architecture.md` says what each may not do.

// What pest derives names it, so that it can do without the standard library.
extern crate alloc;

pub mod check;
pub mod cli;
pub mod data;
pub mod diagnostics;
pub mod digest;
pub mod engine;
pub mod eval;
pub mod library;
pub mod lsp;
pub mod manual;
pub mod models;
pub mod nodes;
pub mod plan;
pub mod project;
pub mod random;
pub mod report;
pub mod session;
pub mod stats;
pub mod store;
pub mod syntax;
pub mod text;
pub mod watch;
pub mod world;
