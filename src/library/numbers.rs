//! Natives over numbers.

use crate::data::order::order_floats;
use crate::data::value::Value;

use super::call::{Answer, Call, Undefined};

pub(super) fn abs(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(call.float(0)?.abs()))
}

/// Halves are rounded away from nought.
pub(super) fn round(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.round())
}

/// To so many decimals as text has them: the nearest of the numbers that are written with so
/// many.
pub(super) fn round_to(call: &mut Call<'_>) -> Answer {
    const MOST: usize = 300;
    let (float, decimals) = (call.float(0)?, call.count(1)?.min(MOST));
    Ok(Value::Float(format!("{float:.decimals$}").parse().unwrap_or(float)))
}

pub(super) fn floor(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.floor())
}

pub(super) fn ceiling(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.ceil())
}

pub(super) fn sqrt(call: &mut Call<'_>) -> Answer {
    Ok(finite(call.float(0)?.sqrt()))
}

pub(super) fn log(call: &mut Call<'_>) -> Answer {
    Ok(finite(call.float(0)?.ln()))
}

pub(super) fn smaller(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.float(0)?, call.float(1)?);
    Ok(Value::Float(if order_floats(b, a).is_lt() { b } else { a }))
}

pub(super) fn larger(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.float(0)?, call.float(1)?);
    Ok(Value::Float(if order_floats(b, a).is_gt() { b } else { a }))
}

/// The sum of the numbers that are there.
pub(super) fn sum_of(call: &mut Call<'_>) -> Answer {
    Ok(Value::Float(call.present_floats(0)?.iter().sum()))
}

/// The mean of the numbers that are there; missing where none is.
pub(super) fn mean_of(call: &mut Call<'_>) -> Answer {
    let numbers = call.present_floats(0)?;
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    Ok(if numbers.is_empty() { Value::Missing } else { Value::Float(mean) })
}

/// The smallest of the numbers that are there; missing where none is.
pub(super) fn min_of(call: &mut Call<'_>) -> Answer {
    let smallest = call.present_floats(0)?.into_iter().min_by(|a, b| order_floats(*a, *b));
    Ok(smallest.map_or(Value::Missing, Value::Float))
}

/// The largest of the numbers that are there; missing where none is.
pub(super) fn max_of(call: &mut Call<'_>) -> Answer {
    let largest = call.present_floats(0)?.into_iter().max_by(|a, b| order_floats(*a, *b));
    Ok(largest.map_or(Value::Missing, Value::Float))
}

fn int(float: f64) -> Answer {
    // 2^63 itself is a float and not an int.
    let fits = (-(2f64.powi(63))..2f64.powi(63)).contains(&float);
    if fits {
        Ok(Value::Int(float as i64))
    } else {
        Err(Undefined(format!("{float} is too large for an int")))
    }
}

fn finite(float: f64) -> Value {
    if float.is_finite() { Value::Float(float) } else { Value::Missing }
}
