//! What the operators do. A missing operand makes the result missing, but where the other
//! operand settles it.

use std::cmp::Ordering;

use crate::data::value::Value;
use crate::syntax::tree::BinaryOperator;

use super::halt::{Evaluated, Halt};

/// An operator on two values. `and`, `or` and `??` are evaluated lazily by the caller first.
pub fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Evaluated {
    use BinaryOperator as Op;
    if left.is_missing() || right.is_missing() {
        return Ok(Value::Missing);
    }
    Ok(match operator {
        Op::Equal => Value::Bool(equal(left, right)),
        Op::NotEqual => Value::Bool(!equal(left, right)),
        Op::Less => Value::Bool(compare(left, right) == Some(Ordering::Less)),
        Op::LessOrEqual => Value::Bool(compare(left, right).is_some_and(Ordering::is_le)),
        Op::Greater => Value::Bool(compare(left, right) == Some(Ordering::Greater)),
        Op::GreaterOrEqual => Value::Bool(compare(left, right).is_some_and(Ordering::is_ge)),
        Op::In => Value::Bool(within(left, right)),
        Op::NotIn => Value::Bool(!within(left, right)),
        Op::Add => return add(left, right),
        Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder => return arithmetic(operator, left, right),
        Op::And => Value::Bool(truth(left) && truth(right)),
        Op::Or => Value::Bool(truth(left) || truth(right)),
        Op::Else => left.clone(),
    })
}

pub fn truth(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

/// Equal as the language means it: an int equals the float of the same value.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            *int as f64 == *float
        }
        (Value::List(left), Value::List(right)) | (Value::Record(left), Value::Record(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(l, r)| equal(l, r))
        }
        _ => left == right,
    }
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// An int or a float as a float.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    }
}

fn within(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Text(part), Value::Text(whole)) => whole.contains(&**part),
        (left, Value::List(items)) => items.iter().any(|item| equal(left, item)),
        _ => false,
    }
}

fn add(left: &Value, right: &Value) -> Evaluated {
    Ok(match (left, right) {
        (Value::Text(left), Value::Text(right)) => Value::text(format!("{left}{right}")),
        (Value::List(left), Value::List(right)) => Value::list(left.iter().chain(right.iter()).cloned()),
        (Value::Turns(left), Value::Turns(right)) => {
            Value::Turns(left.iter().chain(right.iter()).cloned().collect())
        }
        _ => return arithmetic(BinaryOperator::Add, left, right),
    })
}

fn arithmetic(operator: BinaryOperator, left: &Value, right: &Value) -> Evaluated {
    use BinaryOperator as Op;
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        let exact = match operator {
            Op::Add => left.checked_add(*right),
            Op::Subtract => left.checked_sub(*right),
            Op::Multiply => left.checked_mul(*right),
            Op::Remainder if *right == 0 => return Err(Halt::undefined("a remainder of division by zero")),
            Op::Remainder => left.checked_rem_euclid(*right),
            _ if *right == 0 => return Err(Halt::undefined("a division by zero")),
            _ => return Ok(Value::Float(*left as f64 / *right as f64)),
        };
        return exact.map(Value::Int).ok_or_else(|| Halt::undefined("a whole number beyond 64 bits"));
    }
    let (Some(left), Some(right)) = (number(left), number(right)) else {
        return Err(Halt::undefined("arithmetic on what is no number"));
    };
    let result = match operator {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Remainder => left.rem_euclid(right),
        _ => left / right,
    };
    if result.is_finite() { Ok(Value::Float(result)) } else { Err(Halt::undefined("a division by zero")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_stays_missing() {
        for operator in [BinaryOperator::Equal, BinaryOperator::Less, BinaryOperator::Add, BinaryOperator::In]
        {
            assert_eq!(binary(operator, &Value::Missing, &Value::Int(1)), Ok(Value::Missing));
        }
    }

    #[test]
    fn numbers_compare_across_kinds() {
        assert_eq!(binary(BinaryOperator::Equal, &Value::Int(2), &Value::Float(2.0)), Ok(Value::Bool(true)));
        assert_eq!(binary(BinaryOperator::Less, &Value::Int(2), &Value::Float(2.5)), Ok(Value::Bool(true)));
    }

    #[test]
    fn what_has_no_value_is_undefined() {
        let overflow = binary(BinaryOperator::Add, &Value::Int(i64::MAX), &Value::Int(1));
        assert!(matches!(overflow, Err(Halt::Fail(_))));
        assert!(matches!(binary(BinaryOperator::Divide, &Value::Int(1), &Value::Int(0)), Err(Halt::Fail(_))));
    }
}
