//! A checked program: every name resolved to a place, every expression typed, nothing left
//! that could be wrong about the file itself. `plan` and `engine` build on this and on nothing
//! that was written.
//!
//! Names survive only for people. A row's columns are [`Slot`]s, a function's values are
//! [`Local`]s, so that renaming changes no fingerprint.

mod expectation;
mod expr;
mod measure;
mod report;
mod sent;
pub mod setting;
mod step;
mod suite;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::schema::Schema;
use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{Docs, FileKind, NodeKind};

pub use expectation::*;
pub use expr::*;
pub use measure::*;
pub use report::*;
pub use sent::*;
pub use step::*;
pub use suite::*;

/// Place of a node in [`Program::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Place of a model in [`Program::models`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub u32);

/// Place of a function in [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// Place of a value in the row as it stands at a step. A row starts as its input's row; most
/// steps append; [`StepKind::Group`], [`StepKind::Batch`], [`StepKind::Unbatch`] and
/// [`StepKind::Project`] lay it out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// Place of a value in the frame of a step's expression or of a function's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Local(pub u32);

/// A checked file with all that it uses.
#[derive(Clone, Debug)]
pub struct Program {
    pub kind: FileKind,
    pub name: Arc<str>,
    pub version: Arc<str>,
    pub docs: Docs,
    /// `seed 7`; 0 where the file states none.
    pub seed: i64,
    pub dynamic: bool,
    /// With the values that hold in this run.
    pub parameters: Vec<Parameter>,
    pub models: Vec<Model>,
    /// Every function that is used, its callees before it.
    pub functions: Vec<Function>,
    /// In the order written, but nothing depends on it. Free of cycles.
    pub nodes: Vec<Node>,
    pub reports: Vec<Report>,
    /// Names and places of the file's tests; see [`crate::check::check`] for checking one.
    pub tests: Vec<TestName>,
    /// Of the test that the program was checked as.
    pub expectations: Vec<Expectation>,
    /// `seeds K` of that test; 1 where it states none.
    pub test_seeds: u32,
    pub suite: Option<Suite>,
}

impl Program {
    /// The nodes that a test's expectations are about; empty where one is about all.
    pub fn nodes_expected(&self) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for cell in self.expectations.iter().flat_map(|expectation| &expectation.cells) {
            match cell {
                Cell::Metric { node, .. } | Cell::Rows { node, .. } | Cell::Aggregate { node, .. } => {
                    nodes.push(*node)
                }
                Cell::Failed(Some(node)) => nodes.push(*node),
                Cell::Failed(None) => return Vec::new(),
                Cell::Score { .. } => {}
            }
        }
        nodes
    }
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: Arc<str>,
    pub kind: Type,
    pub value: Value,
    pub docs: Docs,
}

/// What a model can do; fixes what may be sent to it and what comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    Chat,
    /// Chat that also takes images.
    Vision,
    /// Text to image.
    Image,
    Embed,
    Classify,
    Search,
    /// Pages by address; never declared, bound only in tests under the name `page`.
    Page,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub name: Arc<str>,
    pub capability: Capability,
    /// Declared with `models`.
    pub many: bool,
    /// Empty where the file leaves it abstract and nothing outside binds it.
    pub bindings: Vec<Binding>,
    pub span: Span,
}

/// One concrete model.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What stands in the `model` column; unique within its `models`.
    pub name: Arc<str>,
    pub kind: BindingKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BindingKind {
    /// A provider's model, with the sampling settings stated in the binding.
    Remote { provider: Arc<str>, model: Arc<str>, settings: Vec<Setting<Value>> },
    /// Replies recorded in a JSONL or CSV file: `reply` names the field that holds them, and the
    /// fields named in `key` equal the row's columns of the same names.
    Replay { path: Arc<str>, key: Vec<Arc<str>>, reply: Arc<str> },
    /// Planted behaviour; what it does at a step is that step's [`Step::local_models`]. Its author
    /// has `named` it, or it is one under test, whose name stands in the rows; otherwise it goes by
    /// its model's name, which decides nothing.
    Scripted { named: bool },
}

/// `temperature 0` and the like.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<T> {
    pub name: Arc<str>,
    pub value: T,
    /// From its name to its value.
    pub span: Span,
}

/// Which model an expression asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelRef {
    Declared(ModelId),
    /// The function's model parameter of that number.
    Parameter(u32),
    /// The judge whose turn it is.
    Judge,
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: Arc<str>,
    /// Values fill the first locals of its frame, in order.
    pub parameters: u32,
    /// Models are handed over apart from values.
    pub models: u32,
    pub lets: Vec<(Local, Expr)>,
    pub result: Expr,
    /// Locals in its frame, parameters and lambda parameters among them.
    pub frame: u32,
    /// Of its name.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub name: Arc<str>,
    pub kind: NodeKind,
    pub docs: Docs,
    /// The table that the steps start from, then those that steps name, each once.
    pub inputs: Vec<NodeId>,
    pub steps: Vec<Step>,
    /// What stands in the node's table.
    pub schema: Schema,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub kind: StepKind,
    /// Locals that its expressions need.
    pub frame: u32,
    /// How models that live in the program itself answer at this step: by model and by place in
    /// its bindings.
    pub local_models: BTreeMap<(ModelId, u32), LocalModel>,
    pub span: Span,
}

/// A model that needs no network.
#[derive(Clone, Debug)]
pub enum LocalModel {
    Script(Arc<Script>),
    /// The row's values that the recorded key fields must equal, in the order of
    /// [`BindingKind::Replay`]'s `key`.
    Replay {
        key: Vec<Slot>,
    },
}

/// Planted behaviour: the first arm that applies answers.
#[derive(Clone, Debug)]
pub struct Script {
    pub arms: Vec<Arm>,
    /// Locals in its frame; the first six are given, see [`Script::PROMPT`] and after.
    pub frame: u32,
}

impl Script {
    /// The text asked: the last user turn, the image prompt, the query or the address.
    pub const PROMPT: Local = Local(0);
    /// The system text; missing where there is none.
    pub const SYSTEM: Local = Local(1);
    /// What a planted picture shows (text); missing where no picture was sent.
    pub const SEEN: Local = Local(2);
    /// Which user turn is answered, from 0.
    pub const TURN: Local = Local(3);
    /// The model's name.
    pub const MODEL: Local = Local(4);
    /// The sample's number, from 0.
    pub const SAMPLE: Local = Local(5);
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub guard: Guard,
    pub reply: ScriptReply,
}

#[derive(Clone, Debug)]
pub enum Guard {
    /// Applies when the row's draw falls into this arm's share; shares of one script use one draw
    /// and stand side by side, so that `0.8` and `0.1` leave `0.1` for what follows.
    Share(f64),
    When(Expr),
    Always,
}

#[derive(Clone, Debug)]
pub enum ScriptReply {
    /// Text for chat, vision and image; else what the capability returns.
    Value(Expr),
    Blocked,
    Cut(Expr),
    Empty,
    Failed,
}
