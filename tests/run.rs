//! Whole runs of the program: what it pays for, what it keeps, and how it ends.

#[path = "run/batches.rs"]
mod batches;
#[path = "run/endpoints.rs"]
mod endpoints;
#[path = "run/exports.rs"]
mod exports;
#[path = "run/incremental.rs"]
mod incremental;
#[path = "run/interrupted.rs"]
mod interrupted;
#[path = "run/mistakes.rs"]
mod mistakes;
#[path = "run/money.rs"]
mod money;
#[path = "run/packages.rs"]
mod packages;
#[path = "run/project.rs"]
mod project;
#[path = "run/real.rs"]
mod real;
#[path = "run/secrecy.rs"]
mod secrecy;
#[path = "run/remote.rs"]
mod remote;
