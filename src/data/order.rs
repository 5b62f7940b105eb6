//! One total order over values, for `order by`, `min`, `max`, groups and sets.

use std::cmp::Ordering;

use super::codec::canonical_bits;
use super::value::{Image, Turn, Value};

/// Numbers by size, texts by code points, dates by time, lists and records by their first
/// difference; `missing` comes last, and NaN after every other float. Values of different kinds,
/// which one column never holds, are ordered by kind.
///
/// Says equal exactly when [`super::codec::encode_value`] gives the same bytes.
pub fn order_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => order_floats(*a, *b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Image(a), Value::Image(b)) => order_images(a, b),
        (Value::Json(a), Value::Json(b)) => order_json(a, b),
        (Value::Turns(a), Value::Turns(b)) => sequence(a, b, order_turns),
        (Value::List(a), Value::List(b)) | (Value::Record(a), Value::Record(b)) => {
            sequence(a, b, order_values)
        }
        (Value::Id(a), Value::Id(b)) => a.cmp(b),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

/// Floats by size, -0 before 0, every NaN the same and last.
pub fn order_floats(a: f64, b: f64) -> Ordering {
    f64::from_bits(canonical_bits(a)).total_cmp(&f64::from_bits(canonical_bits(b)))
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) => 1,
        Value::Float(_) => 2,
        Value::Date(_) => 3,
        Value::Text(_) => 4,
        Value::Id(_) => 5,
        Value::Image(_) => 6,
        Value::Json(_) => 7,
        Value::Turns(_) => 8,
        Value::List(_) => 9,
        Value::Record(_) => 10,
        Value::Missing => 11,
    }
}

fn sequence<T>(a: &[T], b: &[T], order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    let first_difference = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|o| o.is_ne());
    first_difference.unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn order_images(a: &Image, b: &Image) -> Ordering {
    a.digest.cmp(&b.digest).then_with(|| a.media_type.cmp(&b.media_type))
}

fn order_turns(a: &Turn, b: &Turn) -> Ordering {
    (a.speaker as u8)
        .cmp(&(b.speaker as u8))
        .then_with(|| a.text.cmp(&b.text))
        .then_with(|| sequence(&a.images, &b.images, order_images))
}

fn order_json(a: &serde_json::Value, b: &serde_json::Value) -> Ordering {
    use serde_json::Value as Json;
    let rank = |json: &Json| match json {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    };
    match (a, b) {
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Number(a), Json::Number(b)) => order_numbers(a, b),
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => sequence(a, b, order_json),
        (Json::Object(a), Json::Object(b)) => {
            let mut sorted = [a, b].map(|members| members.iter().collect::<Vec<_>>());
            sorted.iter_mut().for_each(|members| members.sort_unstable_by_key(|(name, _)| *name));
            let [a, b] = sorted;
            sequence(&a, &b, |(name, a), (other, b)| name.cmp(other).then_with(|| order_json(a, b)))
        }
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

/// JSON's numbers by size; an int before the float of the same size.
fn order_numbers(a: &serde_json::Number, b: &serde_json::Number) -> Ordering {
    let whole = |n: &serde_json::Number| n.as_i64().map(i128::from).or(n.as_u64().map(i128::from));
    let float = |n: &serde_json::Number| n.as_f64().unwrap_or(f64::NAN);
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (one, other) => order_floats(float(a), float(b)).then_with(|| one.is_none().cmp(&other.is_none())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::samples::any_value;

    proptest! {
        #[test]
        fn it_is_a_total_order(a in any_value(), b in any_value(), c in any_value()) {
            prop_assert_eq!(order_values(&a, &b), order_values(&b, &a).reverse());
            let mut sorted = [a, b, c];
            sorted.sort_by(order_values);
            let [a, b, c] = &sorted;
            prop_assert!(order_values(a, b).is_le() && order_values(b, c).is_le());
            prop_assert!(order_values(a, c).is_le());
        }
    }

    #[test]
    fn numbers_go_by_size_and_missing_comes_last() {
        let mut values = [
            Value::Missing,
            Value::Float(f64::NAN),
            Value::Float(f64::INFINITY),
            Value::Float(-2.0),
            Value::Float(-0.0),
            Value::Float(0.0),
        ];
        values.reverse();
        values.sort_by(order_values);
        let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        assert_eq!(
            shown,
            ["Float(-2.0)", "Float(-0.0)", "Float(0.0)", "Float(inf)", "Float(NaN)", "Missing"]
        );
    }
}
