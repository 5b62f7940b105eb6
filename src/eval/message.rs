//! What is sent to a model, rendered for one row.

use std::sync::Arc;

use crate::check::program::setting::{picture_size, stop_words, token_limit, wanted_instead};
use crate::check::program::{Body, Message};
use crate::data::value::{self, Image, Value};
use crate::models::request::{ChatRequest, PaintRequest, Parameters, Picture, Speaker, Turn};

use super::effects::Asked;
use super::halt::{Evaluated, Halt};
use super::operator::number;
use super::scope::Scope;

/// A message with its holes filled.
pub struct Rendered {
    pub system: Option<Arc<str>>,
    /// Turns of the user to be answered one after the other; most often one.
    pub turns: Vec<Turn>,
    pub settings: Vec<(Arc<str>, Value)>,
}

/// Renders a message. Nothing where something in it is missing: then nothing is asked.
pub fn render(scope: &mut Scope<'_>, message: &Message) -> Evaluated<Option<Rendered>> {
    let system = match &message.system {
        Some(system) => match scope.eval(system)? {
            Value::Text(text) => Some(text),
            _ => return Ok(None),
        },
        None => None,
    };
    let mut pictures = Vec::new();
    for image in &message.images {
        let image = scope.eval(image)?;
        if !gather_pictures(scope, &image, &mut pictures)? {
            return Ok(None);
        }
    }
    let mut system = system;
    let mut turns = match &message.body {
        Body::User(text) => match scope.eval(text)? {
            Value::Text(text) => vec![Turn { speaker: Speaker::User, text, images: Vec::new() }],
            _ => return Ok(None),
        },
        Body::Turns(turns) => match scope.eval(turns)? {
            Value::Turns(turns) => {
                let mut rendered = Vec::with_capacity(turns.len());
                for turn in turns.iter() {
                    let speaker = match turn.speaker {
                        value::Speaker::User => Speaker::User,
                        value::Speaker::Assistant => Speaker::Assistant,
                        value::Speaker::System => {
                            system = Some(turn.text.clone());
                            continue;
                        }
                    };
                    let images =
                        turn.images.iter().map(|image| load(scope, image)).collect::<Evaluated<_>>()?;
                    rendered.push(Turn { speaker, text: turn.text.clone(), images });
                }
                rendered
            }
            _ => return Ok(None),
        },
    };
    if let Some(first) = turns.first_mut() {
        first.images.extend(pictures);
    }
    let mut settings = Vec::with_capacity(message.settings.len());
    for setting in &message.settings {
        settings.push((setting.name.clone(), scope.eval(&setting.value)?));
    }
    Ok(Some(Rendered { system, turns, settings }))
}

fn gather_pictures(scope: &Scope<'_>, value: &Value, into: &mut Vec<Picture>) -> Evaluated<bool> {
    match value {
        Value::Image(image) => into.push(load(scope, image)?),
        Value::List(items) => {
            for item in items.iter() {
                if !gather_pictures(scope, item, into)? {
                    return Ok(false);
                }
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn load(scope: &Scope<'_>, image: &Image) -> Evaluated<Picture> {
    let bytes = scope.ground.pictures.picture(&image.digest);
    let bytes = bytes.ok_or_else(|| {
        Halt::undefined(format!("picture {} is no longer in the store", image.digest.short()))
    })?;
    Ok(Picture { digest: image.digest, media_type: image.media_type.clone(), bytes })
}

impl Rendered {
    /// The request for the turns up to and with one of them.
    pub fn chat(
        &self,
        scope: &Scope<'_>,
        asked: Asked,
        turns: Vec<Turn>,
        schema: Option<serde_json::Value>,
    ) -> Evaluated<ChatRequest> {
        Ok(ChatRequest {
            system: self.system.clone(),
            turns,
            parameters: parameters(&settings(scope, asked, &self.settings)?),
            schema: schema.map(Arc::new),
        })
    }
}

/// The message's settings, and the binding's where the message has none of that name. One that no
/// model takes fails the row, for it could not be sent.
pub fn settings(
    scope: &Scope<'_>,
    asked: Asked,
    own: &[(Arc<str>, Value)],
) -> Evaluated<Vec<(Arc<str>, Value)>> {
    let mut all = own.to_vec();
    if let Some(crate::check::program::BindingKind::Remote { settings, .. }) =
        scope.ground.binding(asked).map(|binding| &binding.kind)
    {
        for setting in settings {
            if !all.iter().any(|(name, _)| *name == setting.name) {
                all.push((setting.name.clone(), setting.value.clone()));
            }
        }
    }
    for (name, value) in &all {
        if let Some(wanted) = wanted_instead(name, value) {
            return Err(Halt::undefined(format!("`{name}` must be {wanted}, not {}", shown(value))));
        }
    }
    Ok(all)
}

/// A setting's value as it is written.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        _ => "missing".to_owned(),
    }
}

/// How a chat is sampled by settings that models take.
pub fn parameters(settings: &[(Arc<str>, Value)]) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in settings {
        match &**name {
            "temperature" => parameters.temperature = number(value),
            "top_p" => parameters.top_p = number(value),
            "max_tokens" => parameters.max_tokens = token_limit(value),
            "seed" => {
                parameters.seed = match value {
                    Value::Int(seed) => Some(*seed),
                    _ => None,
                }
            }
            "stop" => parameters.stop = stop_words(value).unwrap_or_default(),
            "reasoning_effort" => {
                parameters.reasoning_effort = match value {
                    Value::Text(effort) => Some(effort.clone()),
                    _ => None,
                }
            }
            // `check` refuses names that mean nothing; `size` belongs to pictures, and an address
            // to the endpoint.
            _ => {}
        }
    }
    parameters
}

/// What is painted by settings that models take.
pub fn picture(prompt: Arc<str>, settings: &[(Arc<str>, Value)]) -> PaintRequest {
    let mut request = PaintRequest { prompt, count: 1, size: None, seed: None };
    for (name, value) in settings {
        match (&**name, value) {
            ("seed", Value::Int(seed)) => request.seed = Some(*seed),
            ("size", size) => request.size = picture_size(size),
            // `check` refuses the others.
            _ => {}
        }
    }
    request
}
