//! Natives that draw at random, each from the stream of its own place in the program.

use crate::data::value::Value;
use crate::text::cut;

use super::call::{Answer, Call, Undefined, same};

pub(super) fn choose(call: &mut Call<'_>) -> Answer {
    let items = call.list(0)?;
    let chosen = call.stream()?.choose(items).cloned();
    chosen.ok_or_else(|| Undefined("there is nothing to choose from in an empty list".to_owned()))
}

pub(super) fn shuffle(call: &mut Call<'_>) -> Answer {
    let mut items = call.list(0)?.to_vec();
    call.stream()?.shuffle(&mut items);
    Ok(Value::List(items.into()))
}

/// So many different elements, in the order of the list; all where it has no more.
pub(super) fn choose_some(call: &mut Call<'_>) -> Answer {
    let (items, count) = (call.list(0)?, call.count(1)?);
    let places = call.stream()?.distinct(count, items.len());
    Ok(Value::list(places.into_iter().map(|place| items[place].clone())))
}

pub(super) fn chance(call: &mut Call<'_>) -> Answer {
    let share = call.float(0)?;
    Ok(Value::Bool(call.stream()?.chance(share)))
}

/// From the first number to the second, both among them.
pub(super) fn random_int(call: &mut Call<'_>) -> Answer {
    let (low, high) = (call.int(0)?, call.int(1)?);
    if high < low {
        return Err(Undefined(format!("there is no number from {low} to {high}")));
    }
    let drawn = match high.wrapping_sub(low).cast_unsigned().checked_add(1) {
        Some(count) => call.stream()?.below(count),
        None => call.stream()?.next_u64(),
    };
    Ok(Value::Int(low.wrapping_add(drawn.cast_signed())))
}

/// `{ options, gold, position }`: the options in random order and where the gold now stands.
pub(super) fn shuffled(call: &mut Call<'_>) -> Answer {
    let gold = call.argument(1)?;
    let mut options = call.list(0)?.to_vec();
    call.stream()?.shuffle(&mut options);
    let place = options.iter().position(|option| same(option, gold));
    let place = place.ok_or_else(|| Undefined("the gold answer is none of the options".to_owned()))?;
    Ok(Value::Record([Value::List(options.into()), gold.clone(), Value::Int(place as i64)].into()))
}

/// `{ first, second }`
pub(super) fn cut_in_two(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let (first, second) = cut::cut_in_two(text, call.stream()?);
    Ok(Value::Record([Value::text(first), Value::text(second)].into()))
}
