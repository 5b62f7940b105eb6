//! One row through the streaming steps of a unit.

use std::ops::Range;
use std::sync::Arc;

use crate::check::program::{Expr, Node, Slot, Step, StepKind};
use crate::data::codec::hash_value;
use crate::data::identity;
use crate::data::row::{Failure, Reason, Row};
use crate::data::value::Value;
use crate::digest::Hasher;
use crate::eval::effects::{Asked, Effects, Path};
use crate::eval::ground::Ground;
use crate::eval::halt::Halt;
use crate::eval::scope::Scope;

use super::state::State;

/// The streaming steps of one unit.
pub struct Stream<'a> {
    pub ground: &'a Ground,
    pub node: &'a Node,
    pub steps: Range<usize>,
    pub draws: &'a [u32],
    /// The model under test, in a query.
    pub target: Option<Asked>,
}

/// What became of a row.
#[derive(Debug, PartialEq)]
pub enum Ran {
    Rows(Vec<Row>),
    /// Calls are noted in the effects; run the row again when they are answered.
    Waiting,
}

impl Stream<'_> {
    /// Runs one row as far as the answers known so far allow.
    pub fn run(&self, row: &Row, effects: &mut Effects) -> Ran {
        // As a rule a row becomes one.
        let mut rows = Vec::with_capacity(1);
        let mut runner = Runner { stream: self, effects, rows: &mut rows, waiting: false };
        runner.from(0, State::new(row, self.appended()));
        if runner.waiting { Ran::Waiting } else { Ran::Rows(rows) }
    }

    fn step(&self, at: usize) -> Option<&Step> {
        self.node.steps.get(self.steps.start + at).filter(|_| self.steps.start + at < self.steps.end)
    }

    /// How many values its steps append to a row at most.
    fn appended(&self) -> usize {
        let steps = self.node.steps.get(self.steps.clone()).unwrap_or_default();
        steps.iter().map(|step| appended(&step.kind)).sum()
    }

    /// What an expression comes to for a row that failed: missing where that can't be said, and
    /// where saying it would take a call.
    fn known(&self, at: usize, step: &Step, state: &State, expr: &Expr) -> Value {
        self.scope(at, step, state, &mut Effects::default()).eval(expr).unwrap_or(Value::Missing)
    }

    pub fn scope<'s>(
        &'s self,
        at: usize,
        step: &'s Step,
        state: &'s State,
        effects: &'s mut Effects,
    ) -> Scope<'s> {
        let draw = self.draws.get(at).copied().unwrap_or(0);
        let mut scope = Scope::new(self.ground, self.node.kind, step, draw, state.id, &state.values, effects);
        scope.failure = state.failure.as_ref().map(|failure| failure.reason);
        scope.pending = &state.pending;
        scope.path.push(at as u32);
        scope.path.extend_from_slice(&state.path);
        scope.rooted = scope.path.len();
        scope
    }
}

/// The way of one row, with all its branches.
pub(super) struct Runner<'a> {
    pub(super) stream: &'a Stream<'a>,
    pub(super) effects: &'a mut Effects,
    rows: &'a mut Vec<Row>,
    pub(super) waiting: bool,
}

