//! `judge`: a verdict on each row.

use std::sync::Arc;

use crate::check::program::{Expr, Local, Step, Verdict};
use crate::data::order::order_values;
use crate::data::row::Reason;
use crate::data::value::Value;
use crate::eval::effects::Asked;
use crate::eval::halt::{Evaluated, Halt};
use crate::eval::operator::{equal, number};
use crate::eval::scope::Scope;
use crate::syntax::tree::{CompareOrder, Vote};

use super::state::State;
use super::stream::{Runner, no_verdict};

/// How many slots a verdict appends.
pub fn columns(verdict: &Verdict) -> usize {
    1 + usize::from(votes(verdict))
}

/// Whether each judge's own verdict is kept beside the joint one.
pub fn votes(verdict: &Verdict) -> bool {
    verdict.vote.is_some()
}

impl Runner<'_> {
    pub(super) fn verdict(&mut self, at: usize, step: &Step, verdict: &Verdict, mut state: State) {
        let judges = self.judges(verdict);
        let result = {
            let mut scope = self.stream.scope(at, step, &state, self.effects);
            match settled(&mut scope, verdict) {
                Ok(Some(value)) => Ok((value, Value::list([]))),
                // A row that failed has no verdict but one that `when` gives it.
                Ok(None)
                    if state.failure.as_ref().is_some_and(|failure| failure.reason != Reason::Missing) =>
                {
                    state.pad(columns(verdict));
                    return self.from(at + 1, state);
                }
                Ok(None) => joint(&mut scope, verdict, &judges),
                Err(halt) => Err(halt),
            }
        };
        match result {
            Ok((value, each)) => {
                match (value.is_missing(), &state.failure) {
                    (true, None) => state.fail(no_verdict()),
                    // What failed before has its verdict now, and is whole again.
                    (false, Some(failure)) if failure.reason != Reason::Missing => state.failure = None,
                    _ => {}
                }
                state.values.push(value);
                if votes(verdict) {
                    state.values.push(each);
                }
                self.from(at + 1, state);
            }
            Err(Halt::Waiting) => {
                // Other verdicts of the row can be worked out meanwhile.
                self.waiting = true;
                for _ in 0..columns(verdict) {
                    state.pending.push(state.values.len() as u32);
                    state.values.push(Value::Missing);
                }
                self.from(at + 1, state);
            }
            Err(halt) => self.halted(at, state, columns(verdict), halt),
        }
    }

    fn judges(&self, verdict: &Verdict) -> Vec<Asked> {
        let models = &self.stream.ground.program.models;
        let bound = verdict.judges.iter().filter_map(|id| Some((*id, models.get(id.0 as usize)?)));
        bound
            .flat_map(|(model, declared)| {
                (0..declared.bindings.len() as u32).map(move |binding| Asked { model, binding })
            })
            .collect()
    }
}

/// What a `when` settles without asking.
fn settled(scope: &mut Scope<'_>, verdict: &Verdict) -> Evaluated<Option<Value>> {
    for (condition, value) in &verdict.when {
        if scope.holds(condition)? {
            return scope.eval(value).map(Some);
        }
    }
    Ok(None)
}

/// The verdict of all judges together, and each one's.
fn joint(scope: &mut Scope<'_>, verdict: &Verdict, judges: &[Asked]) -> Evaluated<(Value, Value)> {
    let Some(vote) = verdict.vote else {
        scope.judge = judges.first().copied();
        return Ok((single(scope, verdict)?, Value::Missing));
    };
    let mut given = Vec::new();
    let mut waiting = false;
    for (place, judge) in judges.iter().enumerate() {
        scope.judge = Some(*judge);
        match scope.at(place as u32, |scope| single(scope, verdict)) {
            Ok(value) => given.push((*judge, value)),
            Err(Halt::Waiting) => waiting = true,
            // One judge without an answer leaves the others their vote.
            Err(Halt::Fail(_)) => given.push((*judge, Value::Missing)),
            Err(halt) => return Err(halt),
        }
    }
    if waiting {
        return Err(Halt::Waiting);
    }
    let each = given.iter().map(|(judge, value)| {
        let name = scope.ground.binding(*judge).map(|binding| binding.name.clone()).unwrap_or_default();
        Value::Record([Value::Text(name), value.clone()].into())
    });
    let each = Value::list(each);
    let votes: Vec<Value> = given.into_iter().map(|(_, value)| value).collect();
    Ok((tally(vote, &votes), each))
}

