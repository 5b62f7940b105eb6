//! What must hold of the models that a run asks before any of them is: they can do what is asked of
//! them, and a budget knows their prices.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::program::{BindingKind, Capability, Expr, Model, ModelId, Query, Setting, StepKind};
use crate::data::value::Value;
use crate::eval::effects::Asked;
use crate::eval::message::{parameters, picture};
use crate::models::capability;
use crate::models::endpoint::Endpoint;
use crate::models::request::{ChatRequest, Request, SearchRequest, Speaker, Turn};
use crate::plan::unit::{Unit, UnitId};

use super::endpoints::binding_of;
use super::error::{RunError, Unpriced};
use super::run::Run;

impl Run {
    /// Refuses models that have nothing for what the units ask of them, and a budget where a price
    /// is not known.
    pub(super) fn models_are_ready(&self, working: &[UnitId]) -> Result<(), RunError> {
        let allowance = self.caller.purse().allowance();
        if !allowance.asking.asks() {
            return Ok(());
        }
        let mut unsuited = BTreeSet::new();
        let mut unpriced = BTreeSet::new();
        for unit in working.iter().map(|id| self.plan.unit(*id)) {
            let targets: Vec<ModelId> = unit.targets.iter().map(|target| target.model).collect();
            for (asked, endpoint) in self.caller.endpoints().iter() {
                let is_target = targets.contains(&asked.model);
                if !is_target && !unit.models.contains(&asked.model) {
                    continue;
                }
                if endpoint.lacks_price() {
                    unpriced.extend(self.unpriced(*asked, endpoint));
                }
                unsuited.extend(self.unsuited(unit, *asked, is_target, endpoint));
            }
        }
        if !unsuited.is_empty() {
            return Err(RunError::Unsuited(unsuited.into_iter().collect()));
        }
        match allowance.budget.is_some() && !unpriced.is_empty() {
            true => Err(RunError::Unpriced(unpriced.into_iter().collect())),
            false => Ok(()),
        }
    }

    fn unpriced(&self, asked: Asked, endpoint: &Endpoint) -> Option<Unpriced> {
        let model = self.ground.program.models.get(asked.model.0 as usize)?;
        Some(Unpriced {
            name: endpoint.name().to_owned(),
            address: (!endpoint.is_hosted()).then(|| endpoint.base_url().to_owned()),
            keys: match model.capability {
                Capability::Chat | Capability::Vision | Capability::Embed => {
                    "as `input` and `output`, US dollars for a million tokens"
                }
                Capability::Image => "as `image`, US dollars for a picture",
                Capability::Classify | Capability::Search | Capability::Page => {
                    "as `request`, US dollars for a request"
                }
            },
        })
    }

    /// What a model has nothing for, of what is known of the requests before any is made.
    fn unsuited(&self, unit: &Unit, asked: Asked, is_target: bool, endpoint: &Endpoint) -> Option<String> {
        let program = &self.ground.program;
        let model = program.models.get(asked.model.0 as usize)?;
        let steps = &self.node(unit).steps[unit.steps.clone()];
        let query = steps.iter().find_map(|step| match &step.kind {
            StepKind::Query(query) if is_target => Some(query),
            _ => None,
        });
        let BindingKind::Remote { settings, .. } = &binding_of(program, asked)?.kind else { return None };
        unsuited(model, query, settings, endpoint)
    }
}

/// What a bound model has nothing for: the work, a setting of the binding, or one of the query.
pub fn unsuited(
    model: &Model,
    query: Option<&Query>,
    bound: &[Setting<Value>],
    endpoint: &Endpoint,
) -> Option<String> {
    let name = &model.name;
    let work = capability_of(model.capability);
    if !endpoint.supports(work) {
        let provider = endpoint.provider();
        let can: Vec<&str> = provider.capabilities().iter().map(|it| it.name()).collect();
        return Some(format!(
            "`{name}` is {work}, and {provider} can be asked for {} only: bind it to another model",
            can.join(", ")
        ));
    }
    let mut settings: Vec<(Arc<str>, Value)> = Vec::new();
    for Setting { name, value } in query.into_iter().flat_map(|query| &query.message.settings) {
        // One that is worked out for each row is there, whatever it comes to.
        let known = match value {
            Expr::Constant(value) => value.clone(),
            _ => Value::Missing,
        };
        settings.push((name.clone(), known));
    }
    for Setting { name, value } in bound {
        if !settings.iter().any(|(known, _)| known == name) {
            settings.push((name.clone(), value.clone()));
        }
    }
    for setting in &mut settings {
        if setting.1 == Value::Missing {
            setting.1 = stand_in(&setting.0)?;
        }
    }
    let request = request(model.capability, "", &settings);
    endpoint.refuse(&request).map(|lacking| format!("`{name}` is bound to {}: {lacking}", endpoint.name()))
}

/// A request of the kind that a model is for, with a text and settings.
pub fn request(capability: Capability, text: &str, settings: &[(Arc<str>, Value)]) -> Request {
    let text: Arc<str> = text.into();
    match capability {
        Capability::Chat | Capability::Vision => {
            let turns = vec![Turn { speaker: Speaker::User, text, images: Vec::new() }];
            Request::Chat(ChatRequest { turns, parameters: parameters(settings), ..ChatRequest::default() })
        }
        Capability::Image => Request::Paint(picture(text, settings)),
        // These take no settings, which `check` sees to.
        Capability::Embed => Request::Embed(vec![text]),
        Capability::Classify => Request::Classify(text),
        Capability::Search => Request::Search(SearchRequest { query: text, top: 3, images: false }),
        Capability::Page => Request::Fetch(text),
    }
}

/// A value for a setting whose own is not known yet.
fn stand_in(setting: &str) -> Option<Value> {
    Some(match setting {
        "temperature" | "top_p" => Value::Float(0.5),
        "max_tokens" | "seed" => Value::Int(1),
        "stop" => Value::text("."),
        "reasoning_effort" => Value::text("low"),
        "size" => Value::text("1x1"),
        _ => return None,
    })
}

/// What a provider is asked for by a model of this kind.
pub fn capability_of(capability: Capability) -> capability::Capability {
    match capability {
        Capability::Chat => capability::Capability::Chat,
        Capability::Vision => capability::Capability::Vision,
        Capability::Image => capability::Capability::Image,
        Capability::Embed => capability::Capability::Embed,
        Capability::Classify => capability::Capability::Classify,
        Capability::Search => capability::Capability::Search,
        Capability::Page => capability::Capability::Fetch,
    }
}
