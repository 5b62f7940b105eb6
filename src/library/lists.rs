//! Natives over lists.

use std::collections::BTreeSet;

use crate::data::order::order_values;
use crate::data::value::Value;

use super::call::{Answer, Call, Undefined, same};

/// The longest list that `range` gives.
const LONGEST: i128 = 1_000_000;

pub(super) fn length(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.list(0)?.len() as i64))
}

pub(super) fn first(call: &mut Call<'_>) -> Answer {
    end(call, <[Value]>::first)
}

pub(super) fn last(call: &mut Call<'_>) -> Answer {
    end(call, <[Value]>::last)
}

fn end(call: &Call<'_>, end: fn(&[Value]) -> Option<&Value>) -> Answer {
    end(call.list(0)?)
        .cloned()
        .ok_or_else(|| Undefined("an empty list has neither first nor last".to_owned()))
}

/// The element at a place, from 0, negative from the end; missing where there is none.
pub(super) fn at(call: &mut Call<'_>) -> Answer {
    let (items, place) = (call.list(0)?, call.int(1)?);
    let place = if place < 0 { (items.len() as i64).checked_add(place) } else { Some(place) };
    let item = place.and_then(|place| items.get(usize::try_from(place).ok()?));
    Ok(item.cloned().unwrap_or(Value::Missing))
}

pub(super) fn take_first(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().take(call.count(1)?).cloned()))
}

pub(super) fn reverse(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().rev().cloned()))
}

/// Each value once, where it stood first.
pub(super) fn unique(call: &mut Call<'_>) -> Answer {
    let items = call.list(0)?;
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| order_values(&items[*a], &items[*b]));
    let firsts: BTreeSet<usize> = order
        .chunk_by(|a, b| same(&items[*a], &items[*b]))
        .filter_map(|equal| equal.first().copied())
        .collect();
    Ok(Value::list(firsts.into_iter().map(|place| items[place].clone())))
}

pub(super) fn concatenate(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().chain(call.list(1)?.iter()).cloned()))
}

/// Records of an element of each, as far as the shorter list goes.
pub(super) fn zip(call: &mut Call<'_>) -> Answer {
    let pairs = call.list(0)?.iter().zip(call.list(1)?.iter());
    Ok(Value::list(pairs.map(|(one, other)| Value::Record([one.clone(), other.clone()].into()))))
}

/// The numbers from one to before another.
pub(super) fn range(call: &mut Call<'_>) -> Answer {
    let (start, end) = (call.int(0)?, call.int(1)?);
    match i128::from(end) - i128::from(start) {
        count if count > LONGEST => Err(Undefined(format!("a range has at most {LONGEST} numbers"))),
        _ => Ok(Value::list((start..end).map(Value::Int))),
    }
}

/// Values that are there, in their order.
pub(super) fn present(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().filter(|item| !item.is_missing()).cloned()))
}
