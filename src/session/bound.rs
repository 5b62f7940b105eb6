//! What the models of a program are bound to, with all that is known of them before any is asked.

use std::sync::Arc;

use crate::check::program::{BindingKind, Capability, Program};
use crate::diagnostics::place::Place;
use crate::diagnostics::source::Sources;
use crate::engine::endpoints::{EndpointSettings, Endpoints, binding_of, bindings};
use crate::engine::sketch::capability_of;
use crate::engine::unsuited::{self, Part};
use crate::eval::message::shown;
use crate::models::endpoint::{Endpoint, EndpointSpec};
use crate::models::key_state::KeyState;
use crate::models::prices::{Price, Prices};
use crate::report::models_view::{KeyView, LimitsView, ModelView, PriceView};

/// The models of a program, one for each binding and one for each model that is bound to nothing;
/// `run` is the program's name in a suite.
pub fn bound(
    program: &Program,
    endpoints: &Endpoints,
    settings: &dyn EndpointSettings,
    sources: &Sources,
    run: Option<&str>,
) -> Vec<ModelView> {
    let mut views = Vec::new();
    let view = |at: usize| {
        let model = &program.models[at];
        let name = match run {
            Some(run) => format!("{run}.{}", model.name),
            None => model.name.to_string(),
        };
        ModelView { model: name, kind: capability_of(model.capability).name(), ..ModelView::default() }
    };
    for asked in bindings(program) {
        let Some(binding) = binding_of(program, asked) else { continue };
        let at = asked.model.0 as usize;
        let mut view = ModelView { name: binding.name.to_string(), ..view(at) };
        match (&binding.kind, endpoints.get(asked)) {
            (BindingKind::Scripted { .. }, _) => view.planted = Some("planted in the file".to_owned()),
            (BindingKind::Replay { path, .. }, _) => view.planted = Some(format!("recorded in {path}")),
            (BindingKind::Remote { settings: stated, .. }, Some(endpoint)) => {
                view.of_endpoint(endpoint, settings);
                let own = stated.iter().filter(|it| !matches!(&*it.name, "base_url" | "identity"));
                view.settings = own.map(|it| (it.name.to_string(), shown(&it.value))).collect();
                let lacking = unsuited::of_model(program, asked, endpoint);
                view.problems.extend(lacking.into_iter().map(|lacking| match &lacking.part {
                    Part::Setting(..) | Part::Shape => {
                        format!("{}: {}", Place::of(lacking.place, sources), lacking.problem)
                    }
                    Part::Work | Part::Bound(_) => lacking.problem,
                }));
            }
            (BindingKind::Remote { .. }, None) => view.problems.push("no endpoint is bound".to_owned()),
        }
        views.push(view);
    }
    for (at, model) in program.models.iter().enumerate().filter(|(_, model)| model.bindings.is_empty()) {
        let mut view = view(at);
        match model.capability {
            // Nobody binds what pages are read with.
            Capability::Page => view.planted = Some("pages, fetched from where they are".to_owned()),
            other => {
                let example = example(other);
                view.problems.push(format!("bound to nothing: --bind {}={example}", model.name));
            }
        }
        views.push(view);
    }
    views
}

impl ModelView {
    fn of_endpoint(&mut self, endpoint: &Arc<Endpoint>, settings: &dyn EndpointSettings) {
        let (provider, model) = (endpoint.provider(), endpoint.model());
        self.provider = Some(provider.name());
        self.provider_model = Some(model.to_string());
        self.address = (!endpoint.is_hosted() && !endpoint.base_url().is_empty())
            .then(|| endpoint.base_url().to_owned());
        let limits = endpoint.limits();
        self.limits = Some(LimitsView {
            concurrency: limits.concurrency,
            requests_per_second: limits.requests_per_second,
            requests_per_minute: limits.requests_per_minute,
            tokens_per_minute: limits.tokens_per_minute,
        });
        self.key = Some(match endpoint.key_state() {
            KeyState::Unneeded => KeyView { place: None, present: None, needed: false },
            KeyState::Present { place } => KeyView { place: Some(place), present: Some(true), needed: true },
            KeyState::Optional { place } => {
                KeyView { place: Some(place), present: Some(false), needed: false }
            }
            KeyState::Missing { place, problem } => {
                self.problems.push(problem);
                KeyView { place: Some(place), present: Some(false), needed: true }
            }
        });
        self.is_hosted = endpoint.is_hosted();
        let stated = settings.complete(EndpointSpec::new(provider, model)).price.is_some();
        let built_in = Prices::built_in();
        let from = match (stated, built_in.of(provider, model)) {
            (true, _) => "tgp.toml",
            (false, Some(_)) => built_in.as_of(),
            (false, None) => "own network",
        };
        self.price_name = Some(endpoint.name().to_owned());
        self.price = endpoint.price().map(|Price { input, cached, output, image, request }| PriceView {
            input,
            cached,
            output,
            image,
            request,
            from: from.to_owned(),
        });
    }
}

/// A binding of the kind that is wanted.
fn example(asks: Capability) -> &'static str {
    match asks {
        Capability::Image => "openai/gpt-image-1",
        Capability::Embed => "openai/text-embedding-3-small",
        Capability::Classify => "openai/omni-moderation-latest",
        Capability::Search => "brave",
        Capability::Chat | Capability::Vision | Capability::Page => "openai/gpt-4o",
    }
}
