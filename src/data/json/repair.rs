//! What had to be repaired, or let pass, to read a model's answer.

use std::sync::Arc;

use crate::data::types::Type;
use crate::text::json_repair::Repair as Writing;

use super::leniency::Liberty;

/// A kind of repair, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// The answer is not quite JSON.
    Writing(Writing),
    /// There is no JSON, and the words say it.
    Words,
    /// The value stands without the object around it that was asked for.
    BareValue,
    /// The JSON misses the type, and still says clearly what is meant.
    Liberty(Liberty),
}

impl Repair {
    /// Every kind, in the order in which they are told.
    pub fn all() -> impl Iterator<Item = Repair> {
        let writing = Writing::ALL.into_iter().map(Repair::Writing);
        let liberties = Liberty::ALL.into_iter().map(Repair::Liberty);
        writing.chain([Repair::Words, Repair::BareValue]).chain(liberties)
    }

    /// The closed set of the kinds' labels.
    pub fn labels() -> Type {
        Type::Closed(Repair::all().map(|repair| Arc::from(repair.label())).collect())
    }

    /// What it is called in a row.
    pub fn label(self) -> &'static str {
        match self {
            Repair::Writing(writing) => writing.label(),
            Repair::Words => "words",
            Repair::BareValue => "bare_value",
            Repair::Liberty(liberty) => liberty.label(),
        }
    }

    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Repair::Writing(writing) => writing.words(),
            Repair::Words => "words instead of JSON",
            Repair::BareValue => "a value without the object around it",
            Repair::Liberty(liberty) => liberty.words(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_in_their_order_and_no_two_share_a_label() {
        let all: Vec<Repair> = Repair::all().collect();
        assert!(all.is_sorted());
        let mut labels: Vec<&str> = all.iter().map(|repair| repair.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), all.len());
    }
}
