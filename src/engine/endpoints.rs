//! The endpoints behind a program's remote bindings.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::program::{BindingKind, Capability, Program, Setting};
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::eval::effects::Asked;
use crate::models::attempt::Observer;
use crate::models::endpoint::{Endpoint, EndpointSpec};
use crate::models::provider::ProviderKind;
use crate::plan::canonical;
use crate::plan::unit::Unit;
use crate::world::World;

use super::error::RunError;

/// What is stated about endpoints outside the program, such as in `tgp.toml`.
pub trait EndpointSettings: Send + Sync {
    /// Adds limits, addresses and key sources to the specification of an endpoint.
    fn complete(&self, spec: EndpointSpec) -> EndpointSpec;
}

/// Nothing stated.
pub struct NoSettings;

impl EndpointSettings for NoSettings {
    fn complete(&self, spec: EndpointSpec) -> EndpointSpec {
        spec
    }
}

/// The endpoints of a run. Bindings to the same model share one, and so its limits.
#[derive(Default)]
pub struct Endpoints {
    by_binding: BTreeMap<Asked, Arc<Endpoint>>,
    /// Fetches pages, where the program doesn't plant them.
    page: Option<Arc<Endpoint>>,
}

impl Endpoints {
    /// Sets up the endpoints that the program's bindings name. Makes no connection.
    pub fn open(
        program: &Program,
        settings: &dyn EndpointSettings,
        world: &Arc<dyn World>,
        observer: Option<&Observer>,
    ) -> Result<Endpoints, RunError> {
        let mut endpoints = Endpoints::default();
        let mut shared: BTreeMap<String, Arc<Endpoint>> = BTreeMap::new();
        let mut open = |provider: ProviderKind, model: &str, own: &[Setting<Value>]| {
            let mut spec = settings.complete(EndpointSpec::new(provider, model));
            place(&mut spec, own);
            let key = format!("{spec:?}");
            if let Some(known) = shared.get(&key) {
                return Ok(known.clone());
            }
            let endpoint =
                Endpoint::open(spec, world.clone()).map_err(|error| RunError::Endpoint(error.to_string()))?;
            let endpoint = match observer {
                Some(observer) => endpoint.observed_by(observer.clone()),
                None => endpoint,
            };
            let endpoint = Arc::new(endpoint);
            shared.insert(key, endpoint.clone());
            Ok::<_, RunError>(endpoint)
        };
        for asked in bindings(program) {
            let Some(binding) = binding_of(program, asked) else { continue };
            let BindingKind::Remote { provider, model, settings } = &binding.kind else { continue };
            let kind = ProviderKind::named(provider)
                .ok_or_else(|| RunError::Endpoint(format!("there is no provider `{provider}`")))?;
            endpoints.by_binding.insert(asked, open(kind, model, settings)?);
        }
        if program
            .models
            .iter()
            .any(|model| model.capability == Capability::Page && model.bindings.is_empty())
        {
            endpoints.page = Some(open(ProviderKind::Web, "", &[])?);
        }
        Ok(endpoints)
    }

    pub fn get(&self, asked: Asked) -> Option<&Arc<Endpoint>> {
        self.by_binding.get(&asked).or(self.page.as_ref())
    }

    /// Lets no endpoint send anything more.
    pub fn stop(&self) {
        self.by_binding.values().chain(&self.page).for_each(|endpoint| endpoint.stop());
    }

    /// The endpoints with their bindings, in the order of the program.
    pub fn iter(&self) -> impl Iterator<Item = (&Asked, &Arc<Endpoint>)> {
        self.by_binding.iter()
    }

    /// Those that a unit asks: its models', and for a query the one of the target it works for.
    pub fn asked_by(&self, unit: &Unit, target: Option<Asked>) -> impl Iterator<Item = &Arc<Endpoint>> {
        let asks = move |asked: &Asked| unit.models.contains(&asked.model) || target == Some(*asked);
        self.by_binding.iter().filter(move |(asked, _)| asks(asked)).map(|(_, endpoint)| endpoint)
    }

    /// What identifies each binding beyond the program's text: the server behind a remote one,
    /// the file behind a recorded one.
    pub fn identities(
        &self,
        program: &Program,
        recorded: &BTreeMap<Asked, Digest>,
    ) -> canonical::ModelIdentities {
        let identity = |asked: Asked| {
            let mut hasher = Hasher::new("tgp.binding.v1");
            if let Some(binding) = binding_of(program, asked) {
                hasher.text(&canonical::binding(binding));
            }
            if let Some(endpoint) = self.by_binding.get(&asked) {
                let probe = crate::models::request::Request::Fetch("".into());
                hasher.digest(&endpoint.call_key(&probe, 0, None));
            }
            if let Some(file) = recorded.get(&asked) {
                hasher.digest(file);
            }
            hasher.finish()
        };
        let per_model = |(at, model): (usize, &crate::check::program::Model)| {
            let model_id = crate::check::program::ModelId(at as u32);
            (0..model.bindings.len() as u32)
                .map(|binding| identity(Asked { model: model_id, binding }))
                .collect()
        };
        program.models.iter().enumerate().map(per_model).collect()
    }
}

/// Takes over what a binding in the program says about the server; it goes over what is stated
/// outside.
fn place(spec: &mut EndpointSpec, settings: &[Setting<Value>]) {
    for setting in settings {
        let Value::Text(text) = &setting.value else { continue };
        match &*setting.name {
            "base_url" => spec.base_url = Some(text.to_string()),
            "identity" => spec.identity = Some(text.to_string()),
            _ => {}
        }
    }
}

/// All bindings of a program, in its order.
pub fn bindings(program: &Program) -> impl Iterator<Item = Asked> + '_ {
    program.models.iter().enumerate().flat_map(|(at, model)| {
        let model_id = crate::check::program::ModelId(at as u32);
        (0..model.bindings.len() as u32).map(move |binding| Asked { model: model_id, binding })
    })
}

pub fn binding_of(program: &Program, asked: Asked) -> Option<&crate::check::program::Binding> {
    program.models.get(asked.model.0 as usize)?.bindings.get(asked.binding as usize)
}
