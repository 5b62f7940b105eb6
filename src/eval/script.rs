//! Models that live in the program: planted behaviour and recorded replies.

use std::sync::Arc;

use crate::check::program::{BindingKind, Guard, LocalModel, Script, ScriptReply};
use crate::data::value::{Image, Value};
use crate::models::reply::{CallFailure, Content, FailureCause, Hit, Outcome, Page};
use crate::models::request::{Picture, Request, Speaker};

use super::ask::{local, text_reply};
use super::effects::{Answer, Asked};
use super::halt::Evaluated;
use super::operator::number;
use super::scope::Scope;

/// The media type of a picture that a scripted model painted: its bytes are the text it shows.
pub const PLANTED: &str = "text/x-planted-picture";

/// The first arm that applies answers.
pub fn answer(scope: &mut Scope<'_>, asked: Asked, request: &Request, sample: u32) -> Evaluated<Answer> {
    let step = scope.step;
    let Some(LocalModel::Script(script)) = step.local_models.get(&(asked.model, asked.binding)) else {
        return Ok(no_answer());
    };
    let binding = scope.ground.binding(asked);
    let name = binding.map(|binding| binding.name.clone()).unwrap_or_default();
    // Draws go by the name that a script was given, not by that of the model it stands for.
    let named = binding.is_none_or(|binding| binding.kind != BindingKind::Scripted { named: false });
    let drawn_as = if named { name.clone() } else { Arc::default() };
    let view = View::of(request);
    let outer = std::mem::replace(&mut scope.frame, vec![Value::Missing; script.frame as usize]);
    let awaited = std::mem::take(&mut scope.awaited);
    scope.set(Script::PROMPT, Value::Text(view.prompt));
    scope.set(Script::SYSTEM, view.system.map_or(Value::Missing, Value::Text));
    scope.set(Script::SEEN, view.seen.map_or(Value::Missing, Value::Text));
    scope.set(Script::TURN, Value::Int(view.turn));
    scope.set(Script::MODEL, Value::Text(name));
    scope.set(Script::SAMPLE, Value::Int(i64::from(sample)));
    let result = first_arm(scope, script, &drawn_as, sample, request);
    scope.frame = outer;
    scope.awaited = awaited;
    result
}

fn first_arm(
    scope: &mut Scope<'_>,
    script: &Script,
    name: &str,
    sample: u32,
    request: &Request,
) -> Evaluated<Answer> {
    // One draw for all shares of the script: they stand side by side.
    let mut draw = scope.stream(name, sample).unit();
    for arm in &script.arms {
        let applies = match &arm.guard {
            Guard::Always => true,
            Guard::When(condition) => scope.holds(condition)?,
            Guard::Share(share) => {
                let falls = draw < *share;
                draw -= share;
                falls
            }
        };
        if applies {
            return Ok(match &arm.reply {
                ScriptReply::Value(value) => content(scope, request, Outcome::Complete, &value.clone())?,
                ScriptReply::Cut(value) => content(scope, request, Outcome::Cut, &value.clone())?,
                ScriptReply::Blocked => local(Outcome::Blocked, Content::None),
                ScriptReply::Empty => text_reply(Outcome::Empty, "".into()),
                ScriptReply::Failed => no_answer(),
            });
        }
    }
    Ok(no_answer())
}

