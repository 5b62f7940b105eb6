//! Values of expressions that need no row: counts, paths, defaults of parameters.

use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::syntax::tree::BinaryOperator;

use super::program::{Expr, TemplatePart};

/// The value, where it is the same for every row.
pub(super) fn fold(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Constant(value) => Some(value.clone()),
        Expr::Template(parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    TemplatePart::Text(part) => text.push_str(part),
                    TemplatePart::Hole(hole, kind) => text.push_str(&render(&fold(hole)?, kind)?),
                }
            }
            Some(Value::text(text))
        }
        Expr::List(items) => {
            let items: Option<Vec<Value>> = items.iter().map(fold).collect();
            Some(Value::List(items?.into()))
        }
        Expr::Record(fields) => {
            let fields: Option<Vec<Value>> = fields.iter().map(fold).collect();
            Some(Value::Record(fields?.into()))
        }
        Expr::Field(record, at) => match fold(record)? {
            Value::Record(fields) => fields.get(*at as usize).cloned(),
            _ => None,
        },
        Expr::ToFloat(number) => match fold(number)? {
            Value::Int(number) => Some(Value::Float(number as f64)),
            other => Some(other),
        },
        Expr::Negate(number) => match fold(number)? {
            Value::Int(number) => Some(Value::Int(number.checked_neg()?)),
            Value::Float(number) => Some(Value::Float(-number)),
            _ => None,
        },
        Expr::Not(condition) => match fold(condition)? {
            Value::Bool(condition) => Some(Value::Bool(!condition)),
            _ => None,
        },
        Expr::If(condition, then, otherwise) => match fold(condition)? {
            Value::Bool(true) => fold(then),
            Value::Bool(false) => fold(otherwise),
            _ => None,
        },
        Expr::Binary(operator, left, right) => binary(*operator, &fold(left)?, &fold(right)?),
        _ => None,
    }
}

/// The text, where it is the same for every row.
pub(super) fn fold_text(expr: &Expr) -> Option<Arc<str>> {
    match fold(expr)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn render(value: &Value, kind: &Type) -> Option<String> {
    match (value, kind.present()) {
        (Value::Text(text), _) => Some(text.to_string()),
        (Value::Int(number), _) => Some(number.to_string()),
        (Value::Bool(condition), _) => Some(condition.to_string()),
        (Value::Date(date), _) => Some(date.to_string()),
        _ => None,
    }
}

fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => ints(operator, *left, *right),
        (Value::Float(left), Value::Float(right)) => floats(operator, *left, *right),
        (Value::Bool(left), Value::Bool(right)) => match operator {
            BinaryOperator::And => Some(Value::Bool(*left && *right)),
            BinaryOperator::Or => Some(Value::Bool(*left || *right)),
            BinaryOperator::Equal => Some(Value::Bool(left == right)),
            BinaryOperator::NotEqual => Some(Value::Bool(left != right)),
            _ => None,
        },
        (Value::Text(left), Value::Text(right)) => match operator {
            BinaryOperator::Equal => Some(Value::Bool(left == right)),
            BinaryOperator::NotEqual => Some(Value::Bool(left != right)),
            _ => None,
        },
        _ => None,
    }
}

fn ints(operator: BinaryOperator, left: i64, right: i64) -> Option<Value> {
    Some(match operator {
        BinaryOperator::Add => Value::Int(left.checked_add(right)?),
        BinaryOperator::Subtract => Value::Int(left.checked_sub(right)?),
        BinaryOperator::Multiply => Value::Int(left.checked_mul(right)?),
        BinaryOperator::Remainder => Value::Int(left.checked_rem_euclid(right)?),
        BinaryOperator::Equal => Value::Bool(left == right),
        BinaryOperator::NotEqual => Value::Bool(left != right),
        BinaryOperator::Less => Value::Bool(left < right),
        BinaryOperator::LessOrEqual => Value::Bool(left <= right),
        BinaryOperator::Greater => Value::Bool(left > right),
        BinaryOperator::GreaterOrEqual => Value::Bool(left >= right),
        _ => return None,
    })
}

fn floats(operator: BinaryOperator, left: f64, right: f64) -> Option<Value> {
    Some(match operator {
        BinaryOperator::Add => Value::Float(left + right),
        BinaryOperator::Subtract => Value::Float(left - right),
        BinaryOperator::Multiply => Value::Float(left * right),
        BinaryOperator::Divide if right != 0.0 => Value::Float(left / right),
        BinaryOperator::Less => Value::Bool(left < right),
        BinaryOperator::LessOrEqual => Value::Bool(left <= right),
        BinaryOperator::Greater => Value::Bool(left > right),
        BinaryOperator::GreaterOrEqual => Value::Bool(left >= right),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_of_constants_is_constant() {
        let parts = vec![
            TemplatePart::Text("a-".into()),
            TemplatePart::Hole(Expr::Constant(Value::Int(3)), Type::Int),
        ];
        assert_eq!(fold_text(&Expr::Template(parts)).as_deref(), Some("a-3"));
    }

    #[test]
    fn overflow_has_no_value() {
        let most = Box::new(Expr::Constant(Value::Int(i64::MAX)));
        assert_eq!(fold(&Expr::Binary(BinaryOperator::Add, most.clone(), most)), None);
    }
}
