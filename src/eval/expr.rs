//! The value of an expression.

use crate::check::program::{Expr, Function, FunctionId, ModelRef, TemplatePart};
use crate::data::json::render;
use crate::data::value::Value;
use crate::syntax::tree::BinaryOperator;

use super::halt::{Evaluated, Halt};
use super::operator::{binary, truth};
use super::scope::Scope;
use super::{ask, native};

impl Scope<'_> {
    /// The value of an expression in this scope.
    pub fn eval(&mut self, expr: &Expr) -> Evaluated {
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Slot(slot) if self.pending.contains(&slot.0) => Err(Halt::Waiting),
            Expr::Slot(slot) => Ok(self.slot(*slot)),
            Expr::Local(local) if self.awaited.contains(local) => Err(Halt::Waiting),
            Expr::Local(local) => Ok(self.local(*local)),
            Expr::Template(parts) => self.template(parts),
            Expr::List(items) => Ok(Value::List(self.all(items)?.into())),
            Expr::Record(fields) => Ok(Value::Record(self.all(fields)?.into())),
            Expr::Field(of, place) => match self.eval(of)? {
                Value::Record(fields) => Ok(fields.get(*place as usize).cloned().unwrap_or(Value::Missing)),
                _ => Ok(Value::Missing),
            },
            Expr::Index(of, place) => {
                let [of, place] = self.pair(of, place)?;
                index(&of, &place)
            }
            Expr::Binary(operator, left, right) => self.operator(*operator, left, right),
            Expr::Not(operand) => Ok(match self.eval(operand)? {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Missing,
            }),
            Expr::Negate(operand) => match self.eval(operand)? {
                Value::Int(value) => value
                    .checked_neg()
                    .map(Value::Int)
                    .ok_or_else(|| Halt::undefined("a whole number beyond 64 bits")),
                Value::Float(value) => Ok(Value::Float(-value)),
                _ => Ok(Value::Missing),
            },
            Expr::If(condition, then, otherwise) => match self.eval(condition)? {
                Value::Bool(true) => self.eval(then),
                Value::Bool(false) => self.eval(otherwise),
                _ => Ok(Value::Missing),
            },
            Expr::IsPresent { operand, present } => {
                Ok(Value::Bool(self.eval(operand)?.is_missing() != *present))
            }
            Expr::Native(call) => native::call(self, call),
            Expr::Call { function, arguments, models, site } => {
                self.call(*function, arguments, models, *site)
            }
            Expr::Ask(asking) => ask::ask(self, asking),
            Expr::ToFloat(operand) => Ok(match self.eval(operand)? {
                Value::Int(value) => Value::Float(value as f64),
                other => other,
            }),
            Expr::Baseline(operand) => match self.baseline {
                Some(baseline) => {
                    let row = std::mem::replace(&mut self.row, baseline);
                    let result = self.eval(operand);
                    self.row = row;
                    result
                }
                None => Ok(Value::Missing),
            },
        }
    }

    /// Whether a condition holds; a missing one doesn't.
    pub fn holds(&mut self, condition: &Expr) -> Evaluated<bool> {
        Ok(truth(&self.eval(condition)?))
    }

    /// The values of independent expressions. Where some wait for answers, the others are
    /// evaluated all the same, so that all they need is asked at once.
    pub fn all(&mut self, exprs: &[Expr]) -> Evaluated<Vec<Value>> {
        let mut values = Vec::with_capacity(exprs.len());
        let mut halt = None;
        for expr in exprs {
            match self.eval(expr) {
                Ok(value) => values.push(value),
                Err(Halt::Waiting) => halt = Some(Halt::Waiting),
                Err(other) => return Err(halt.unwrap_or(other)),
            }
        }
        halt.map_or(Ok(values), Err)
    }

    fn pair(&mut self, left: &Expr, right: &Expr) -> Evaluated<[Value; 2]> {
        match (self.eval(left), self.eval(right)) {
            (Ok(left), Ok(right)) => Ok([left, right]),
            (Err(Halt::Waiting), _) | (_, Err(Halt::Waiting)) => Err(Halt::Waiting),
            (Err(halt), _) | (_, Err(halt)) => Err(halt),
        }
    }

    fn template(&mut self, parts: &[TemplatePart]) -> Evaluated {
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Hole(value, kind) => match self.eval(value)? {
                    Value::Missing => return Ok(Value::Missing),
                    // What comes in through a hole is never read as a template again.
                    value => text.push_str(&render(&value, kind)),
                },
            }
        }
        Ok(Value::text(text))
    }

    fn operator(&mut self, operator: BinaryOperator, left: &Expr, right: &Expr) -> Evaluated {
        // A side that settles the result leaves the other unasked.
        match operator {
            BinaryOperator::Else => match self.eval(left)? {
                Value::Missing => self.eval(right),
                value => Ok(value),
            },
            BinaryOperator::And | BinaryOperator::Or => {
                let settles = operator == BinaryOperator::Or;
                let left = self.eval(left)?;
                if left == Value::Bool(settles) {
                    return Ok(left);
                }
                let right = self.eval(right)?;
                if right == Value::Bool(settles) { Ok(right) } else { binary(operator, &left, &right) }
            }
            _ => {
                let [left, right] = self.pair(left, right)?;
                binary(operator, &left, &right)
            }
        }
    }

    fn call(
        &mut self,
        function: FunctionId,
        arguments: &[Expr],
        models: &[ModelRef],
        site: u32,
    ) -> Evaluated {
        let arguments = self.at(site, |scope| scope.all(arguments))?;
        let program = &self.ground.program;
        let Some(function) = program.functions.get(function.0 as usize) else { return Ok(Value::Missing) };
        let models = models.iter().filter_map(|model| self.asked(*model)).collect();
        let mut frame = arguments;
        frame.resize(function.frame.max(function.parameters) as usize, Value::Missing);
        let outer_frame = std::mem::replace(&mut self.frame, frame);
        let outer_models = std::mem::replace(&mut self.models, models);
        let outer_awaited = std::mem::take(&mut self.awaited);
        let result = self.at(site, |scope| scope.body(function));
        self.frame = outer_frame;
        self.models = outer_models;
        self.awaited = outer_awaited;
        result
    }

    /// A function's value in its own frame. A `let` that waits for an answer holds up only what
    /// needs it: the others are asked at the same time.
    fn body(&mut self, function: &Function) -> Evaluated {
        for (local, value) in &function.lets {
            match self.eval(value) {
                Ok(value) => self.set(*local, value),
                Err(Halt::Waiting) => self.awaited.push(*local),
                Err(halt) if self.awaited.is_empty() => return Err(halt),
                Err(_) => return Err(Halt::Waiting),
            }
        }
        let result = self.eval(&function.result);
        // What one of them is asked may decide that the row is dropped, used or not.
        if self.awaited.is_empty() { result } else { Err(Halt::Waiting) }
    }
}

/// The element of a list, of a conversation or of a JSON list at a place from the start, or from
/// the end where the place is negative.
fn index(of: &Value, place: &Value) -> Evaluated {
    let Value::Int(place) = place else { return Ok(Value::Missing) };
    let at = |length: usize| {
        let from_start = if *place < 0 { *place + length as i64 } else { *place };
        usize::try_from(from_start)
            .ok()
            .filter(|at| *at < length)
            .ok_or_else(|| Halt::undefined(format!("index {place} of a list of {length}")))
    };
    Ok(match of {
        Value::List(items) => items[at(items.len())?].clone(),
        Value::Turns(turns) => Value::Text(turns[at(turns.len())?].text.clone()),
        Value::Json(json) => match json.as_array() {
            Some(items) => Value::Json(items[at(items.len())?].clone().into()),
            None => Value::Missing,
        },
        _ => Value::Missing,
    })
}
