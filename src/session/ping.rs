//! Each bound model asked once, to see whether it answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::check::program::{BindingKind, Capability, ModelId, Program};
use crate::digest::Digest;
use crate::engine::endpoints::{EndpointSettings, Endpoints, binding_of, bindings};
use crate::engine::sketch::{capability_of, request, shows_pictures};
use crate::engine::unsuited;
use crate::models::endpoint::{Endpoint, EndpointSpec};
use crate::models::reply::{Content, Outcome, Reply};
use crate::models::request::{ChatRequest, Picture, Request};
use crate::report::models_view::PingView;
use crate::report::number::{count, counted};
use crate::text::shortened::shortened;

use super::way_out::way_out;

/// Characters of an answer that are shown.
const SHOWN: usize = 60;
/// A red square, of a size that no provider finds too small.
const PICTURE: &[u8] = include_bytes!("red.png");
/// The longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is stated about endpoints, for one question each: it is soon known whether one answers.
pub struct Briefly<'a>(pub &'a dyn EndpointSettings);

impl EndpointSettings for Briefly<'_> {
    fn complete(&self, spec: EndpointSpec) -> EndpointSpec {
        let mut spec = self.0.complete(spec);
        spec.limits.attempts = spec.limits.attempts.min(2);
        spec.limits.refusals = spec.limits.refusals.min(2);
        spec.limits.longest_wait = spec.limits.longest_wait.min(Duration::from_secs(5));
        spec.limits.total_timeout = spec.limits.total_timeout.min(PATIENCE);
        spec.limits.idle_timeout = spec.limits.idle_timeout.min(PATIENCE);
        spec.limits.outage = spec.limits.outage.min(Duration::from_secs(5));
        spec
    }
}

/// Asks each model of the programs that is bound to someone, at the same time; one that is bound
/// twice with the same settings once.
pub async fn ping(programs: &[(&Program, &Endpoints)]) -> Vec<PingView> {
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    let mut questions = Vec::new();
    for (program, endpoints) in programs {
        for one in bindings(program) {
            let model = program.models.get(one.model.0 as usize);
            let (Some(model), Some(binding), Some(endpoint)) =
                (model, binding_of(program, one), endpoints.get(one))
            else {
                continue;
            };
            let BindingKind::Remote { settings, .. } = &binding.kind else { continue };
            let own: Vec<_> = settings.iter().map(|it| (it.name.clone(), it.value.clone())).collect();
            let sees = model.capability == Capability::Vision && is_shown_pictures(program, one.model);
            let request = match request(model.capability, question(model.capability, sees), &own) {
                Request::Chat(chat) if sees => Request::Chat(with_picture(chat)),
                request => request,
            };
            let line = format!("{} {}", endpoint.base_url(), endpoint.canonical_json(&request));
            if asked.insert(line, questions.len()).is_none() {
                let problem = unsuited::of_binding(program, one, endpoint).into_iter().next();
                questions.push(Question {
                    name: binding.name.to_string(),
                    kind: capability_of(model.capability).name(),
                    sees,
                    endpoint: endpoint.clone(),
                    request,
                    problem: problem.map(|lacking| lacking.problem),
                });
            }
        }
    }
    join_all(questions.into_iter().map(answer)).await
}

/// What one model is asked.
struct Question {
    name: String,
    kind: &'static str,
    /// It is sent a picture.
    sees: bool,
    endpoint: Arc<Endpoint>,
    request: Request,
    /// Why it can't be asked.
    problem: Option<String>,
}

/// Whether it is plain from the file that the model is sent pictures. One that is declared as
/// `vision` and given conversations is, for that is what it is declared so for.
fn is_shown_pictures(program: &Program, model: ModelId) -> bool {
    let steps = program.nodes.iter().flat_map(|node| &node.steps);
    let mut sent = steps.flat_map(|step| program.sent_by(step));
    sent.any(|sent| sent.models.contains(&model) && shows_pictures(sent.message))
}

