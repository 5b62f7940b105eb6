//! The native half of the standard library: functions that `stdlib/` declares without a body.
//!
//! All are pure functions of their arguments and, where they are random, of the stream they are
//! given. Those that take functions or ask models are evaluated by the engine: see [`IN_ENGINE`].

mod answers;
mod call;
mod conversations;
mod dates;
mod draws;
mod encodings;
mod json;
mod lists;
mod numbers;
mod perturbations;
mod presence;
mod similarity;
mod table;
mod texts;

pub use call::{Answer, Call, Native, Undefined};

use table::NATIVES;

/// Natives that `stdlib/` declares and the engine evaluates itself.
pub const IN_ENGINE: &[&str] = &[
    "prelude.all",
    "prelude.any",
    "prelude.classify",
    "prelude.count_where",
    "prelude.embed",
    "prelude.filter",
    "prelude.find",
    "prelude.flat_map",
    "prelude.map",
    "prelude.map_numbered",
    "prelude.position",
    "prelude.sort_by",
];

/// The native of that name.
pub fn find(name: &str) -> Option<&'static Native> {
    NATIVES.binary_search_by_key(&name, |native| native.name).ok().and_then(|at| NATIVES.get(at))
}

#[cfg(test)]
mod tests;