impl Runner<'_> {
    pub(super) fn from(&mut self, at: usize, mut state: State) {
        let stream = self.stream;
        let Some(step) = stream.step(at) else {
            if state.pending.is_empty() {
                self.rows.push(Row { id: state.id, values: state.values, failure: state.failure });
            } else {
                self.waiting = true;
            }
            return;
        };
        match &step.kind {
            StepKind::Project(slots) => {
                let failure = state.failure.take();
                let missing = slots.iter().any(|slot| state.pending.contains(&slot.0));
                if missing || !state.pending.is_empty() {
                    self.waiting = true;
                    return;
                }
                let values = slots.iter().map(|slot| state.values.get(slot.0 as usize).cloned());
                state.values = values.map(|value| value.unwrap_or(Value::Missing)).collect();
                state.failure = failure;
                self.from(at + 1, state);
            }
            StepKind::Verdict(verdict) => self.verdict(at, step, verdict, state),
            StepKind::Repaired { of, spread } => self.repaired(at, *of, *spread, state),
            // Where it comes from is known of a failed row too: it is counted where it belongs.
            kind if kind.carries_identity() => {
                state.values.push(Value::Id(state.id));
                self.from(at + 1, state);
            }
            _ if state.failure.is_some() => self.failed(at, step, state),
            StepKind::Key(slots) => {
                if slots.iter().any(|slot| state.pending.contains(&slot.0)) {
                    self.waiting = true;
                    return;
                }
                let values: Vec<&Value> =
                    slots.iter().filter_map(|slot| state.values.get(slot.0 as usize)).collect();
                state.id = identity::keyed(&values);
                self.from(at + 1, state);
            }
            StepKind::Where(condition) => {
                match stream.scope(at, step, &state, self.effects).eval(condition) {
                    Ok(Value::Bool(true)) => self.from(at + 1, state),
                    Ok(Value::Bool(false)) => {}
                    Ok(_) => self.halted(at, state, 0, Halt::undefined("the condition has no value")),
                    Err(halt) => self.halted(at, state, 0, halt),
                }
            }
            StepKind::Let(value) => {
                let result = stream.scope(at, step, &state, self.effects).eval(value);
                match result {
                    Ok(value) => {
                        state.values.push(value);
                        self.from(at + 1, state);
                    }
                    Err(Halt::Waiting) => {
                        state.pending.push(state.values.len() as u32);
                        state.values.push(Value::Missing);
                        self.waiting = true;
                        self.from(at + 1, state);
                    }
                    Err(halt) => self.halted(at, state, 1, halt),
                }
            }
            StepKind::Explode { list } | StepKind::Cross { list } => {
                let by_value = matches!(step.kind, StepKind::Cross { .. });
                let result = stream.scope(at, step, &state, self.effects).eval(list);
                match result {
                    Ok(Value::List(items)) => self.spread(at, &state, &items, by_value),
                    Ok(_) => {
                        let message = "there is no list to make rows of";
                        self.halted(at, state, 1, Halt::undefined(message));
                    }
                    Err(halt) => self.halted(at, state, 1, halt),
                }
            }
            StepKind::Repeat { count } => self.repeat(at, &state, *count),
            StepKind::Unbatch { list, columns } => self.unbatch(at, &state, list.0, *columns),
            StepKind::Search { .. } | StepKind::Fetch { .. } => self.retrieve(at, step, state),
            StepKind::Vary(vary) => self.vary(at, step, vary, state),
            StepKind::Query(query) => self.query(at, step, query, state),
            // These begin units of their own.
            StepKind::Read(_)
            | StepKind::Rows { .. }
            | StepKind::Listed { .. }
            | StepKind::Join { .. }
            | StepKind::Union { .. }
            | StepKind::Group { .. }
            | StepKind::Sample { .. }
            | StepKind::Dedup(_)
            | StepKind::Order { .. }
            | StepKind::Batch { .. }
            | StepKind::Labels { .. }
            | StepKind::Measure(_) => self.from(at + 1, state),
        }
    }

    /// A row that failed goes on as far as it is known: it is counted where it would have stood. It
    /// asks nobody, and what can't be known of it is missing.
    fn failed(&mut self, at: usize, step: &Step, mut state: State) {
        match &step.kind {
            StepKind::Where(condition) => {
                if self.stream.known(at, step, &state, condition) != Value::Bool(false) {
                    self.from(at + 1, state);
                }
            }
            StepKind::Let(value) => {
                let value = self.stream.known(at, step, &state, value);
                state.values.push(value);
                self.from(at + 1, state);
            }
            StepKind::Explode { list } | StepKind::Cross { list } => {
                match self.stream.known(at, step, &state, list) {
                    Value::List(items) => {
                        self.spread(at, &state, &items, matches!(step.kind, StepKind::Cross { .. }));
                    }
                    _ => {
                        state.pad(1);
                        self.from(at + 1, state);
                    }
                }
            }
            StepKind::Repeat { count } => self.repeat(at, &state, *count),
            StepKind::Query(query) => self.unasked(at, query, &state),
            kind => {
                state.pad(appended(kind));
                self.from(at + 1, state);
            }
        }
    }

    /// What was repaired in the answers to the step before. A row that failed otherwise than for
    /// want of a verdict has no answer to speak of.
    fn repaired(&mut self, at: usize, of: Slot, spread: bool, mut state: State) {
        let is_awaited = state.pending.contains(&of.0);
        if is_awaited {
            state.pending.push(state.values.len() as u32);
            self.waiting = true;
        }
        let lost = state.failure.as_ref().is_some_and(|failure| failure.reason != Reason::Missing);
        state.values.push(if is_awaited || lost {
            Value::Missing
        } else {
            // Rows made of one row's answers share them.
            let shared = state.path.len().saturating_sub(usize::from(spread));
            let asked = at.saturating_sub(1) as u32;
            let place: Path = [asked].into_iter().chain(state.path[..shared].iter().copied()).collect();
            let repairs = self.effects.mended_within(&place);
            Value::list(repairs.into_iter().map(|repair| Value::text(repair.label())))
        });
        self.from(at + 1, state);
    }

    fn repeat(&mut self, at: usize, state: &State, count: u64) {
        for number in 0..count {
            let mut branch = state.branch(number as u32, "repeat", &number.to_le_bytes());
            branch.values.push(Value::Int(number as i64));
            self.from(at + 1, branch);
        }
    }

    /// A step that ended without values for the row.
    pub(super) fn halted(&mut self, at: usize, mut state: State, appends: usize, halt: Halt) {
        match halt {
            Halt::Waiting => self.waiting = true,
            Halt::Drop => {}
            Halt::Fail(failure) => {
                state.fail(*failure);
                state.pad(appends);
                self.from(at + 1, state);
            }
        }
    }

    fn spread(&mut self, at: usize, state: &State, items: &Arc<[Value]>, by_value: bool) {
        for (place, item) in items.iter().enumerate() {
            let mut branch = if by_value {
                let mut hasher = Hasher::new("tgp.cross.v1");
                hash_value(item, &mut hasher);
                state.branch(place as u32, "cross", &hasher.finish().0)
            } else {
                state.branch(place as u32, "explode", &(place as u64).to_le_bytes())
            };
            branch.values.push(item.clone());
            self.from(at + 1, branch);
        }
    }

    fn unbatch(&mut self, at: usize, state: &State, list: u32, columns: u32) {
        let Some(Value::List(items)) = state.values.get(list as usize) else { return };
        for (place, item) in items.iter().enumerate() {
            let mut branch = state.branch(place as u32, "unbatch", &(place as u64).to_le_bytes());
            branch.values = match item {
                Value::Record(fields) => fields.to_vec(),
                _ => Vec::new(),
            };
            branch.values.resize(columns as usize, Value::Missing);
            self.from(at + 1, branch);
        }
    }
}

/// How many slots a step appends.
fn appended(step: &StepKind) -> usize {
    match step {
        StepKind::Let(_)
        | StepKind::Explode { .. }
        | StepKind::Cross { .. }
        | StepKind::Repeat { .. }
        | StepKind::Repaired { .. }
        | StepKind::Search { .. }
        | StepKind::Fetch { .. } => 1,
        StepKind::Vary(_) => 2,
        StepKind::Query(query) => super::query::columns(query),
        StepKind::Verdict(verdict) => super::verdict::columns(verdict),
        _ => 0,
    }
}

/// A verdict that a row has not.
pub(super) fn no_verdict() -> Failure {
    Failure {
        reason: Reason::Missing,
        message: "a verdict has no value".into(),
        attempts: 0,
        excerpt: "".into(),
    }
}