/// What several verdicts come to; missing where they come to nothing.
fn tally(vote: Vote, votes: &[Value]) -> Value {
    let present: Vec<&Value> = votes.iter().filter(|value| !value.is_missing()).collect();
    match vote {
        Vote::Majority => {
            let count = |value: &Value| present.iter().filter(|other| equal(value, other)).count();
            let winner = present.iter().find(|value| 2 * count(value) > present.len());
            winner.map_or(Value::Missing, |value| (*value).clone())
        }
        Vote::Unanimous => match present.first() {
            Some(first)
                if present.len() == votes.len() && present.iter().all(|value| equal(first, value)) =>
            {
                (*first).clone()
            }
            _ => Value::Missing,
        },
        Vote::Mean => {
            let mut numbers: Vec<f64> = present.iter().filter_map(|value| number(value)).collect();
            numbers.sort_by(f64::total_cmp);
            if numbers.is_empty() {
                Value::Missing
            } else {
                Value::Float(numbers.iter().sum::<f64>() / numbers.len() as f64)
            }
        }
    }
}

/// One judge's verdict.
fn single(scope: &mut Scope<'_>, verdict: &Verdict) -> Evaluated {
    let Some(compare) = &verdict.compare else { return value(scope, verdict) };
    let pair = scope.all(&[compare.first.clone(), compare.second.clone()])?;
    let [first, second] = pair.as_slice() else { return Ok(Value::Missing) };
    match compare.order {
        CompareOrder::Random => {
            let swapped = scope.stream("compare", 0).chance(0.5);
            shown(scope, verdict, first, second, swapped)
        }
        CompareOrder::Both => {
            let straight = scope.at(0, |scope| shown(scope, verdict, first, second, false));
            let swapped = scope.at(1, |scope| shown(scope, verdict, first, second, true));
            match (straight, swapped) {
                (Ok(straight), Ok(swapped)) if equal(&straight, &swapped) => Ok(straight),
                // A judge that changes its mind with the order sees no difference.
                (Ok(straight), Ok(swapped)) if !straight.is_missing() && !swapped.is_missing() => {
                    Ok(Value::text("tie"))
                }
                (Ok(_), Ok(_)) => Ok(Value::Missing),
                (Err(Halt::Waiting), _) | (_, Err(Halt::Waiting)) => Err(Halt::Waiting),
                (Err(halt), _) | (_, Err(halt)) => Err(halt),
            }
        }
    }
}

/// A comparison with the two shown in this order or the other; the verdict is turned back.
fn shown(
    scope: &mut Scope<'_>,
    verdict: &Verdict,
    first: &Value,
    second: &Value,
    swapped: bool,
) -> Evaluated {
    let (a, b) = if swapped { (second, first) } else { (first, second) };
    scope.set(Local(0), a.clone());
    scope.set(Local(1), b.clone());
    let given = value(scope, verdict)?;
    Ok(match &given {
        Value::Text(label) if swapped && &**label == "first" => Value::text("second"),
        Value::Text(label) if swapped && &**label == "second" => Value::text("first"),
        _ => given,
    })
}

fn value(scope: &mut Scope<'_>, verdict: &Verdict) -> Evaluated {
    let ways: Vec<&Expr> = std::iter::once(&verdict.value).chain(&verdict.otherwise).collect();
    for (place, way) in ways.into_iter().enumerate() {
        let given = scope.at(place as u32, |scope| scope.eval(way))?;
        if !given.is_missing() {
            return Ok(given);
        }
    }
    Ok(Value::Missing)
}

/// Orders verdicts for tables of agreement.
pub fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    order_values(a, b)
}

/// The label a judge's verdict reads as.
pub fn label(value: &Value) -> Arc<str> {
    match value {
        Value::Text(label) => label.clone(),
        other => format!("{other:?}").into(),
    }
}
