//! Whole runs of the program: what it pays for, what it keeps, and how it ends.

#[path = "run/batch_provider.rs"]
mod batch_provider;
#[path = "run/batches.rs"]
mod batches;
#[path = "run/bound.rs"]
mod bound;
#[path = "run/corpus.rs"]
mod corpus;
#[path = "run/editions.rs"]
mod editions;
#[path = "run/endpoints.rs"]
mod endpoints;
#[path = "run/exports.rs"]
mod exports;
#[path = "run/guard.rs"]
mod guard;
#[path = "run/incremental.rs"]
mod incremental;
#[path = "run/interrupted.rs"]
mod interrupted;
#[path = "run/killed.rs"]
mod killed;
#[path = "run/language.rs"]
mod language;
#[path = "run/mistakes.rs"]
mod mistakes;
#[path = "run/money.rs"]
mod money;
#[path = "run/packages.rs"]
mod packages;
#[path = "run/parquet.rs"]
mod parquet;
#[path = "run/pictures.rs"]
mod pictures;
#[path = "run/plans.rs"]
mod plans;
#[path = "run/project.rs"]
mod project;
#[path = "run/properties.rs"]
mod properties;
#[path = "run/real.rs"]
mod real;
#[path = "run/remote.rs"]
mod remote;
#[path = "run/repairs.rs"]
mod repairs;
#[path = "run/room.rs"]
mod room;
#[path = "run/seals.rs"]
mod seals;
#[path = "run/secrecy.rs"]
mod secrecy;
#[path = "run/stale.rs"]
mod stale;
#[path = "run/traces.rs"]
mod traces;
#[path = "run/unsuited.rs"]
mod unsuited;
#[path = "run/watched.rs"]
mod watched;
