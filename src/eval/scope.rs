//! What an expression sees while it is evaluated.

use crate::check::program::{Local, ModelRef, Slot, Step};
use crate::data::row::{Reason, Row, RowId};
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::random::Stream;
use crate::syntax::tree::NodeKind;

use super::effects::{Asked, Effects, Path};
use super::ground::Ground;

/// One row at one step.
pub struct Scope<'a> {
    pub ground: &'a Ground,
    pub kind: NodeKind,
    pub step: &'a Step,
    /// How many random steps of the node stand before this one.
    pub draw: u32,
    pub row: &'a [Value],
    /// Slots whose values wait for answers.
    pub pending: &'a [u32],
    pub id: RowId,
    /// Why the row failed, if it did.
    pub failure: Option<Reason>,
    /// In a measure with a baseline: the baseline's row.
    pub baseline: Option<&'a [Value]>,
    pub frame: Vec<Value>,
    /// Places in the frame whose values wait for answers.
    pub awaited: Vec<Local>,
    /// The models handed to the function that is being evaluated.
    pub models: Vec<Asked>,
    /// The judge whose turn it is.
    pub judge: Option<Asked>,
    pub path: Path,
    /// How much of the path only says where the row is; draws go by identity instead.
    pub rooted: usize,
    pub effects: &'a mut Effects,
}

impl<'a> Scope<'a> {
    pub fn new(
        ground: &'a Ground,
        kind: NodeKind,
        step: &'a Step,
        draw: u32,
        id: RowId,
        row: &'a [Value],
        effects: &'a mut Effects,
    ) -> Scope<'a> {
        let frame = vec![Value::Missing; step.frame as usize];
        Scope {
            ground,
            kind,
            step,
            draw,
            row,
            pending: &[],
            id,
            failure: None,
            baseline: None,
            frame,
            awaited: Vec::new(),
            models: Vec::new(),
            judge: None,
            path: Path::new(),
            rooted: 0,
            effects,
        }
    }

    /// A whole row at one step.
    pub fn of_row(
        ground: &'a Ground,
        kind: NodeKind,
        step: &'a Step,
        draw: u32,
        row: &'a Row,
        effects: &'a mut Effects,
    ) -> Scope<'a> {
        let scope = Scope::new(ground, kind, step, draw, row.id, &row.values, effects);
        Scope { failure: row.reason(), ..scope }
    }

    pub fn slot(&self, slot: Slot) -> Value {
        self.row.get(slot.0 as usize).cloned().unwrap_or(Value::Missing)
    }

    pub fn local(&self, local: Local) -> Value {
        self.frame.get(local.0 as usize).cloned().unwrap_or(Value::Missing)
    }

    pub fn set(&mut self, local: Local, value: Value) {
        let place = local.0 as usize;
        if place >= self.frame.len() {
            self.frame.resize(place + 1, Value::Missing);
        }
        self.frame[place] = value;
    }

    /// Evaluates something at a place of its own within this one.
    pub fn at<T>(&mut self, place: u32, body: impl FnOnce(&mut Scope<'a>) -> T) -> T {
        self.path.push(place);
        let result = body(self);
        self.path.pop();
        result
    }

    /// The binding behind a model's name. A single model has one binding; `check` and the engine
    /// see to that before anything runs.
    pub fn asked(&self, model: ModelRef) -> Option<Asked> {
        match model {
            ModelRef::Declared(model) => Some(Asked { model, binding: 0 }),
            ModelRef::Parameter(place) => self.models.get(place as usize).copied(),
            ModelRef::Judge => self.judge,
        }
    }

    /// The seed of this step, the same for all rows.
    pub fn seed(&self, tag: &str) -> Digest {
        let mut hasher = Hasher::new("tgp.seed.v1");
        hasher.number(self.ground.program.seed as u64);
        hasher.text(crate::plan::draw::kind(self.kind)).number(u64::from(self.draw)).text(tag);
        hasher.finish()
    }

    /// The random stream of this row for the draw of that number at this place. It depends on the
    /// file's seed, the kind of node, the step and the row, and on no position.
    pub fn stream(&self, tag: &str, number: u32) -> Stream {
        let mut hasher = Hasher::new("tgp.draw.v1");
        hasher.digest(&self.seed(tag)).number(u64::from(number)).bytes(&self.id.0.to_le_bytes());
        for part in self.path.iter().skip(self.rooted) {
            hasher.number(u64::from(*part));
        }
        Stream::new(hasher.finish())
    }
}
