//! A row's way from its source through each prompt and reply to its verdict.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;

use crate::check::program::{BindingKind, NodeId, StepKind};
use crate::data::json::{render, to_json};
use crate::data::row::Row;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::models::reply::{Content, Outcome};
use crate::models::request::{Parameters, Request, Speaker};
use crate::plan::draw::kind;
use crate::plan::unit::UnitId;

use super::open::Opened;
use super::way::{Heard, Way};

/// The way of one row, from its source on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trace {
    pub stops: Vec<Stop>,
}

/// One node on the way.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    pub node: String,
    pub kind: &'static str,
    /// Where the node stands.
    pub file: String,
    pub line: u32,
    /// The row's identity in the node's table.
    pub id: String,
    pub source: Option<Source>,
    /// How many rows of the node before it was made of, where it was not one.
    pub made_of: Option<u64>,
    /// What was said for it, in order.
    pub exchanges: Vec<Exchange>,
    /// The values that are new here, or other than at the stop before.
    pub values: Vec<(String, Json)>,
    /// Why it has no further values.
    pub failure: Option<Failed>,
}

/// Where a row was read.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// A path; nothing for rows that stand in the program.
    pub path: Option<String>,
    /// The number of the row among those of the source, from 1.
    pub number: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    pub reason: &'static str,
    pub message: String,
    pub excerpt: String,
}

/// One request and its answer, in full.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The model's name in the file, and what it was bound to.
    pub model: String,
    pub binding: String,
    /// Where it was asked from.
    pub line: u32,
    pub sample: u32,
    pub messages: Vec<Message>,
    /// What was sent beside the messages: sampling parameters and the schema of the reply.
    pub sent: BTreeMap<String, Json>,
    pub reply: Replied,
    /// What had to be repaired to read the reply as a value, in words.
    pub repairs: Vec<&'static str>,
    /// Whether the model was asked, its reply replayed from a file, or planted in the program.
    pub how: &'static str,
    /// Set where the reply is on record.
    pub record: Option<Recorded>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// `system`, `user`, `assistant`, or what was asked for: `picture`, `search` and so on.
    pub who: &'static str,
    pub text: String,
    /// Pictures by content.
    pub images: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Replied {
    Text {
        text: String,
        ending: &'static str,
    },
    /// Pictures, vectors, scores, hits: as data.
    Data {
        data: Json,
        ending: &'static str,
    },
    /// No answer came, or it stands on no record.
    Nothing {
        problem: String,
    },
}

/// What the ledger says of a reply.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The first digits of its key.
    pub key: String,
    /// Seconds since the epoch.
    pub at: f64,
    pub seconds: f64,
    pub attempts: u32,
    /// The model as its provider reported it.
    pub served_by: Option<String>,
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub microdollars: Option<u64>,
}

/// Follows a row of a node back to its source. Asks nobody: the run must be one that doesn't.
pub async fn trace(
    run: &Arc<Run>,
    finished: &Finished,
    opened: &Opened,
    node: NodeId,
    row: &Row,
) -> Result<Trace, RunError> {
    let way = Way { run, finished };
    let teller = Teller { run, opened };
    let mut stops = Vec::new();
    // A row that was put to another comes before it.
    let mut waiting = vec![(run.plan.table_of(node), row.clone())];
    while let Some((unit, row)) = waiting.pop() {
        let mut stop = teller.stop(run.plan.unit(unit).node, &row);
        let mut at = (unit, row);
        loop {
            let origin = way.origin(at.0, &at.1).await?;
            let heard = origin.heard.iter().map(|heard| teller.exchange(run.plan.unit(at.0).node, heard));
            let mut said = heard.collect::<Result<Vec<Exchange>, RunError>>()?;
            said.append(&mut stop.exchanges);
            stop.exchanges = said;
            if origin.count > 1 && origin.rows.len() == 1 {
                stop.made_of = Some(origin.count);
            }
            let mut rows = origin.rows.into_iter();
            let Some(next) = rows.next() else {
                stop.source = teller.source(&way, at.0, &at.1)?;
                stops.push(stop);
                break;
            };
            waiting.extend(rows);
            if run.plan.unit(next.0).node != run.plan.unit(at.0).node {
                stops.push(stop);
                stop = teller.stop(run.plan.unit(next.0).node, &next.1);
            }
            at = next;
        }
    }
    stops.reverse();
    only_news(&mut stops);
    Ok(Trace { stops })
}

