//! A suite: its pipelines, each ready to run on one store, and the scores made of their numbers.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::program::{Local, NodeId, Program, Step, StepKind, Suite, SuitePart, SuiteScore};
use crate::data::row::{Row, RowId};
use crate::data::value::Value;
use crate::engine::allowance::Allowance;
use crate::engine::run::{Finished, Run};
use crate::eval::effects::Effects;
use crate::eval::ground::Ground;
use crate::eval::operator::number;
use crate::eval::scope::Scope;
use crate::report::document::{Document, Section, document};
use crate::report::leaderboard::{leaderboard, points};
use crate::report::measure_view::measure_view;
use crate::report::provenance::Provenance;
use crate::store::{DiskStore, Store, StoreWarning};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::derived::Part;
use super::open::{Opened, Opening, SessionError};
use super::planned::Planned;
use super::results;

/// One pipeline of a suite, ready to run.
pub struct Entry {
    /// Its name in the suite.
    pub name: Arc<str>,
    pub file: PathBuf,
    pub run: Arc<Run>,
}

/// A pipeline of a suite that has run.
pub struct Played {
    pub entry: Entry,
    pub finished: Finished,
    /// What made its nodes run.
    pub reasons: Vec<Planned>,
}

impl Played {
    /// A run that came to its end elsewhere.
    pub fn of_part(part: &Part) -> Played {
        let name = part.opened.within.clone().unwrap_or_default();
        let entry = Entry { name, file: part.opened.file.clone(), run: part.run.clone() };
        Played { entry, finished: part.finished.clone(), reasons: Vec::new() }
    }
}

/// A model and its scores, in the order of [`Suite::scores`].
pub type Scored = (Arc<str>, Vec<Option<f64>>);

/// A model and its number in a metric.
type Measured = (Arc<str>, Option<f64>);

impl Opened {
    /// The one store of all the suite's pipelines.
    pub fn store(&self, opening: &Opening) -> Result<(Arc<dyn Store>, Vec<StoreWarning>), SessionError> {
        let folder = opening.store.clone().unwrap_or_else(|| self.project.store_folder());
        let (store, warnings) = DiskStore::open(&folder)?;
        Ok((Arc::new(store), warnings))
    }

    /// Makes one of the suite's pipelines ready, with what is left of the allowance.
    pub fn entry(
        &self,
        suite: &Suite,
        place: usize,
        store: Arc<dyn Store>,
        opening: &Opening,
        allowance: Allowance,
        world: &Arc<dyn World>,
    ) -> Result<Option<Entry>, SessionError> {
        let Some(stated) = suite.runs.get(place) else { return Ok(None) };
        let file = self.member_file(stated);
        let named = stated.program.nodes.iter().zip(0..);
        let refresh = named
            .filter(|(node, _)| opening.refresh.iter().any(|name| **name == *node.name))
            .map(|(_, at)| NodeId(at));
        let (program, refresh) = (stated.program.clone(), refresh.collect());
        let run = self.ready_program(program, &file, refresh, allowance, store, opening, world)?;
        Ok(Some(Entry { name: stated.name.clone(), file, run }))
    }
}

/// The suite as a document: what it says of itself, its leaderboard, and the measures that its
/// scores are made of.
pub fn tell(program: &Program, suite: &Suite, played: &[Played]) -> Result<Document, SessionError> {
    let mut provenance = Provenance::of(program);
    for (stated, entry) in suite.runs.iter().zip(played) {
        let ran = &stated.program;
        provenance.add(format!("run {}", stated.name), format!("{} @ {}", ran.name, ran.version));
        if let Some(edition) = entry.entry.run.memo.edition() {
            provenance.add(format!("edition of {}", stated.name), edition);
        }
    }
    let mut told = document::<SessionError>(program, provenance, |_| Ok(Vec::new()))?;
    let scores = scores(suite, played)?;
    told.sections.push(Section::Leaderboard(leaderboard("Leaderboard", suite, &scores)));
    for (place, one) in played.iter().enumerate() {
        let counted = counted(suite, place as u32);
        if counted.is_empty() {
            continue;
        }
        told.sections.push(Section::Heading(one.entry.name.to_string()));
        for node in counted {
            let rows = rows(one, node)?;
            told.sections.push(Section::Measure(measure_view(&one.entry.run.ground.program, node, &rows)));
        }
    }
    Ok(told)
}

