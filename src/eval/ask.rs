//! Asking a model: the request, the answer, and asking again.

use std::sync::Arc;
use std::time::Duration;

use crate::check::program::{Ask, BindingKind, Otherwise};
use crate::data::json::Repair;
use crate::data::row::{Failure, Reason};
use crate::data::value::Value;
use crate::models::reply::{CallFailure, Content, FailureCause, Outcome, Reply, Usage};
use crate::models::request::{Request, Speaker, Turn};

use super::answer::{Meant, read, schema};
use super::effects::{Answer, Answered, Asked, Call, Path};
use super::halt::{Evaluated, Halt};
use super::message::{Rendered, render};
use super::scope::Scope;
use super::script;

/// The value of an `ask`.
pub fn ask(scope: &mut Scope<'_>, ask: &Ask) -> Evaluated {
    scope.at(ask.site, |scope| {
        let Some(rendered) = render(scope, &ask.message)? else { return Ok(Value::Missing) };
        let Some(asked) = scope.asked(ask.model) else {
            return Err(Halt::undefined("no model is bound here"));
        };
        if ask.samples <= 1 {
            return one(scope, ask, asked, &rendered, 0);
        }
        let mut values = Vec::new();
        let mut waiting = false;
        for sample in 0..ask.samples {
            match one(scope, ask, asked, &rendered, sample) {
                Ok(value) => values.push(value),
                Err(Halt::Waiting) => waiting = true,
                Err(halt) => return Err(halt),
            }
        }
        if waiting { Err(Halt::Waiting) } else { Ok(Value::List(values.into())) }
    })
}

/// One sample of an `ask`: asks until the answer is of the type and satisfies `until`.
fn one(scope: &mut Scope<'_>, ask: &Ask, asked: Asked, rendered: &Rendered, sample: u32) -> Evaluated {
    let schema = schema(&ask.returns);
    let mut turns = rendered.turns.clone();
    let mut problem = String::new();
    let mut reason = Reason::Invalid;
    let mut excerpt: Arc<str> = "".into();
    for attempt in 0..=ask.retries {
        // An answer that is refused by `until` is asked for anew, as a sample of its own.
        let number = sample + attempt * ask.samples.max(1);
        let request = |scope: &Scope<'_>| {
            Ok(Request::Chat(rendered.chat(scope, asked, turns.clone(), schema.clone())?))
        };
        let given = scope.at(number, |scope| answer(scope, asked, number, request))?;
        let reply = match given {
            Ok(answered) => answered,
            Err(failure) => return Err(failed(&failure)),
        };
        let reply = &reply.reply;
        let text = match (&reply.outcome, &reply.content) {
            (Outcome::Blocked, _) => {
                reason = Reason::Blocked;
                problem = "the provider's filter answered instead of the model".to_owned();
                break;
            }
            (_, Content::Text(text)) => text.clone(),
            _ => "".into(),
        };
        excerpt = text.chars().take(200).collect::<String>().into();
        match read(&text, &ask.returns) {
            Ok(Meant { value, repairs }) => {
                scope.at(number, |scope| mended(scope, asked, repairs));
                let Some(until) = &ask.until else { return Ok(value) };
                scope.set(ask.it, value.clone());
                if scope.at(number, |scope| scope.holds(until))? {
                    return Ok(value);
                }
                problem = "the answer does not satisfy `until`".to_owned();
            }
            Err(mismatch) => {
                turns.push(Turn { speaker: Speaker::Assistant, text, images: Vec::new() });
                let again =
                    format!("That answer can't be used: {mismatch}. Answer again, in the form asked for.");
                turns.push(Turn { speaker: Speaker::User, text: again.into(), images: Vec::new() });
                problem = match reply.outcome {
                    Outcome::Cut => format!(
                        "the answer was cut at the length limit, which a larger `max_tokens` moves: {mismatch}"
                    ),
                    Outcome::Empty => {
                        "the answer is empty; a model that thinks first may need a larger `max_tokens`"
                            .to_owned()
                    }
                    _ => mismatch,
                };
            }
        }
    }
    match &ask.otherwise {
        Otherwise::Drop => Err(Halt::Drop),
        Otherwise::Value(value) => scope.eval(value),
        Otherwise::Fail => Err(Halt::Fail(Box::new(Failure {
            reason,
            message: problem.into(),
            attempts: ask.retries + 1,
            excerpt,
        }))),
    }
}

/// The answer to one request at this place. Models of the program answer at once; for the others
/// the call is noted. The request is made out only where it is needed: to be answered, or read.
pub fn answer(
    scope: &mut Scope<'_>,
    asked: Asked,
    sample: u32,
    request: impl FnOnce(&Scope<'_>) -> Evaluated<Request>,
) -> Evaluated<Answer> {
    let path = place(scope, asked);
    if !scope.effects.is_listening()
        && let Some(answer) = scope.effects.known(&path)
    {
        return Ok(answer.clone());
    }
    let request = request(scope)?;
    let kind = scope.ground.binding(asked).map(|binding| &binding.kind);
    let answer = match kind {
        Some(BindingKind::Scripted { .. }) => script::answer(scope, asked, &request, sample)?,
        Some(BindingKind::Replay { .. }) => script::replay(scope, asked),
        Some(BindingKind::Remote { .. }) => match scope.effects.known(&path) {
            Some(answer) => answer.clone(),
            None => {
                scope.effects.want(path, Call { asked, request, sample });
                return Err(Halt::Waiting);
            }
        },
        None => return Err(Halt::undefined("no model is bound here")),
    };
    scope.effects.hear(path, || Call { asked, request, sample }, &answer);
    Ok(answer)
}

/// Where in the row's evaluation the call that is made here stands.
fn place(scope: &Scope<'_>, asked: Asked) -> Path {
    let mut path = scope.path.clone();
    path.extend([asked.model.0, asked.binding]);
    path
}

/// Notes what had to be repaired to read the answer of the call made here.
fn mended(scope: &mut Scope<'_>, asked: Asked, repairs: Vec<Repair>) {
    if !repairs.is_empty() {
        let path = place(scope, asked);
        scope.effects.mend(path, repairs);
    }
}

/// A row's failure for a call that brought no answer.
pub fn failed(failure: &CallFailure) -> Halt {
    Halt::Fail(Box::new(failure_of(failure)))
}

/// A call's failure as a row's.
pub fn failure_of(failure: &CallFailure) -> Failure {
    let reason = match failure.cause {
        FailureCause::NotRecorded => Reason::Missing,
        _ => Reason::Failed,
    };
    Failure {
        reason,
        message: failure.cause.to_string().into(),
        attempts: failure.attempts,
        excerpt: failure.excerpt.as_str().into(),
    }
}

/// What a model of the program answers.
pub fn local(outcome: Outcome, content: Content) -> Answer {
    let reply = Reply { outcome, content, usage: Usage::default(), served_by: None };
    Ok(Arc::new(Answered { reply, latency: Duration::ZERO }))
}

/// A local model's text as a reply.
pub fn text_reply(outcome: Outcome, text: Arc<str>) -> Answer {
    local(outcome, Content::Text(text))
}