/// Leaves out of each stop the values that stood at an earlier one.
fn only_news(stops: &mut [Stop]) {
    let mut known: BTreeMap<String, Json> = BTreeMap::new();
    for stop in stops {
        stop.values.retain(|(name, value)| known.insert(name.clone(), value.clone()).as_ref() != Some(value));
    }
}

struct Teller<'a> {
    run: &'a Run,
    opened: &'a Opened,
}

impl Teller<'_> {
    fn stop(&self, node: NodeId, row: &Row) -> Stop {
        let declared = &self.run.ground.program.nodes[node.0 as usize];
        let source = self.opened.sources.get(declared.span.source);
        let visible = declared.schema.visible();
        let values = visible.filter_map(|(at, column)| {
            let value = row.values.get(at).filter(|value| !value.is_missing())?;
            // What the origin was stands at the stop before.
            (&*column.name != "origin").then(|| (column.name.to_string(), to_json(value, &column.kind)))
        });
        Stop {
            node: declared.name.to_string(),
            kind: kind(declared.kind),
            file: source.map(|source| source.name.to_string()).unwrap_or_default(),
            line: self.opened.sources.line(declared.span),
            id: row.id.to_string(),
            source: None,
            made_of: None,
            exchanges: Vec::new(),
            values: values.collect(),
            failure: row.failure.as_ref().map(|failure| Failed {
                reason: failure.reason.word(),
                message: failure.message.to_string(),
                excerpt: failure.excerpt.to_string(),
            }),
        }
    }

    fn source(&self, way: &Way<'_>, unit: UnitId, row: &Row) -> Result<Option<Source>, RunError> {
        let planned = self.run.plan.unit(unit);
        let node = &self.run.ground.program.nodes[planned.node.0 as usize];
        let path = match node.steps.get(planned.steps.start).map(|step| &step.kind) {
            Some(StepKind::Read(read)) => Some(read.path.to_string()),
            Some(StepKind::Rows { .. } | StepKind::Listed { .. }) => None,
            _ => return Ok(None),
        };
        Ok(way.row(unit, row.id)?.map(|(number, _)| Source { path, number }))
    }

    fn exchange(&self, node: NodeId, heard: &Heard) -> Result<Exchange, RunError> {
        let program = &self.run.ground.program;
        let Heard { step, call, answer, repairs } = heard;
        let model = program.models.get(call.asked.model.0 as usize);
        let binding = self.run.ground.binding(call.asked);
        let line = program.nodes.get(node.0 as usize).and_then(|node| node.steps.get(*step));
        let (messages, sent) = asked(&call.request);
        let reply = match answer {
            Ok(answered) => replied(&answered.reply.content, answered.reply.outcome),
            Err(failure) => Replied::Nothing { problem: failure.cause.to_string() },
        };
        let how = match binding.map(|binding| &binding.kind) {
            Some(BindingKind::Scripted { .. }) => "planted",
            Some(BindingKind::Replay { .. }) => "replayed",
            Some(BindingKind::Remote { .. }) | None => "asked",
        };
        let record = match (how, self.run.caller.key(call)) {
            ("asked", Some(key)) => self.run.shelf.store().reply(key)?,
            _ => None,
        };
        let served_by = answer.as_ref().ok().and_then(|answered| answered.reply.served_by.clone());
        Ok(Exchange {
            model: model.map(|model| model.name.to_string()).unwrap_or_default(),
            binding: binding.map(|binding| binding.name.to_string()).unwrap_or_default(),
            line: line.map_or(0, |step| self.opened.sources.line(step.span)),
            sample: call.sample,
            messages,
            sent,
            reply,
            repairs: repairs.iter().map(|repair| repair.words()).collect(),
            how,
            record: record.map(|record| Recorded {
                key: record.key.short(),
                at: record.reply.at.as_secs_f64(),
                seconds: record.reply.latency.as_secs_f64(),
                attempts: record.reply.attempts,
                served_by: served_by.map(|name| name.to_string()),
                tokens_in: record.usage.input,
                tokens_out: record.usage.output,
                microdollars: record.cost.map(|dollars| (dollars * 1e6).round() as u64),
            }),
        })
    }
}

