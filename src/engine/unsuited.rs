//! What bound models have nothing for, of what a file asks of them: found in its text, before any
//! call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::program::{Binding, BindingKind, Expr, Model, ModelId, Program, Sent, Setting, Step};
use crate::data::value::Value;
use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::source::Span;
use crate::eval::effects::Asked;
use crate::models::endpoint::Endpoint;

use super::endpoints::{Endpoints, binding_of};
use super::sketch::{capability_of, of_message, request, stand_in};

/// The name of the rule; it has a page under `docs/errors/`.
const CODE: &str = "unsuited-model";

/// Something that is asked of a bound model and that its provider has nothing for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsuited {
    /// Where it is asked.
    pub place: Span,
    /// Such as "deepseek has no parameter `seed`".
    pub problem: String,
    /// The model's name in the file.
    pub model: Arc<str>,
    /// What it is bound to.
    pub bound: Arc<str>,
    pub part: Part,
}

/// What of a request it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The kind of work.
    Work,
    /// A setting of the binding.
    Bound(Arc<str>),
    /// A setting of the message, and its value as a binding would have it.
    Setting(Arc<str>, Option<String>),
    /// Its turns or pictures.
    Shape,
}

/// A model of the program as it is bound.
#[derive(Clone, Copy)]
struct Bound<'p> {
    model: &'p Model,
    binding: &'p Binding,
    settings: &'p [Setting<Value>],
    endpoint: &'p Endpoint,
}

/// What models have nothing for, of what steps ask of them.
pub(super) fn of_step(program: &Program, step: &Step, endpoints: &Endpoints) -> Vec<Unsuited> {
    let mut found = Vec::new();
    for sent in program.sent_by(step) {
        for bound in sent.models.iter().flat_map(|model| all_bound(program, *model, endpoints)) {
            found.extend(bound.lacks(&sent));
        }
    }
    found
}

/// The kind of work, where a model cannot be asked for it.
pub(super) fn of_work(program: &Program, asked: Asked, endpoint: &Endpoint) -> Option<Unsuited> {
    Bound::of(program, asked, endpoint)?.work()
}

/// What a model lacks by its binding alone: the work, and the binding's own settings.
pub fn of_binding(program: &Program, asked: Asked, endpoint: &Endpoint) -> Vec<Unsuited> {
    let Some(bound) = Bound::of(program, asked, endpoint) else { return Vec::new() };
    match bound.work() {
        Some(work) => vec![work],
        None => bound.settings.iter().filter_map(|setting| bound.setting(setting)).collect(),
    }
}

/// What a model lacks by its binding, and by what the program's steps ask of it; each thing once.
pub fn of_model(program: &Program, asked: Asked, endpoint: &Endpoint) -> Vec<Unsuited> {
    let mut found = of_binding(program, asked, endpoint);
    let Some(bound) = Bound::of(program, asked, endpoint) else { return found };
    let steps = program.nodes.iter().flat_map(|node| &node.steps);
    for sent in steps.flat_map(|step| program.sent_by(step)) {
        if sent.models.contains(&asked.model) {
            found.extend(bound.lacks(&sent));
        }
    }
    let mut told: Vec<Unsuited> = Vec::new();
    for one in found {
        if !told.iter().any(|known| known.problem == one.problem) {
            told.push(one);
        }
    }
    told
}

/// What is lacking, for the author: one for each place and problem, with all models that have it.
pub(super) fn diagnostics(found: impl IntoIterator<Item = Unsuited>) -> Vec<Diagnostic> {
    let mut grouped: BTreeMap<(Span, String), Vec<Unsuited>> = BTreeMap::new();
    for one in found {
        let group = grouped.entry((one.place, one.problem.clone())).or_default();
        if !group.contains(&one) {
            group.push(one);
        }
    }
    grouped.into_iter().map(|((place, problem), group)| diagnostic(place, problem, &group)).collect()
}