/// The measures of a run that scores are made of.
fn counted(suite: &Suite, place: u32) -> BTreeSet<NodeId> {
    let parts = suite.scores.iter().flat_map(|score| &score.parts);
    parts
        .filter_map(|part| match part {
            SuitePart::Metric { run, node, .. } if *run == place => Some(*node),
            _ => None,
        })
        .collect()
}

fn rows(played: &Played, node: NodeId) -> Result<Vec<Row>, SessionError> {
    let run = &played.entry.run;
    match played.finished.tables.get(&run.plan.table_of(node)) {
        Some(table) => Ok(results::rows(run, table)?),
        None => Ok(Vec::new()),
    }
}

/// The values of all the suite's scores for each model that any of its metrics has a number of; a
/// score is missing where one of its parts is.
pub fn scores(suite: &Suite, played: &[Played]) -> Result<Vec<Scored>, SessionError> {
    let mut numbers: Vec<Vec<(Arc<str>, f64)>> = Vec::new();
    let mut models: BTreeSet<Arc<str>> = BTreeSet::new();
    let metrics = suite.scores.iter().flat_map(|score| &score.parts);
    for part in metrics {
        let mut of = Vec::new();
        if let SuitePart::Metric { run, node, metric, direction, total } = part
            && let Some(one) = played.get(*run as usize)
        {
            let total = total.map(|total| match total {
                crate::syntax::tree::Total::Pooled => "pooled",
                crate::syntax::tree::Total::Macro => "macro",
            });
            for (model, value) in by_model(one, *node, metric, total)? {
                models.insert(model.clone());
                let Some(value) = value else { continue };
                let is_share = matches!(direction, crate::check::program::Direction::Near(_))
                    || (0.0..=1.0).contains(&value);
                if !is_share {
                    let metric = format!("{}.{metric}", one.entry.name);
                    return Err(SessionError::NoShare { metric, model: model.to_string(), value });
                }
                of.push((model, points(value, *direction)));
            }
        }
        numbers.push(of);
    }
    let Some(ground) = played.first().map(|one| one.entry.run.ground.clone()) else { return Ok(Vec::new()) };
    let scored = models.into_iter().map(|model| {
        let mut numbers = numbers.iter();
        let mut values: Vec<Option<f64>> = Vec::new();
        for score in &suite.scores {
            let parts = score.parts.iter().map(|part| {
                let number = numbers.next().and_then(|of| of.iter().find(|(named, _)| *named == model));
                match part {
                    SuitePart::Metric { .. } => number.map(|(_, points)| *points),
                    SuitePart::Score(at) => values.get(*at as usize).copied().flatten(),
                }
            });
            let parts: Vec<Value> = parts.map(|part| part.map_or(Value::Missing, Value::Float)).collect();
            values.push(value(&ground, score, parts));
        }
        (model, values)
    });
    Ok(scored.collect())
}

/// A metric's number for each model, from its measure's table: the `by` columns, then metric and
/// value, and the kind of total at the end.
fn by_model(
    played: &Played,
    node: NodeId,
    metric: &str,
    total: Option<&str>,
) -> Result<Vec<Measured>, SessionError> {
    let program = &played.entry.run.ground.program;
    let Some(declared) = program.nodes.get(node.0 as usize) else { return Ok(Vec::new()) };
    let by = declared.steps.iter().find_map(|step| match &step.kind {
        StepKind::Measure(measure) => Some(measure.by.len()),
        _ => None,
    });
    let (Some(by), Some((model, _))) = (by, declared.schema.column("model")) else { return Ok(Vec::new()) };
    let text = |row: &Row, place: usize| match row.values.get(place) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let named =
        |row: &&Row| text(row, by).as_deref() == Some(metric) && text(row, by + TOTAL).as_deref() == total;
    let rows = rows(played, node)?;
    let found = rows.iter().filter(named);
    Ok(found.filter_map(|row| Some((text(row, model)?, number(row.values.get(by + 1)?)))).collect())
}

/// Where the kind of total stands after the `by` columns.
const TOTAL: usize = 6;

/// A score from its parts.
fn value(ground: &Ground, score: &SuiteScore, parts: Vec<Value>) -> Option<f64> {
    let step = Step {
        kind: StepKind::Project(Vec::new()),
        frame: 0,
        local_models: Default::default(),
        span: Default::default(),
    };
    let mut effects = Effects::default();
    let mut scope = Scope::new(ground, NodeKind::Measure, &step, 0, RowId(0), &[], &mut effects);
    for (place, part) in parts.into_iter().enumerate() {
        scope.set(Local(place as u32), part);
    }
    number(&scope.eval(&score.value).ok()?)
}
