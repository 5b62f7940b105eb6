//! Requests as far as they are known before there is a row to ask about.

use std::sync::Arc;

use bytes::Bytes;

use crate::check::program::{Body, Capability, Expr, Message, NativeArgument, Sent};
use crate::data::value::Value;
use crate::digest::Digest;
use crate::eval::answer::schema;
use crate::eval::message::{parameters, picture};
use crate::models::capability;
use crate::models::request::{ChatRequest, Picture, Request, SearchRequest, Speaker, Turn};

/// A request of the kind that a model is for, with a text and settings.
pub fn request(capability: Capability, text: &str, settings: &[(Arc<str>, Value)]) -> Request {
    let text: Arc<str> = text.into();
    match capability {
        Capability::Chat | Capability::Vision => {
            let turns = vec![turn(Speaker::User, text)];
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

/// The request of a message without its settings: as many turns and pictures as it has at least,
/// and what the answer must be.
pub(super) fn of_message(capability: Capability, sent: &Sent<'_>) -> Request {
    match request(capability, "", &[]) {
        Request::Chat(chat) => Request::Chat(ChatRequest {
            system: sent.message.system.as_ref().map(|_| Arc::default()),
            turns: turns(sent.message),
            schema: sent.returns.and_then(schema).map(Arc::new),
            ..chat
        }),
        other => other,
    }
}

/// Whether it is plain from the file that a message carries pictures, or a conversation that may.
pub fn shows_pictures(message: &Message) -> bool {
    !message.images.is_empty() || matches!(message.body, Body::Turns(_))
}

/// A value for a setting whose own is not known yet.
pub(super) fn stand_in(setting: &str) -> Option<Value> {
    Some(match setting {
        "temperature" | "top_p" => Value::Float(0.5),
        "max_tokens" | "seed" => Value::Int(1),
        "stop" => Value::text("."),
        "reasoning_effort" => Value::text("low"),
        "size" => Value::text("1x1"),
        _ => return None,
    })
}

fn turns(message: &Message) -> Vec<Turn> {
    let mut turns = Vec::new();
    if let Body::Turns(written) = &message.body {
        gather(written, &mut turns);
    }
    if turns.is_empty() {
        turns.push(turn(Speaker::User, Arc::default()));
    }
    if let Some(first) = turns.first_mut() {
        first.images.extend(message.images.iter().map(|_| blank()));
    }
    turns
}

/// The turns that are written out; a conversation from elsewhere may have any number.
fn gather(written: &Expr, turns: &mut Vec<Turn>) {
    let Expr::Native(call) = written else { return };
    let speaker = match &*call.name {
        "prelude.conversation" => {
            for argument in &call.arguments {
                if let NativeArgument::Value(Expr::List(parts)) = argument {
                    parts.iter().for_each(|part| gather(part, turns));
                }
            }
            return;
        }
        "prelude.user" | "prelude.user_with_image" => Speaker::User,
        "prelude.assistant" => Speaker::Assistant,
        _ => return,
    };
    let mut said = turn(speaker, Arc::default());
    if &*call.name == "prelude.user_with_image" {
        said.images.push(blank());
    }
    turns.push(said);
}

fn turn(speaker: Speaker, text: Arc<str>) -> Turn {
    Turn { speaker, text, images: Vec::new() }
}

/// In place of a picture that is not known yet.
fn blank() -> Picture {
    Picture { digest: Digest::of(&[]), media_type: "image/png".into(), bytes: Bytes::new() }
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