fn content(
    scope: &mut Scope<'_>,
    request: &Request,
    outcome: Outcome,
    expr: &crate::check::program::Expr,
) -> Evaluated<Answer> {
    let value = scope.eval(expr)?;
    Ok(match (request, value) {
        (_, Value::Missing) => text_reply(Outcome::Empty, "".into()),
        (Request::Chat(_), Value::Text(text)) => text_reply(outcome, text),
        (Request::Paint(paint), Value::Text(text)) => {
            local(outcome, Content::Pictures(vec![plant(&text); paint.count.max(1) as usize]))
        }
        (Request::Embed(_), Value::List(items)) => {
            local(outcome, Content::Vectors(vec![items.iter().filter_map(number).collect()]))
        }
        (Request::Classify(_), Value::Json(json)) => {
            let scores = json.as_object().into_iter().flatten();
            let scores = scores.filter_map(|(name, score)| Some((Arc::from(name.as_str()), score.as_f64()?)));
            local(outcome, Content::Scores(scores.collect()))
        }
        (Request::Classify(_), value) => local(
            outcome,
            Content::Scores(number(&value).map(|score| (Arc::from("score"), score)).into_iter().collect()),
        ),
        (Request::Search(search), Value::List(items)) => {
            let hits = items.iter().take(search.top as usize).filter_map(hit);
            local(
                outcome,
                if search.images {
                    Content::Pictures(hits.map(|hit| plant(&hit.text)).collect())
                } else {
                    Content::Hits(hits.collect())
                },
            )
        }
        (Request::Fetch(_), value) => match hit(&value) {
            Some(Hit { url, title, text }) => local(outcome, Content::Page(Page { url, title, text })),
            None => no_answer(),
        },
        _ => no_answer(),
    })
}

/// A picture that shows a text.
pub fn plant(text: &str) -> Picture {
    let bytes = bytes::Bytes::copy_from_slice(text.as_bytes());
    Picture { digest: crate::digest::Digest::of(&bytes), media_type: PLANTED.into(), bytes }
}

/// What a search finds and a fetch reads: `{ url, title, text }`.
fn hit(value: &Value) -> Option<Hit> {
    let Value::Record(fields) = value else { return None };
    let text = |place: usize| match fields.get(place) {
        Some(Value::Text(text)) => text.clone(),
        _ => "".into(),
    };
    Some(Hit { url: text(0), title: text(1), text: text(2) })
}

fn no_answer() -> Answer {
    Err(CallFailure { cause: FailureCause::Planted, attempts: 0, excerpt: String::new() })
}

/// The recorded reply for this row.
pub fn replay(scope: &Scope<'_>, asked: Asked) -> Answer {
    let key = match scope.step.local_models.get(&(asked.model, asked.binding)) {
        Some(LocalModel::Replay { key }) => key.iter().map(|slot| scope.slot(*slot)).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    match scope.ground.recordings.get().and_then(|all| all.get(asked)?.get(&key)) {
        Some(text) => {
            text_reply(if text.is_empty() { Outcome::Empty } else { Outcome::Complete }, text.clone())
        }
        None => Err(CallFailure { cause: FailureCause::NotRecorded, attempts: 0, excerpt: String::new() }),
    }
}

/// What a script sees of a request.
struct View {
    prompt: Arc<str>,
    system: Option<Arc<str>>,
    seen: Option<Arc<str>>,
    turn: i64,
}

impl View {
    fn of(request: &Request) -> View {
        let only = |prompt: &Arc<str>| View { prompt: prompt.clone(), system: None, seen: None, turn: 0 };
        match request {
            Request::Chat(chat) => {
                let users = || chat.turns.iter().filter(|turn| turn.speaker == Speaker::User);
                let shown = chat.turns.iter().flat_map(|turn| &turn.images).map(planted);
                let shown: Vec<String> = shown.collect();
                View {
                    prompt: users().next_back().map(|turn| turn.text.clone()).unwrap_or_default(),
                    system: chat.system.clone(),
                    seen: (!shown.is_empty()).then(|| shown.join("\n").into()),
                    turn: users().count().saturating_sub(1) as i64,
                }
            }
            Request::Paint(paint) => only(&paint.prompt),
            Request::Embed(texts) => only(&texts.first().cloned().unwrap_or_default()),
            Request::Classify(text) | Request::Fetch(text) => only(text),
            Request::Search(search) => only(&search.query),
        }
    }
}

/// What a picture shows, where it was planted; else its content's name.
fn planted(picture: &Picture) -> String {
    if &*picture.media_type == PLANTED {
        String::from_utf8_lossy(&picture.bytes).into_owned()
    } else {
        picture.digest.hex()
    }
}

/// A picture as a value, its bytes kept.
pub fn keep(scope: &Scope<'_>, picture: &Picture) -> Option<Value> {
    let digest = scope.ground.pictures.keep_picture(&picture.bytes)?;
    Some(Value::Image(Arc::new(Image { digest, media_type: picture.media_type.clone() })))
}
