//! What makes finding fast, and may be lost: facts on sled, calls in sorted files.

pub(super) mod calls;
pub(super) mod checked;
pub(super) mod facts;
mod filter;
pub(super) mod guard;
mod run;
