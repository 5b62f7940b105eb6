//! Calls that a run which asks nobody would have made.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::engine::allowance::Asking;
use crate::engine::batches::{self, Queueing};
use crate::engine::gauges::Meters;
use crate::engine::last_words;
use crate::engine::stand_in::{stand_in, typical_output};
use crate::eval::effects::Answered;
use crate::models::endpoint::Endpoint;
use crate::models::forecast::Forecast;
use crate::models::lengths::Lengths;
use crate::models::reply::{Outcome, Reply, Usage};
use crate::models::request::Request;
use crate::store::CallKey;

use super::{Caller, Made, microdollars};

/// What a call would take that nobody made.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    forecast: Forecast,
    cost: u64,
    /// What it costs is not known.
    unpriced: bool,
    /// What it costs at most, where that is known.
    most: Option<u64>,
    /// No reply like it has come.
    guessed: bool,
}

impl Expected {
    pub(super) fn count(&self, gauge: Meters<'_>) {
        gauge.add(|gauge| &gauge.absent, 1);
        gauge.add(|gauge| &gauge.expected_tokens, self.forecast.tokens());
        gauge.add(|gauge| &gauge.expected_cost, self.cost);
        gauge.add(|gauge| &gauge.unpriced, self.unpriced.into());
        gauge.add(|gauge| &gauge.most_cost, self.most.unwrap_or_default());
        gauge.add(|gauge| &gauge.unbounded, self.most.is_none().into());
        gauge.add(|gauge| &gauge.guessed, self.guessed.into());
    }
}

impl Caller {
    /// What a run that asks nobody gives for a call that is not on record, where calls like it are
    /// known to take so much.
    pub(super) fn unasked(
        &self,
        endpoint: &Endpoint,
        key: CallKey,
        request: &Request,
        may_wait: bool,
        known: Option<Lengths>,
    ) -> Made {
        let is_out = self.asking().forecasts() && matches!(self.batches.standing(&key), Queueing::Out);
        let new = !is_out && self.absent.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        let forecast = endpoint.expected_by(request, &known.unwrap_or_default(), typical_output(request));
        let in_batch = may_wait
            && self.asking() == Asking::Forecast { batches: true }
            && endpoint.takes_batches_of(request);
        let share = if in_batch { batches::SHARE } else { 1.0 };
        let cost_of = |forecast| microdollars(endpoint.price_of(&forecast).map(|dollars| dollars * share));
        let cost = cost_of(forecast);
        let most = endpoint.is_bounded(request).then(|| cost_of(endpoint.most(request)).max(cost));
        let guessed = known.is_none() && matches!(request, Request::Chat(_));
        let unpriced = endpoint.lacks_price();
        let absent = new.then_some(Expected { forecast, cost, unpriced, most, guessed });
        if new {
            self.tallies.count(endpoint.name(), |tally| {
                tally.calls += 1;
                tally.input += forecast.input;
                tally.output += forecast.output;
                tally.microdollars += cost;
                tally.unpriced += u64::from(unpriced);
            });
        }
        if self.asking() == Asking::Nobody {
            return Made { absent, ..Made::failed(last_words::of(&self.store, key)) };
        }
        let content = stand_in(request, &forecast, &key.short());
        let usage = Usage { input: forecast.input, output: forecast.output, ..Usage::default() };
        let reply = Reply { outcome: Outcome::Complete, content, usage, served_by: None };
        let answered = Answered { reply, latency: Duration::ZERO };
        Made { answer: Ok(Arc::new(answered)), paid: None, absent, stands_in: true }
    }
}
