//! How long the requests and replies of a unit are, by what has come.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::models::endpoint::Endpoint;
use crate::models::lengths::Lengths;
use crate::models::reply::Usage;
use crate::models::request::Request;

/// Lengths by the name of the model.
pub type ByModel = BTreeMap<String, Lengths>;

/// Requests whose text is counted; more tell no more.
const COUNTED: u64 = 256;
/// So many replies say enough by themselves, whatever earlier ones were like.
const ENOUGH: u64 = 16;

/// What is known of the lengths of a unit's calls.
#[derive(Debug, Default)]
pub struct Experience(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Of replies that came or were read in this run.
    now: ByModel,
    /// Of earlier runs.
    before: ByModel,
}

impl Experience {
    /// Takes in what a call took.
    pub fn add(&self, endpoint: &Endpoint, request: &Request, usage: &Usage) {
        let mut known = self.known();
        let lengths = match known.now.get_mut(endpoint.name()) {
            Some(lengths) => lengths,
            None => known.now.entry(endpoint.name().to_owned()).or_default(),
        };
        let reckoned = (lengths.requests < COUNTED).then(|| endpoint.reckoned_input(request));
        lengths.add(usage, reckoned);
    }

    /// Has what earlier runs knew stand in until enough has come.
    pub fn recall(&self, before: &ByModel) {
        self.known().before.clone_from(before);
    }

    /// What came in this run.
    pub fn now(&self) -> ByModel {
        self.known().now.clone()
    }

    /// What calls to a model take: by its own, else by those to the other models that are asked the
    /// same.
    pub fn of(&self, model: &str) -> Option<Lengths> {
        let known = self.known();
        let own = joined(known.now.get(model), known.before.get(model));
        own.filter(|lengths| lengths.replies > 0 || lengths.requests > 0).or_else(|| {
            let mut all = Lengths::default();
            known.now.values().chain(known.before.values()).for_each(|lengths| all += *lengths);
            (all.replies > 0).then_some(all)
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // No code under this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What earlier runs knew, with what this one does.
pub fn with_earlier(mut now: ByModel, before: &ByModel) -> ByModel {
    for (model, earlier) in before {
        if let Some(lengths) = joined(now.get(model), Some(earlier)) {
            now.insert(model.clone(), lengths);
        }
    }
    now
}

fn joined(now: Option<&Lengths>, before: Option<&Lengths>) -> Option<Lengths> {
    match (now, before) {
        (Some(now), _) if now.replies >= ENOUGH => Some(*now),
        (Some(now), Some(before)) => {
            let mut both = *now;
            both += *before;
            Some(both)
        }
        (one, other) => one.or(other).copied(),
    }
}
