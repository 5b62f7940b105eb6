//! The calls that a row has asked for and the answers that have come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use crate::check::program::ModelId;
use crate::data::json::Repair;
use crate::models::reply::{CallFailure, Reply};
use crate::models::request::Request;

/// Where in a row's evaluation a call stands: step, branches, sites of functions, attempt.
/// The same each time the row is evaluated.
pub type Path = SmallVec<[u32; 8]>;

/// One of a model's bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub model: ModelId,
    pub binding: u32,
}

/// A call that must be made before the row can go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub asked: Asked,
    pub request: Request,
    /// Tells apart asks of the same thing that want their own answers.
    pub sample: u32,
}

/// An answer with how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub reply: Reply,
    /// From sending the request to the last byte; of the first time it was asked.
    pub latency: Duration,
}

pub type Answer = Result<Arc<Answered>, CallFailure>;

/// What one row has asked and learnt.
#[derive(Debug, Default)]
pub struct Effects {
    /// By place, in the order of places.
    answers: Vec<(Path, Answer)>,
    waiting: Vec<(Path, Call)>,
    /// Where somebody listens: what was said in this evaluation, models of the program included.
    heard: Option<BTreeMap<Path, (Call, Answer)>>,
    /// What had to be repaired to read the answer at a place.
    mended: BTreeMap<Path, Vec<Repair>>,
}

/// A request with its answer, as it was heard at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    pub path: Path,
    pub call: Call,
    pub answer: Answer,
    /// What had to be repaired to read the answer.
    pub repairs: Vec<Repair>,
}

impl Effects {
    /// Effects that keep each request with its answer, for somebody who wants to read them.
    pub fn listening() -> Effects {
        Effects { heard: Some(BTreeMap::new()), ..Effects::default() }
    }

    /// Whether somebody wants to read the requests too.
    pub fn is_listening(&self) -> bool {
        self.heard.is_some()
    }

    /// Keeps a request with its answer, where somebody listens.
    pub fn hear(&mut self, path: Path, call: impl FnOnce() -> Call, answer: &Answer) {
        if let Some(heard) = &mut self.heard {
            heard.insert(path, (call(), answer.clone()));
        }
    }

    /// What was heard, in the order of the steps.
    pub fn take_heard(&mut self) -> Vec<Spoken> {
        let heard = self.heard.take().unwrap_or_default();
        let spoken = heard.into_iter().map(|(path, (call, answer))| {
            let repairs = self.mended.remove(&path).unwrap_or_default();
            Spoken { path, call, answer, repairs }
        });
        spoken.collect()
    }

    /// Notes what had to be repaired to read the answer at a place. The same each time the row is
    /// evaluated.
    pub fn mend(&mut self, path: Path, repairs: Vec<Repair>) {
        self.mended.insert(path, repairs);
    }

    /// What had to be repaired in the answers at this place and those within it, each kind once, in
    /// the order of the kinds.
    pub fn mended_within(&self, place: &[u32]) -> Vec<Repair> {
        let within = self.mended.range(Path::from(place)..).take_while(|(path, _)| path.starts_with(place));
        let repairs: BTreeSet<Repair> = within.flat_map(|(_, repairs)| repairs).copied().collect();
        repairs.into_iter().collect()
    }

    /// How many answers had to be repaired so far.
    pub fn mended(&self) -> usize {
        self.mended.len()
    }

    /// Notes a call that the row waits for.
    pub fn want(&mut self, path: Path, call: Call) {
        if !self.waiting.iter().any(|(known, _)| *known == path) {
            make_room(&mut self.waiting);
            self.waiting.push((path, call));
        }
    }

    /// Where the answer stands, or is to stand.
    fn find(&self, path: &Path) -> Result<usize, usize> {
        self.answers.binary_search_by(|(known, _)| known.cmp(path))
    }

    /// The answer at this place, if it came.
    pub fn known(&self, path: &Path) -> Option<&Answer> {
        self.find(path).ok().and_then(|at| self.answers.get(at)).map(|(_, answer)| answer)
    }

    /// The calls noted since the last time, in the order noted.
    pub fn take_waiting(&mut self) -> Vec<(Path, Call)> {
        std::mem::take(&mut self.waiting)
    }

    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn learn(&mut self, path: Path, answer: Answer) {
        match self.find(&path) {
            Ok(at) => self.answers[at] = (path, answer),
            Err(at) => {
                make_room(&mut self.answers);
                self.answers.insert(at, (path, answer));
            }
        }
    }
}

/// Room for the first, which most often stays the only one: many rows wait at a time.
fn make_room<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
}
