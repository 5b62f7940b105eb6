//! `query`: the model under test answers.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use crate::check::program::{BindingKind, Capability, Query, Step};
use crate::data::row::{Failure, Reason};
use crate::data::types::Type;
use crate::data::value::Value;
use crate::eval::ask::{answer, failure_of};
use crate::eval::effects::Asked;
use crate::eval::halt::{Evaluated, Halt};
use crate::eval::message::{picture, render, settings};
use crate::eval::scope::Scope;
use crate::eval::script::keep;
use crate::models::reply::{Content, Outcome, Usage};
use crate::models::request::{Request, Speaker, Turn};

use super::state::State;
use super::stream::Runner;

/// How many slots a query appends.
pub fn columns(query: &Query) -> usize {
    5 + usize::from(query.usage) + usize::from(query.latency)
}

/// What one sample of one model gave.
struct Given {
    reply: Value,
    /// The pictures of the same reply after the first.
    further: Vec<Value>,
    /// How the reply ended; nothing where none came.
    outcome: Option<&'static str>,
    usage: Usage,
    /// Nothing where it was not measured, as with a reply that came in a batch.
    latency: Option<Duration>,
    failure: Option<Failure>,
}

impl Given {
    fn nothing() -> Given {
        Given {
            reply: Value::Missing,
            further: Vec::new(),
            outcome: None,
            usage: Usage::default(),
            latency: None,
            failure: None,
        }
    }
}

impl Runner<'_> {
    pub(super) fn query(&mut self, at: usize, step: &Step, query: &Query, state: State) {
        let Some(asked) = self.stream.target else { return };
        let name: Arc<str> =
            self.stream.ground.binding(asked).map(|binding| binding.name.clone()).unwrap_or_default();
        for sample in 0..query.samples {
            // What the model answers goes by the row that is asked, not by the row made of it.
            let given =
                exchange(&mut self.stream.scope(at, step, &state, self.effects), query, asked, sample);
            let mut given = match given {
                Ok(given) => given,
                Err(Halt::Fail(failure)) => Given { failure: Some(*failure), ..Given::nothing() },
                Err(Halt::Waiting) => {
                    self.waiting = true;
                    continue;
                }
                Err(Halt::Drop) => continue,
            };
            let mut branch = state.branch(sample, "query", &identity(&name, sample));
            let mut further = Vec::new();
            // A reply with several pictures is a row for each; what it took stands at the first.
            for (picture, reply) in (0..).zip(std::mem::take(&mut given.further)) {
                let number = sample + (picture + 1) * query.samples;
                let mut branch = state.branch(number, "query", &identity(&name, number));
                let more =
                    Given { reply, outcome: given.outcome, latency: given.latency, ..Given::nothing() };
                answered(&mut branch, &name, number, query, more);
                further.push(branch);
            }
            answered(&mut branch, &name, sample, query, given);
            self.from(at + 1, branch);
            further.into_iter().for_each(|branch| self.from(at + 1, branch));
        }
    }

    /// A row that failed before it could be asked: missing for each model and sample that it would
    /// have gone to.
    pub(super) fn unasked(&mut self, at: usize, query: &Query, state: &State) {
        let Some(asked) = self.stream.target else { return };
        let name: Arc<str> =
            self.stream.ground.binding(asked).map(|binding| binding.name.clone()).unwrap_or_default();
        for sample in 0..query.samples {
            let mut branch = state.branch(sample, "query", &identity(&name, sample));
            branch.values.push(Value::Text(name.clone()));
            branch.values.push(Value::Int(i64::from(sample)));
            branch.pad(columns(query) - 2);
            self.from(at + 1, branch);
        }
    }
}

/// Appends the columns of a query.
fn answered(branch: &mut State, name: &Arc<str>, sample: u32, query: &Query, given: Given) {
    branch.values.push(Value::Text(name.clone()));
    branch.values.push(Value::Int(i64::from(sample)));
    branch.values.push(given.reply);
    branch.values.push(given.outcome.map_or(Value::Missing, Value::text));
    branch.values.push(Value::Bool(given.outcome == Some("blocked")));
    if query.usage {
        let counts = [given.usage.input, given.usage.output].map(|count| Value::Int(count as i64));
        branch.values.push(Value::Record(counts.into_iter().collect()));
    }
    if query.latency {
        branch.values.push(given.latency.map_or(Value::Missing, |it| Value::Float(it.as_secs_f64())));
    }
    branch.failure = given.failure.map(Arc::new);
}