fn with_picture(mut chat: ChatRequest) -> ChatRequest {
    let picture =
        Picture { digest: Digest::of(PICTURE), media_type: "image/png".into(), bytes: PICTURE.into() };
    chat.turns.iter_mut().for_each(|turn| turn.images.push(picture.clone()));
    chat
}

fn question(capability: Capability, sees: bool) -> &'static str {
    match capability {
        Capability::Vision if sees => "Which colour is this? Say one word.",
        Capability::Image => "A grey circle on white.",
        Capability::Search => "lighthouse",
        Capability::Page => "https://example.org/",
        Capability::Embed | Capability::Classify => "A lighthouse at dusk.",
        Capability::Chat | Capability::Vision => "Say ok.",
    }
}

async fn answer(question: Question) -> PingView {
    let Question { name, kind, sees, endpoint, request, problem } = question;
    if let Some(problem) = problem {
        return PingView { name, kind, answer: Err(problem), seconds: None, microdollars: None };
    }
    let endpoint = &endpoint;
    match endpoint.ask(&request).await {
        Ok(brought) => {
            let pictures = match &brought.reply.content {
                Content::Pictures(pictures) => pictures.len() as u32,
                _ => 0,
            };
            let cost = endpoint.cost(&brought.reply.usage, pictures);
            let cost = match (cost, endpoint.lacks_price()) {
                (Some(dollars), _) => Some((dollars * 1e6).round() as u64),
                (None, false) => Some(0),
                (None, true) => None,
            };
            let seconds = Some(brought.raw.latency.as_secs_f64());
            let answer = said(endpoint, &brought.reply).map(|said| match sees {
                true => format!("{said}, shown a red square"),
                false => said,
            });
            PingView { name, kind, answer, seconds, microdollars: cost }
        }
        Err(failure) => {
            let answer = Err(way_out(endpoint, &failure, sees));
            PingView { name, kind, answer, seconds: None, microdollars: None }
        }
    }
}

/// What came back, in short.
fn said(endpoint: &Endpoint, reply: &Reply) -> Result<String, String> {
    let shown = |text: &str| shortened(&endpoint.shown(text), SHOWN).into_owned();
    match (&reply.outcome, &reply.content) {
        (Outcome::Blocked, _) => Err("the provider's filter answered instead of the model".to_owned()),
        (Outcome::Empty, Content::Text(_)) => {
            Err("the answer is empty; a model that thinks first may need a larger `max_tokens`".to_owned())
        }
        (_, Content::Text(text)) => Ok(format!("“{}”", shown(text))),
        (_, Content::Pictures(pictures)) => match pictures.first() {
            Some(first) => {
                Ok(format!("{} of {} bytes", shown(&first.media_type), count(first.bytes.len() as u64)))
            }
            None => Err("the answer holds no picture".to_owned()),
        },
        (_, Content::Vectors(vectors)) => match vectors.first() {
            Some(vector) if !vector.is_empty() => Ok(format!("a vector of {} numbers", vector.len())),
            _ => Err("the answer holds no vector".to_owned()),
        },
        (_, Content::Scores(scores)) => {
            let few = scores.iter().take(4).map(|(name, score)| format!("{} {score:.3}", shown(name)));
            let more = if scores.len() > 4 { ", …" } else { "" };
            Ok(format!("{}{more}", few.collect::<Vec<_>>().join(", ")))
        }
        (_, Content::Hits(hits)) => match hits.first() {
            Some(first) => {
                Ok(format!("{}, the first “{}”", counted(hits.len() as u64, "hit"), shown(&first.title)))
            }
            None => Ok("no hits".to_owned()),
        },
        (_, Content::Page(page)) => Ok(format!("“{}”", shown(&page.title))),
        (_, Content::None) => Err("the answer holds nothing".to_owned()),
    }
}
