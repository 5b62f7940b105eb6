//! Natives over lists, and over texts and conversations where they are sequences.

use std::collections::BTreeSet;

use crate::data::order::order_values;
use crate::data::value::Value;

use super::call::{Answer, Call, Undefined, same};

/// The longest list that `range` gives.
const LONGEST: usize = 1_000_000;

/// Characters of a text, elements of a list, messages of a conversation.
pub(super) fn length(call: &mut Call<'_>) -> Answer {
    let length = match call.argument(0)? {
        Value::Text(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Turns(turns) => turns.len(),
        _ => return Err(Undefined("only texts, lists and conversations have a length".to_owned())),
    };
    Ok(Value::Int(length as i64))
}

pub(super) fn is_empty(call: &mut Call<'_>) -> Answer {
    length(call).map(|length| Value::Bool(length == Value::Int(0)))
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

pub(super) fn take(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().take(call.count(1)?).cloned()))
}

pub(super) fn skip(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().skip(call.count(1)?).cloned()))
}

pub(super) fn reverse(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().rev().cloned()))
}

pub(super) fn sort(call: &mut Call<'_>) -> Answer {
    let mut items = call.list(0)?.to_vec();
    items.sort_by(order_values);
    Ok(Value::List(items.into()))
}

/// Each value once, where it stood first.
pub(super) fn distinct(call: &mut Call<'_>) -> Answer {
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

pub(super) fn flatten(call: &mut Call<'_>) -> Answer {
    let mut flat = Vec::new();
    for item in call.list(0)?.iter() {
        match item {
            Value::List(items) => flat.extend(items.iter().cloned()),
            Value::Missing => {}
            _ => return Err(Undefined("only a list of lists can be flattened".to_owned())),
        }
    }
    Ok(Value::List(flat.into()))
}

/// Where the value stands first; missing where it doesn't.
pub(super) fn index_of(call: &mut Call<'_>) -> Answer {
    let (items, wanted) = (call.list(0)?, call.argument(1)?);
    let place = items.iter().position(|item| same(item, wanted));
    Ok(place.map_or(Value::Missing, |place| Value::Int(place as i64)))
}

/// The numbers from 0 to one below.
pub(super) fn range(call: &mut Call<'_>) -> Answer {
    match call.count(0)? {
        count if count > LONGEST => Err(Undefined(format!("a range has at most {LONGEST} numbers"))),
        count => Ok(Value::list((0..count as i64).map(Value::Int))),
    }
}

/// The value that stands most often; of several such, the one that stands first. Missing values
/// don't count.
pub(super) fn most_common(call: &mut Call<'_>) -> Answer {
    let items: Vec<&Value> = call.list(0)?.iter().filter(|item| !item.is_missing()).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| order_values(items[*a], items[*b]));
    let often = order
        .chunk_by(|a, b| same(items[*a], items[*b]))
        .filter_map(|equal| Some((equal.len(), std::cmp::Reverse(*equal.first()?))))
        .max();
    Ok(often.map_or(Value::Missing, |(_, std::cmp::Reverse(place))| items[place].clone()))
}

/// Values that are there, in their order.
pub(super) fn present(call: &mut Call<'_>) -> Answer {
    Ok(Value::list(call.list(0)?.iter().filter(|item| !item.is_missing()).cloned()))
}
