//! What must hold of the models that a run asks before any of them is: they can do what is asked of
//! them, and a budget knows their prices.

use std::collections::BTreeSet;

use crate::check::program::{Capability, ModelId};
use crate::eval::effects::Asked;
use crate::models::endpoint::Endpoint;
use crate::plan::unit::UnitId;

use super::error::{RunError, Unpriced};
use super::run::Run;
use super::unsuited;

impl Run {
    /// Refuses models that have nothing for what the units ask of them, in a plan too; and in a run a
    /// budget where a price is not known.
    pub(super) fn models_are_ready(&self, working: &[UnitId]) -> Result<(), RunError> {
        let allowance = self.caller.purse().allowance();
        let asks = allowance.asking.asks();
        if !asks && !allowance.asking.forecasts() {
            return Ok(());
        }
        let program = &self.ground.program;
        let mut lacking = Vec::new();
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
                lacking.extend(unsuited::of_work(program, *asked, endpoint));
            }
            let steps = &self.node(unit).steps[unit.steps.clone()];
            let endpoints = self.caller.endpoints();
            lacking.extend(steps.iter().flat_map(|step| unsuited::of_step(program, step, endpoints)));
        }
        if !lacking.is_empty() {
            return Err(RunError::Unsuited(unsuited::diagnostics(lacking)));
        }
        match asks && allowance.budget.is_some() && !unpriced.is_empty() {
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
}
