//! Where a report's numbers come from: what another person needs to get the same.

use crate::check::program::{Binding, BindingKind, Program};
use crate::data::json::render;
use crate::data::types::Type;
use crate::syntax::tree::FileKind;

/// Facts in the order they are told, each with what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Provenance {
    pub facts: Vec<(String, String)>,
}

impl Provenance {
    /// What the program itself says: its version, parameters, seed and models.
    pub fn of(program: &Program) -> Provenance {
        let mut provenance = Provenance::default();
        let kind = match program.kind {
            FileKind::Pipeline => "pipeline",
            FileKind::Library => "library",
            FileKind::Suite => "suite",
        };
        provenance.add(kind, format!("{} @ {}", program.name, program.version));
        for parameter in &program.parameters {
            let value = render(&parameter.value, &parameter.kind);
            provenance.add(format!("param {}", parameter.name), value);
        }
        provenance.add("seed", program.seed.to_string());
        for model in &program.models {
            let bindings: Vec<String> = model.bindings.iter().map(bound).collect();
            let bindings = if bindings.is_empty() { "not bound".to_owned() } else { bindings.join(", ") };
            provenance.add(format!("model {}", model.name), bindings);
        }
        provenance
    }

    pub fn add(&mut self, what: impl Into<String>, value: impl Into<String>) {
        self.facts.push((what.into(), value.into()));
    }
}

/// `openai/gpt-4o (temperature 0)`
fn bound(binding: &Binding) -> String {
    match &binding.kind {
        BindingKind::Remote { provider, model, settings } => {
            let settings: Vec<String> = settings
                .iter()
                .map(|setting| format!("{} {}", setting.name, render(&setting.value, &Type::Unknown)))
                .collect();
            let settings =
                if settings.is_empty() { String::new() } else { format!(" ({})", settings.join(", ")) };
            format!("{provider}/{model}{settings}")
        }
        BindingKind::Replay { path, .. } => format!("{} (replayed from {path})", binding.name),
        BindingKind::Scripted { .. } => format!("{} (scripted)", binding.name),
    }
}