fn diagnostic(place: Span, problem: String, group: &[Unsuited]) -> Diagnostic {
    let mut models: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in group {
        match models.iter_mut().find(|(name, _)| *name == &*one.model) {
            Some((_, bound)) => bound.push(&one.bound),
            None => models.push((&one.model, vec![&one.bound])),
        }
    }
    let each = |told: &dyn Fn(&str, &[&str]) -> String, between: &str| {
        models.iter().map(|(name, bound)| told(name, bound)).collect::<Vec<_>>().join(between)
    };
    let names = each(&|name, _| format!("`{name}`"), " and ");
    let help = group.first().map(|one| match &one.part {
        Part::Work | Part::Shape => format!("bind {names} to another model"),
        Part::Bound(setting) => {
            format!("leave `{setting}` out where {names} is bound, or bind another model")
        }
        Part::Setting(setting, value) => {
            let value = value.as_deref().unwrap_or("…");
            format!(
                "leave it out here, and state it where a model that takes it is bound, as in \
                 `{}=PROVIDER/MODEL?{setting}={value}`; or bind {names} to another model",
                one.model
            )
        }
    });
    let text = each(&|name, bound| format!("`{name}` is bound to {}", bound.join(", ")), "; ");
    Diagnostic {
        code: CODE,
        severity: Severity::Error,
        message: problem,
        primary: Label { span: place, text },
        others: Vec::new(),
        help,
    }
}

fn all_bound<'p>(
    program: &'p Program,
    model: ModelId,
    endpoints: &'p Endpoints,
) -> impl Iterator<Item = Bound<'p>> {
    let count = program.models.get(model.0 as usize).map_or(0, |model| model.bindings.len());
    (0..count as u32).filter_map(move |binding| {
        let asked = Asked { model, binding };
        Bound::of(program, asked, endpoints.get(asked)?)
    })
}

impl<'p> Bound<'p> {
    /// Nothing for a model that answers from the file or from a recording.
    fn of(program: &'p Program, asked: Asked, endpoint: &'p Endpoint) -> Option<Bound<'p>> {
        let model = program.models.get(asked.model.0 as usize)?;
        let binding = binding_of(program, asked)?;
        let BindingKind::Remote { settings, .. } = &binding.kind else { return None };
        Some(Bound { model, binding, settings, endpoint })
    }

    /// What of a message the model has nothing for, with the binding's settings that go with it.
    fn lacks(self, sent: &Sent<'_>) -> Vec<Unsuited> {
        if let Some(work) = self.work() {
            return vec![work];
        }
        let mut found = Vec::new();
        for setting in &sent.message.settings {
            // One that is worked out for each row is there, whatever it comes to.
            let (value, written) = match &setting.value {
                Expr::Constant(value) if *value != Value::Missing => {
                    (Some(value.clone()), Some(written(value)))
                }
                _ => (stand_in(&setting.name), None),
            };
            let Some(value) = value else { continue };
            let part = Part::Setting(setting.name.clone(), written);
            found.extend(self.refuses(&setting.name, &value, setting.span, part));
        }
        let is_own =
            |bound: &&Setting<Value>| !sent.message.settings.iter().any(|own| own.name == bound.name);
        found.extend(self.settings.iter().filter(is_own).filter_map(|setting| self.setting(setting)));
        let shape = self.endpoint.refuse(&of_message(self.model.capability, sent));
        found.extend(shape.map(|lacking| self.told(sent.message.span, lacking.to_string(), Part::Shape)));
        found
    }

    fn work(self) -> Option<Unsuited> {
        let work = capability_of(self.model.capability);
        if self.endpoint.supports(work) {
            return None;
        }
        let provider = self.endpoint.provider();
        let can: Vec<&str> = provider.capabilities().iter().map(|it| it.name()).collect();
        let problem = format!(
            "`{}` is {work}, and {provider} can be asked for {} only",
            self.model.name,
            can.join(", ")
        );
        Some(self.told(self.place(), problem, Part::Work))
    }

    /// A setting of the binding.
    fn setting(self, setting: &Setting<Value>) -> Option<Unsuited> {
        self.refuses(&setting.name, &setting.value, self.place(), Part::Bound(setting.name.clone()))
    }

    fn refuses(self, name: &Arc<str>, value: &Value, place: Span, part: Part) -> Option<Unsuited> {
        let request = request(self.model.capability, "", &[(name.clone(), value.clone())]);
        self.endpoint.refuse(&request).map(|lacking| self.told(place, lacking.to_string(), part))
    }

    /// Where it is bound; where it is declared, if that is not in the file.
    fn place(self) -> Span {
        let is_inside = self.binding.span.source == self.model.span.source;
        if is_inside { self.binding.span } else { self.model.span }
    }

    fn told(self, place: Span, problem: String, part: Part) -> Unsuited {
        let (model, bound) = (self.model.name.clone(), self.binding.name.clone());
        Unsuited { place, problem, model, bound, part }
    }
}

/// A value as it stands after `?` in a binding.
fn written(value: &Value) -> String {
    match value {
        Value::List(items) => items.iter().map(written).next().unwrap_or_default(),
        Value::Text(text) => text.to_string(),
        other => crate::eval::message::shown(other),
    }
}
