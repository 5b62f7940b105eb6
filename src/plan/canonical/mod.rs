//! The canonical text of a unit: everything that decides what it computes, and nothing else.
//!
//! Names, layout, comments and places in the file are gone; what is left is written once, read by
//! people where `plan` explains, and hashed for the fingerprint, so that the explanation and the
//! decision can't differ.

mod expr;
mod step;

use std::fmt::Write;
use std::ops::Range;

use crate::check::program::*;
use crate::data::types::Type;
use crate::digest::Digest;

/// What identifies each model's bindings, by [`ModelId`] and place: a hash of provider, model and
/// settings, of the recorded file, or of nothing for scripts, whose text stands in the step.
pub type ModelIdentities = Vec<Vec<Digest>>;

/// Writes canonical texts for one program.
pub struct Canonical<'a> {
    program: &'a Program,
    models: &'a ModelIdentities,
    functions: Vec<FunctionFacts>,
}

struct FunctionFacts {
    digest: Digest,
    draws: bool,
}

/// What [`Canonical`] needs to know while it writes one unit.
struct Writer<'a> {
    canonical: &'a Canonical<'a>,
    out: String,
    draws: bool,
    inputs: Vec<u32>,
    models: Vec<ModelId>,
}

impl<'a> Canonical<'a> {
    pub fn new(program: &'a Program, models: &'a ModelIdentities) -> Canonical<'a> {
        let mut canonical = Canonical { program, models, functions: Vec::new() };
        for function in &program.functions {
            let mut writer = canonical.writer();
            let _ = write!(writer.out, "{} {}", function.parameters, function.models);
            for (local, value) in &function.lets {
                let _ = write!(writer.out, " (let {} ", local.0);
                writer.expr(value);
                writer.out.push(')');
            }
            writer.out.push(' ');
            writer.expr(&function.result);
            let facts = FunctionFacts { digest: Digest::of(writer.out.as_bytes()), draws: writer.draws };
            canonical.functions.push(facts);
        }
        canonical
    }

    /// The digest of each function, in the program's order.
    pub fn functions(&self) -> impl Iterator<Item = Digest> + '_ {
        self.functions.iter().map(|facts| facts.digest)
    }

    fn writer(&self) -> Writer<'_> {
        Writer { canonical: self, out: String::new(), draws: false, inputs: Vec::new(), models: Vec::new() }
    }

    /// Whether a step draws at random.
    pub fn draws(&self, step: &Step) -> bool {
        let mut writer = self.writer();
        writer.step(step, 0);
        writer.draws
    }

    /// Places in the node's inputs that these steps name.
    pub fn inputs(&self, steps: &[Step]) -> Vec<u32> {
        let mut writer = self.writer();
        for step in steps {
            writer.step(step, 0);
        }
        writer.inputs
    }

    /// The models that these steps may ask.
    pub fn models(&self, steps: &[Step]) -> Vec<ModelId> {
        let mut writer = self.writer();
        for step in steps {
            writer.step(step, 0);
            match &step.kind {
                StepKind::Query(query) => writer.models.extend(&query.models),
                StepKind::Verdict(verdict) => writer.models.extend(&verdict.judges),
                _ => {}
            }
        }
        let mut models = writer.models;
        models.sort();
        models.dedup();
        models
    }

    /// What one model under test adds to a query's identity, as text.
    pub fn target(&self, step: &Step, model: ModelId, binding: u32) -> String {
        let mut writer = self.writer();
        if let Some(local) = step.local_models.get(&(model, binding)) {
            writer.local_model(local);
        }
        if writer.draws {
            let _ = write!(writer.out, " seed {}", self.program.seed);
        }
        let identity = self.models.get(model.0 as usize).and_then(|all| all.get(binding as usize));
        let _ = write!(writer.out, " {}", identity.map(Digest::hex).unwrap_or_default());
        writer.out
    }

    /// A unit's manifest, a line a step.
    pub fn unit(&self, node: &Node, steps: &Range<usize>, draws: &[u32]) -> String {
        let mut writer = self.writer();
        let _ = writeln!(writer.out, "{}", super::draw::kind(node.kind));
        for (step, draw) in node.steps[steps.clone()].iter().zip(draws) {
            writer.step(step, *draw);
            writer.out.push('\n');
        }
        if writer.draws {
            let _ = writeln!(writer.out, "seed {}", self.program.seed);
        }
        if self.program.dynamic {
            writer.out.push_str("dynamic\n");
        }
        // In the order in which the steps name them, as their places say.
        for (place, model) in std::mem::take(&mut writer.models).into_iter().enumerate() {
            let _ = write!(writer.out, "model {place}:");
            for identity in self.models.get(model.0 as usize).into_iter().flatten() {
                let _ = write!(writer.out, " {}", identity.hex());
            }
            writer.out.push('\n');
        }
        writer.out
    }
}

/// The identity of a remote or recorded binding's stated part; the engine adds what it finds
/// outside the program (a recorded file's content, a server's address).
pub fn binding(binding: &Binding) -> String {
    match &binding.kind {
        BindingKind::Scripted { named: true } => format!("scripted {:?}", binding.name),
        BindingKind::Scripted { named: false } => "scripted".to_owned(),
        BindingKind::Replay { key, reply, .. } => format!("replay {:?} {key:?} {reply:?}", binding.name),
        BindingKind::Remote { provider, model, settings } => {
            let mut out = format!("remote {:?} {provider:?} {model:?}", binding.name);
            for setting in settings {
                let _ = write!(out, " {}={:?}", setting.name, setting.value);
            }
            out
        }
    }
}

/// Whether a type holds pictures, whose bytes live beside the table.
pub fn holds_images(kind: &Type) -> bool {
    match kind {
        Type::Image | Type::Turns => true,
        Type::List(of) | Type::Optional(of) => holds_images(of),
        Type::Record(fields) => fields.iter().any(|field| holds_images(&field.kind)),
        _ => false,
    }
}
