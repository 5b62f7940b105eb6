//! What is on sled: it makes finding fast, and may be lost.

pub(super) mod calls;
pub(super) mod checked;
pub(super) mod facts;
pub(super) mod guard;
mod run;
