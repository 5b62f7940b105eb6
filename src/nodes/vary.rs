//! `vary`: a row for each way of asking.

use crate::check::program::{Slot, Step, Variation, Vary};
use crate::data::value::{Turn, Value};
use crate::eval::halt::{Evaluated, Halt};
use crate::eval::scope::Scope;

use super::state::State;
use super::stream::Runner;

/// The variant of a row that is as it was.
pub const ORIGINAL: &str = "original";

impl Runner<'_> {
    pub(super) fn vary(&mut self, at: usize, step: &Step, vary: &Vary, state: State) {
        if vary.on.iter().any(|(slot, _)| state.pending.contains(&slot.0)) {
            self.waiting = true;
            return;
        }
        let original = vary.keep_original.then_some(None);
        let mut candidates: Vec<Option<(usize, &Variation)>> =
            original.into_iter().chain(vary.variations.iter().enumerate().map(Some)).collect();
        if vary.one {
            let mut stream = self.stream.scope(at, step, &state, self.effects).stream("one of", 0);
            let chosen = stream.below(candidates.len().max(1) as u64) as usize;
            candidates = candidates.into_iter().skip(chosen).take(1).collect();
        }
        for candidate in candidates {
            let name = candidate.map_or(ORIGINAL, |(_, variation)| &*variation.name);
            let number = candidate.map_or(0, |(place, _)| place as u32 + 1);
            let mut branch = state.branch(number, "vary", name.as_bytes());
            let changed = match candidate {
                None => Ok(()),
                Some((_, variation)) => {
                    // Draws go by the origin's identity and by the variation's name.
                    let mut scope = self.stream.scope(at, step, &branch, self.effects);
                    apply(&mut scope, vary, variation).map(|values| branch.values = values)
                }
            };
            branch.values.truncate(state.values.len());
            let origin = std::iter::once(Value::Id(state.id)).chain(
                vary.origin
                    .iter()
                    .map(|slot| state.values.get(slot.0 as usize).cloned().unwrap_or(Value::Missing)),
            );
            let origin = Value::Record(origin.collect());
            branch.values.push(Value::text(name));
            branch.values.push(origin);
            match changed {
                Ok(()) => self.from(at + 1, branch),
                // The variation's name stays on the row that failed.
                Err(halt) => self.halted(at, branch, 0, halt),
            }
        }
    }
}

/// The row's values after one variation of everything it is on.
fn apply(scope: &mut Scope<'_>, vary: &Vary, variation: &Variation) -> Evaluated<Vec<Value>> {
    let mut values = scope.row.to_vec();
    for (target, (slot, element)) in vary.on.iter().enumerate() {
        let element = element.as_ref().map(|element| scope.eval(element)).transpose()?;
        let old = pick(&values, *slot, element.as_ref())?;
        scope.set(crate::check::program::Local(0), old);
        let gold = vary.gold.map(|gold| scope.slot(gold)).unwrap_or(Value::Missing);
        scope.set(crate::check::program::Local(1), gold);
        let result = scope.at(target as u32, |scope| scope.eval(&variation.value))?;
        let new = match (variation.rewrites_gold, result) {
            (true, Value::Record(fields)) => {
                if let (Some(slot), Some(gold)) = (vary.gold, fields.get(1)) {
                    values[slot.0 as usize] = gold.clone();
                }
                fields.first().cloned().unwrap_or(Value::Missing)
            }
            (_, value) => value,
        };
        if new.is_missing() {
            return Err(Halt::undefined("the variation has no value"));
        }
        put(&mut values, *slot, element.as_ref(), new);
    }
    Ok(values)
}

fn place(length: usize, element: &Value) -> Option<usize> {
    match element {
        Value::Int(at) if *at < 0 => length.checked_sub(at.unsigned_abs() as usize),
        Value::Int(at) => usize::try_from(*at).ok().filter(|at| *at < length),
        _ => None,
    }
}

fn pick(values: &[Value], slot: Slot, element: Option<&Value>) -> Evaluated {
    let whole = values.get(slot.0 as usize).cloned().unwrap_or(Value::Missing);
    let Some(element) = element else { return Ok(whole) };
    let part = match &whole {
        Value::List(items) => place(items.len(), element).map(|at| items[at].clone()),
        Value::Turns(turns) => place(turns.len(), element).map(|at| Value::Text(turns[at].text.clone())),
        _ => None,
    };
    part.ok_or_else(|| Halt::undefined("there is no such element to vary"))
}

fn put(values: &mut [Value], slot: Slot, element: Option<&Value>, new: Value) {
    let Some(whole) = values.get_mut(slot.0 as usize) else { return };
    *whole = match (&*whole, element) {
        (Value::List(items), Some(element)) => {
            let mut items = items.to_vec();
            if let Some(at) = place(items.len(), element) {
                items[at] = new;
            }
            Value::List(items.into())
        }
        (Value::Turns(turns), Some(element)) => {
            let mut turns: Vec<Turn> = turns.to_vec();
            if let (Some(at), Value::Text(text)) = (place(turns.len(), element), new) {
                turns[at].text = text;
            }
            Value::Turns(turns.into())
        }
        _ => new,
    };
}
