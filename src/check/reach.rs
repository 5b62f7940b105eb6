//! Which models an expression may ask, through the functions it calls too, which slots it reads, and
//! whether it reads why its row failed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::program::{
    Body, Expr, FunctionId, Message, ModelRef, NativeArgument, Otherwise, ROW_FAILURE, Slot, TemplatePart,
};

/// The models that expressions may ask. `functions` says the same of every function so far.
pub(super) fn reached<'e>(
    exprs: impl IntoIterator<Item = &'e Expr>,
    functions: &[Arc<[ModelRef]>],
) -> BTreeSet<ModelRef> {
    Reach::of(exprs, functions).found
}

/// The slots of the row that expressions read.
pub(super) fn slots<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> BTreeSet<Slot> {
    Reach::of(exprs, &[]).slots
}

/// Whether expressions read why the row failed.
pub fn speaks_of_failures<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> bool {
    Reach::of(exprs, &[]).failure
}

struct Reach<'f> {
    functions: &'f [Arc<[ModelRef]>],
    found: BTreeSet<ModelRef>,
    slots: BTreeSet<Slot>,
    failure: bool,
}

impl<'f> Reach<'f> {
    fn of<'e>(exprs: impl IntoIterator<Item = &'e Expr>, functions: &'f [Arc<[ModelRef]>]) -> Reach<'f> {
        let mut reach = Reach { functions, found: BTreeSet::new(), slots: BTreeSet::new(), failure: false };
        exprs.into_iter().for_each(|expr| reach.expr(expr));
        reach
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Constant(_) | Expr::Local(_) => {}
            Expr::Slot(slot) => {
                self.slots.insert(*slot);
            }
            Expr::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Hole(hole, _) = part {
                        self.expr(hole);
                    }
                }
            }
            Expr::List(items) | Expr::Record(items) => items.iter().for_each(|item| self.expr(item)),
            Expr::Field(of, _)
            | Expr::Not(of)
            | Expr::Negate(of)
            | Expr::ToFloat(of)
            | Expr::Baseline(of)
            | Expr::IsPresent { operand: of, .. } => self.expr(of),
            Expr::Index(of, at) | Expr::Binary(_, of, at) => {
                self.expr(of);
                self.expr(at);
            }
            Expr::If(condition, then, otherwise) => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            Expr::Native(call) => {
                self.failure |= &*call.name == ROW_FAILURE;
                for argument in &call.arguments {
                    match argument {
                        NativeArgument::Value(value) => self.expr(value),
                        NativeArgument::Lambda { body, .. } => self.expr(body),
                        NativeArgument::Model(model) => {
                            self.found.insert(*model);
                        }
                    }
                }
            }
            Expr::Call { function, arguments, models, .. } => {
                arguments.iter().for_each(|argument| self.expr(argument));
                self.call(*function, models);
            }
            Expr::Ask(ask) => {
                self.found.insert(ask.model);
                self.message(&ask.message);
                if let Some(until) = &ask.until {
                    self.expr(until);
                }
                if let Otherwise::Value(value) = &ask.otherwise {
                    self.expr(value);
                }
            }
        }
    }

    /// A function's own model parameters become what the call hands over.
    fn call(&mut self, function: FunctionId, models: &[ModelRef]) {
        let Some(asked) = self.functions.get(function.0 as usize) else { return };
        for model in asked.iter() {
            match model {
                ModelRef::Parameter(number) => self.found.extend(models.get(*number as usize)),
                other => {
                    self.found.insert(*other);
                }
            }
        }
    }

    fn message(&mut self, message: &Message) {
        if let Some(system) = &message.system {
            self.expr(system);
        }
        match &message.body {
            Body::User(text) | Body::Turns(text) => self.expr(text),
        }
        message.images.iter().for_each(|image| self.expr(image));
        message.settings.iter().for_each(|setting| self.expr(&setting.value));
    }
}