fn asked(request: &Request) -> (Vec<Message>, BTreeMap<String, Json>) {
    let one = |who, text: &str| vec![Message { who, text: text.to_owned(), images: Vec::new() }];
    let mut sent = BTreeMap::new();
    let messages = match request {
        Request::Chat(chat) => {
            let mut messages: Vec<Message> =
                chat.system.iter().flat_map(|system| one("system", system)).collect();
            messages.extend(chat.turns.iter().map(|turn| Message {
                who: match turn.speaker {
                    Speaker::User => "user",
                    Speaker::Assistant => "assistant",
                },
                text: turn.text.to_string(),
                images: turn.images.iter().map(|image| image.digest.short()).collect(),
            }));
            let Parameters { temperature, top_p, max_tokens, seed, stop, reasoning_effort } =
                &chat.parameters;
            let stop = (!stop.is_empty()).then(|| stop.iter().map(|word| &**word).collect::<Json>());
            let given = [
                ("temperature", temperature.map(Json::from)),
                ("top_p", top_p.map(Json::from)),
                ("max_tokens", max_tokens.map(Json::from)),
                ("seed", seed.map(Json::from)),
                ("stop", stop),
                ("reasoning_effort", reasoning_effort.as_deref().map(Json::from)),
                ("schema", chat.schema.as_deref().cloned()),
            ];
            sent.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            messages
        }
        Request::Paint(paint) => {
            sent.insert("count".to_owned(), paint.count.into());
            sent.extend(
                paint.size.map(|(width, height)| ("size".to_owned(), Json::from(vec![width, height]))),
            );
            sent.extend(paint.seed.map(|seed| ("seed".to_owned(), seed.into())));
            one("picture", &paint.prompt)
        }
        Request::Embed(texts) => texts.iter().flat_map(|text| one("embed", text)).collect(),
        Request::Classify(text) => one("classify", text),
        Request::Search(search) => {
            sent.insert("top".to_owned(), search.top.into());
            one("search", &search.query)
        }
        Request::Fetch(address) => one("fetch", address),
    };
    (messages, sent)
}

fn replied(content: &Content, outcome: Outcome) -> Replied {
    let ending = match outcome {
        Outcome::Complete => "complete",
        Outcome::Cut => "cut at its length",
        Outcome::Blocked => "blocked by the provider's filter",
        Outcome::Empty => "empty",
    };
    let data = match content {
        Content::Text(text) => return Replied::Text { text: text.to_string(), ending },
        Content::None => return Replied::Text { text: String::new(), ending },
        Content::Pictures(pictures) => {
            pictures.iter().map(|picture| Json::from(format!("[image {}]", picture.digest.short()))).collect()
        }
        Content::Vectors(vectors) => {
            vectors.iter().map(|vector| Json::from(format!("{} numbers", vector.len()))).collect()
        }
        Content::Scores(scores) => {
            Json::Object(scores.iter().map(|(name, score)| (name.to_string(), Json::from(*score))).collect())
        }
        Content::Hits(hits) => hits
            .iter()
            .map(|hit| serde_json::json!({ "url": &*hit.url, "title": &*hit.title, "text": &*hit.text }))
            .collect(),
        Content::Page(page) => {
            serde_json::json!({ "url": &*page.url, "title": &*page.title, "text": &*page.text })
        }
    };
    Replied::Data { data, ending }
}

/// A row in a few words, for choosing among several.
pub fn glimpse(schema: &crate::data::schema::Schema, row: &Row) -> String {
    let each = schema.visible().filter_map(|(at, column)| {
        let value = row.values.get(at).filter(|value| !value.is_missing())?;
        let shown: String = render(value, &column.kind).chars().take(30).collect();
        Some(format!("{} = {shown}", column.name))
    });
    each.take(3).collect::<Vec<_>>().join(", ").replace('\n', " ")
}
