//! What a step may send to models that answer in text or paint, and to which of them.

use std::collections::BTreeSet;

use super::super::exprs::of_step;
use super::{
    Body, Expr, FunctionId, Message, ModelId, ModelRef, NativeArgument, Otherwise, Program, Returns, Step,
    StepKind, TemplatePart,
};
use crate::data::value::Value;

/// A message that a step may send.
#[derive(Clone, Debug)]
pub struct Sent<'p> {
    /// Who it may go to; several for a query, or where judges vote.
    pub models: Vec<ModelId>,
    pub message: &'p Message,
    /// What the answer to an `ask` must be; nothing for a query.
    pub returns: Option<&'p Returns>,
    /// How often it is asked again, at most, for an answer that does not do.
    pub retries: u32,
}

impl Program {
    /// The messages that a step may send: a query's own, and those of every `ask` in it, through the
    /// functions that it calls.
    pub fn sent_by<'p>(&'p self, step: &'p Step) -> Vec<Sent<'p>> {
        let judges = match &step.kind {
            StepKind::Verdict(verdict) => verdict.judges.as_slice(),
            _ => &[],
        };
        let mut walk = Walk { program: self, judges, entered: BTreeSet::new(), found: Vec::new() };
        if let StepKind::Query(query) = &step.kind {
            let (models, message) = (query.models.clone(), &query.message);
            walk.found.push(Sent { models, message, returns: None, retries: 0 });
        }
        of_step(&step.kind).into_iter().for_each(|expr| walk.expr(expr, &[]));
        walk.found
    }
}

struct Walk<'p> {
    program: &'p Program,
    judges: &'p [ModelId],
    /// Functions that were gone through, each with the models that it was given.
    entered: BTreeSet<(FunctionId, Vec<ModelRef>)>,
    found: Vec<Sent<'p>>,
}

impl<'p> Walk<'p> {
    /// `given` are the models of the function that the expression stands in.
    fn expr(&mut self, expr: &'p Expr, given: &[ModelRef]) {
        match expr {
            Expr::Constant(_) | Expr::Local(_) | Expr::Slot(_) => {}
            Expr::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Hole(hole, _) = part {
                        self.expr(hole, given);
                    }
                }
            }
            Expr::List(items) | Expr::Record(items) => items.iter().for_each(|item| self.expr(item, given)),
            Expr::Field(of, _)
            | Expr::Not(of)
            | Expr::Negate(of)
            | Expr::ToFloat(of)
            | Expr::Baseline(of)
            | Expr::IsPresent { operand: of, .. } => self.expr(of, given),
            Expr::Index(of, at) | Expr::Binary(_, of, at) => {
                self.expr(of, given);
                self.expr(at, given);
            }
            Expr::If(condition, then, otherwise) => {
                self.expr(condition, given);
                // Of a parameter's switch, the branch that never runs asks nothing.
                let known = match &**condition {
                    Expr::Constant(Value::Bool(holds)) => Some(*holds),
                    _ => None,
                };
                if known != Some(false) {
                    self.expr(then, given);
                }
                if known != Some(true) {
                    self.expr(otherwise, given);
                }
            }
            Expr::Native(call) => {
                for argument in &call.arguments {
                    match argument {
                        NativeArgument::Value(value) => self.expr(value, given),
                        NativeArgument::Lambda { body, .. } => self.expr(body, given),
                        NativeArgument::Model(_) => {}
                    }
                }
            }
            Expr::Call { function, arguments, models, .. } => {
                arguments.iter().for_each(|argument| self.expr(argument, given));
                self.call(*function, models.iter().filter_map(|model| bound(*model, given)).collect());
            }
            Expr::Ask(ask) => {
                let models = match bound(ask.model, given) {
                    Some(ModelRef::Declared(id)) => vec![id],
                    Some(ModelRef::Judge) => self.judges.to_vec(),
                    Some(ModelRef::Parameter(_)) | None => Vec::new(),
                };
                let (message, returns) = (&ask.message, Some(&ask.returns));
                self.found.push(Sent { models, message, returns, retries: ask.retries });
                self.message(&ask.message, given);
                if let Some(until) = &ask.until {
                    self.expr(until, given);
                }
                if let Otherwise::Value(value) = &ask.otherwise {
                    self.expr(value, given);
                }
            }
        }
    }

    fn call(&mut self, function: FunctionId, models: Vec<ModelRef>) {
        let Some(called) = self.program.functions.get(function.0 as usize) else { return };
        if self.entered.insert((function, models.clone())) {
            called.lets.iter().for_each(|(_, value)| self.expr(value, &models));
            self.expr(&called.result, &models);
        }
    }

    fn message(&mut self, message: &'p Message, given: &[ModelRef]) {
        let body = match &message.body {
            Body::User(text) | Body::Turns(text) => text,
        };
        let settings = message.settings.iter().map(|setting| &setting.value);
        let parts = message.system.iter().chain([body]).chain(&message.images).chain(settings);
        parts.for_each(|expr| self.expr(expr, given));
    }
}

/// A function's model parameter is what it was given.
fn bound(model: ModelRef, given: &[ModelRef]) -> Option<ModelRef> {
    match model {
        ModelRef::Parameter(number) => given.get(number as usize).copied(),
        other => Some(other),
    }
}
