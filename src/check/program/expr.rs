//! Expressions over the slots of a row.

use std::sync::Arc;

use super::{FunctionId, Local, Message, ModelRef, Otherwise, Slot};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::syntax::tree::BinaryOperator;

#[derive(Clone, Debug)]
pub enum Expr {
    Constant(Value),
    Slot(Slot),
    Local(Local),
    Template(Vec<TemplatePart>),
    List(Vec<Expr>),
    Record(Vec<Expr>),
    /// By place in the record's type.
    Field(Box<Expr>, u32),
    /// Of a list or of turns, from 0, negative from the end; past the end the row fails as undefined.
    Index(Box<Expr>, Box<Expr>),
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    IsPresent {
        operand: Box<Expr>,
        present: bool,
    },
    /// A function built into the program.
    Native(NativeCall),
    Call {
        function: FunctionId,
        arguments: Vec<Expr>,
        models: Vec<ModelRef>,
        site: u32,
    },
    Ask(Box<Ask>),
    /// An int as a float.
    ToFloat(Box<Expr>),
    /// In a measure: the same expression on the baseline's row.
    Baseline(Box<Expr>),
}

#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(Arc<str>),
    /// With the type, which says how the value reads.
    Hole(Expr, Type),
}

/// The native that gives the reason why the row failed.
pub const ROW_FAILURE: &str = "row.failure";

#[derive(Clone, Debug)]
pub struct NativeCall {
    /// Such as `text.typo`: module and name, as declared in `stdlib/`.
    pub name: Arc<str>,
    pub arguments: Vec<NativeArgument>,
    /// Types of the arguments, for natives that read them (comparison, rendering, JSON).
    pub kinds: Vec<Type>,
    /// Set for a random native: its number among those of the step or function.
    pub random: Option<u32>,
}

#[derive(Clone, Debug)]
pub enum NativeArgument {
    Value(Expr),
    /// `x => ...`: the parameters' places in the enclosing frame, and the body.
    Lambda {
        parameters: Vec<Local>,
        body: Expr,
    },
    /// A model (`embed(text, by = m)`, `classify`).
    Model(ModelRef),
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Returns {
    pub kind: Type,
    /// The most elements of a list.
    pub most: Option<u32>,
    /// The model writes down its reason before the answer; it is no part of the value.
    pub reason_first: bool,
}

impl Returns {
    /// The field of a reply that a reason before the answer stands in.
    pub const REASON: &str = "reason";
}

#[derive(Clone, Debug)]
pub struct Ask {
    pub model: ModelRef,
    pub message: Message,
    pub returns: Returns,
    /// Further tries after an answer that is not of the type or does not satisfy `until`.
    pub retries: u32,
    /// With the answer in local `it`.
    pub until: Option<Expr>,
    pub it: Local,
    pub otherwise: Otherwise,
    /// Above 1, the answer is a list of that many.
    pub samples: u32,
    /// Number of this ask among those of the step or function: tells equal asks apart only where
    /// they draw at random.
    pub site: u32,
}