/// What tells apart the rows that a query makes of one row.
fn identity(model: &str, sample: u32) -> SmallVec<[u8; 64]> {
    let mut identity = SmallVec::from_slice(model.as_bytes());
    identity.push(0);
    identity.extend_from_slice(&sample.to_le_bytes());
    identity
}

/// One conversation with the model: each user turn is answered before the next is sent.
fn exchange(scope: &mut Scope<'_>, query: &Query, asked: Asked, sample: u32) -> Evaluated<Given> {
    let Some(rendered) = render(scope, &query.message)? else {
        return Err(Halt::undefined("the prompt has a hole without a value"));
    };
    let paints = scope.ground.model(asked).is_some_and(|model| model.capability == Capability::Image);
    let mut sent: Vec<Turn> = Vec::with_capacity(rendered.turns.len());
    let mut replies = Vec::new();
    let mut further = Vec::new();
    let mut outcome = Outcome::Complete;
    let mut usage = Usage::default();
    let mut latency = Some(Duration::ZERO);
    let is_remote =
        matches!(scope.ground.binding(asked).map(|it| &it.kind), Some(BindingKind::Remote { .. }));
    let mut turns = rendered.turns.iter().peekable();
    while let Some(turn) = turns.next() {
        sent.push(turn.clone());
        // An answer that the file gives itself is not asked for.
        if turn.speaker == Speaker::Assistant
            || turns.peek().is_some_and(|next| next.speaker == Speaker::Assistant)
        {
            continue;
        }
        let place = replies.len() as u32;
        let request = |scope: &Scope<'_>| {
            Ok(match paints {
                true => {
                    Request::Paint(picture(turn.text.clone(), &settings(scope, asked, &rendered.settings)?))
                }
                false => Request::Chat(rendered.chat(scope, asked, sent.clone(), None)?),
            })
        };
        let answer =
            scope.at(place, |scope| scope.at(sample, |scope| answer(scope, asked, sample, request)))?;
        let answered = match answer {
            Ok(answered) => answered,
            Err(failure) => return Err(Halt::Fail(Box::new(failure_of(&failure)))),
        };
        let measured = !is_remote || !answered.latency.is_zero();
        latency = latency.filter(|_| measured).map(|sum| sum + answered.latency);
        let reply = &answered.reply;
        outcome = reply.outcome;
        usage.input += reply.usage.input;
        usage.output += reply.usage.output;
        match &reply.content {
            _ if outcome == Outcome::Blocked => break,
            Content::Text(text) => {
                sent.push(Turn { speaker: Speaker::Assistant, text: text.clone(), images: Vec::new() });
                replies.push(Value::Text(text.clone()));
            }
            Content::Pictures(pictures) => {
                let mut kept = pictures.iter().map(|picture| keep(scope, picture).unwrap_or(Value::Missing));
                replies.push(kept.next().unwrap_or(Value::Missing));
                further = kept.collect();
            }
            _ => replies.push(Value::text("")),
        }
    }
    if outcome == Outcome::Blocked {
        let failure = Failure {
            reason: Reason::Blocked,
            message: "the provider's filter answered instead of the model".into(),
            attempts: 1,
            excerpt: "".into(),
        };
        return Ok(Given {
            reply: Value::Missing,
            further: Vec::new(),
            outcome: Some("blocked"),
            usage,
            latency,
            failure: Some(failure),
        });
    }
    let reply = match &query.reply {
        Type::List(_) => Value::List(replies.into()),
        _ => replies.pop().unwrap_or(Value::Missing),
    };
    let outcome = match outcome {
        Outcome::Cut => "cut",
        Outcome::Empty => "empty",
        _ => "complete",
    };
    Ok(Given { reply, further, outcome: Some(outcome), usage, latency, failure: None })
}
