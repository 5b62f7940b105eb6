//! Natives over numbers.

use crate::data::order::order_values;
use crate::data::value::Value;

use super::call::{Answer, Call, Undefined, number};

pub(super) fn abs(call: &mut Call<'_>) -> Answer {
    match call.argument(0)? {
        Value::Int(int) => int.checked_abs().map(Value::Int).ok_or_else(too_large),
        _ => Ok(Value::Float(call.float(0)?.abs())),
    }
}

/// Halves are rounded away from nought.
pub(super) fn round(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.round())
}

pub(super) fn floor(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.floor())
}

pub(super) fn ceiling(call: &mut Call<'_>) -> Answer {
    int(call.float(0)?.ceil())
}

pub(super) fn sqrt(call: &mut Call<'_>) -> Answer {
    finite(call.float(0)?.sqrt(), "square root")
}

pub(super) fn log(call: &mut Call<'_>) -> Answer {
    finite(call.float(0)?.ln(), "logarithm")
}

pub(super) fn exp(call: &mut Call<'_>) -> Answer {
    finite(call.float(0)?.exp(), "exponential")
}

pub(super) fn power(call: &mut Call<'_>) -> Answer {
    finite(call.float(0)?.powf(call.float(1)?), "power")
}

pub(super) fn smaller(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.argument(0)?, call.argument(1)?);
    Ok(if order_values(b, a).is_lt() { b.clone() } else { a.clone() })
}

pub(super) fn larger(call: &mut Call<'_>) -> Answer {
    let (a, b) = (call.argument(0)?, call.argument(1)?);
    Ok(if order_values(b, a).is_gt() { b.clone() } else { a.clone() })
}

/// The smallest of the values that are there; missing where none is.
pub(super) fn smallest(call: &mut Call<'_>) -> Answer {
    let present = call.list(0)?.iter().filter(|item| !item.is_missing());
    Ok(present.min_by(|a, b| order_values(a, b)).cloned().unwrap_or(Value::Missing))
}

/// The largest of the values that are there; missing where none is.
pub(super) fn largest(call: &mut Call<'_>) -> Answer {
    let present = call.list(0)?.iter().filter(|item| !item.is_missing());
    Ok(present.max_by(|a, b| order_values(a, b)).cloned().unwrap_or(Value::Missing))
}

/// Of ints an int. Missing values don't count.
pub(super) fn sum(call: &mut Call<'_>) -> Answer {
    let items = call.list(0)?;
    if items.iter().any(|item| matches!(item, Value::Float(_)))
        || *call.element_kind(0).present() == crate::data::types::Type::Float
    {
        return Ok(Value::Float(items.iter().filter_map(number).sum()));
    }
    let add = |sum: i64, item: &Value| match item {
        Value::Int(int) => sum.checked_add(*int),
        _ => Some(sum),
    };
    items.iter().try_fold(0, add).map(Value::Int).ok_or_else(too_large)
}

/// Missing where there is nothing to take the mean of. Missing values don't count.
pub(super) fn mean(call: &mut Call<'_>) -> Answer {
    let numbers: Vec<f64> = call.list(0)?.iter().filter_map(number).collect();
    Ok(match numbers.len() {
        0 => Value::Missing,
        count => Value::Float(numbers.iter().sum::<f64>() / count as f64),
    })
}

fn int(float: f64) -> Answer {
    // 2^63 itself is a float and not an int.
    if (-(2f64.powi(63))..2f64.powi(63)).contains(&float) {
        Ok(Value::Int(float as i64))
    } else {
        Err(too_large())
    }
}

fn finite(float: f64, what: &str) -> Answer {
    if float.is_finite() {
        Ok(Value::Float(float))
    } else {
        Err(Undefined(format!("there is no such {what}")))
    }
}

fn too_large() -> Undefined {
    Undefined("the number is too large for an int".to_owned())
}
