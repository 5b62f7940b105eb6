//! A run worked out from the ledger alone, and what its tables hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::program::NodeId;
use crate::data::codec::encode_rows;
use crate::digest::{Digest, Hasher};
use crate::engine::allowance::{Allowance, Asking};
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::engine::table::Table;
use crate::engine::witness::{Seen, Witness};
use crate::plan::draw::kind;
use crate::report::measure_view::{MeasureView, TotalKind, measure_view};
use crate::store::{Afresh, CallKey, DiskStore, Store};
use crate::syntax::tree::NodeKind;
use crate::world::World;

use super::open::{Opened, Opening, SessionError};
use super::planned::node_counts;
use super::results;
use super::suite::{Played, scores};

/// What a node's table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    pub name: String,
    pub kind: String,
    pub rows: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// Of all rows in their order: identities, values, failures.
    pub hash: Digest,
}

/// One number of a measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub measure: String,
    pub metric: String,
    /// The group's value of each column it is taken by, as JSON; in a total, null where it runs
    /// over the column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, String>,
    /// `pooled` or `macro`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    pub n: u64,
    pub missing: u64,
}

/// One run of a file that came to its end.
pub struct Part {
    pub opened: Opened,
    pub run: Arc<Run>,
    pub finished: Finished,
}

/// The runs of a file, worked out by asking nobody and taking no table from anywhere.
pub struct Derived {
    /// One of a pipeline, in order those of a suite.
    pub parts: Vec<Part>,
    /// The replies that they rest on.
    pub seen: BTreeMap<CallKey, Seen>,
    /// Calls whose reply is not on record.
    pub absent: u64,
}

impl Derived {
    /// Works a file out anew from the replies of a store.
    pub fn from_record(
        record: Arc<DiskStore>,
        opened: &Opened,
        opening: &Opening,
        world: &Arc<dyn World>,
    ) -> Result<Derived, SessionError> {
        let witness = Arc::new(Witness::default());
        let opening = Opening {
            overrides: opening.overrides.clone(),
            store: opening.store.clone(),
            edition: opening.edition.clone(),
            allowance: Allowance { asking: Asking::Nobody, ..Allowance::default() },
            limit: opening.limit,
            refresh: Vec::new(),
            observer: None,
            local: true,
            witness: Some(witness.clone()),
        };
        let store: Arc<dyn Store> = Arc::new(Afresh::on(record)?);
        let runtime = tokio::runtime::Runtime::new().map_err(|error| RunError::Broken(error.to_string()))?;
        let mut derived = Derived { parts: Vec::new(), seen: BTreeMap::new(), absent: 0 };
        for opened in opened.runs()? {
            let run = opened.ready_on(store.clone(), &opening, world)?;
            let finished = runtime.block_on(run.run(&[]))?;
            let nodes = 0..run.ground.program.nodes.len() as u32;
            derived.absent += nodes.map(|at| node_counts(&run, NodeId(at)).absent).sum::<u64>();
            derived.parts.push(Part { opened, run, finished });
        }
        derived.seen = witness.seen();
        Ok(derived)
    }
}

/// What the tables of finished runs hold, in the order of the file; of a suite's runs under their
/// names there.
pub fn holdings(parts: &[Part]) -> Result<Vec<Holding>, RunError> {
    let mut holdings = Vec::new();
    for Part { opened, run, finished } in parts {
        for (node, at) in run.ground.program.nodes.iter().zip(0..) {
            let Some(table) = finished.tables.get(&run.plan.table_of(NodeId(at))) else { continue };
            holdings.push(Holding {
                name: opened.prefixed(&node.name),
                kind: kind(node.kind).to_owned(),
                rows: table.rows(),
                failed: table.failed(),
                hash: content(run, table)?,
            });
        }
    }
    Ok(holdings)
}

/// The hash of a table's rows, whatever chunks they are kept in.
pub fn content(run: &Run, table: &Table) -> Result<Digest, RunError> {
    let mut hasher = Hasher::new("tgp.rows.v1");
    for rows in run.shelf.rows(table) {
        for row in rows?.iter() {
            hasher.bytes(&encode_rows(std::slice::from_ref(row)));
        }
    }
    Ok(hasher.finish())
}

/// Every number of finished runs.
pub fn figures(parts: &[Part]) -> Result<Vec<Figure>, RunError> {
    let mut figures = Vec::new();
    for Part { opened, run, finished } in parts {
        for (_, view) in measures(run, finished)? {
            let measure = opened.prefixed(&view.name);
            figures.extend(of_view(&view).map(|figure| Figure { measure: measure.clone(), ..figure }));
        }
    }
    Ok(figures)
}

/// A model's value in a score of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub score: String,
    pub model: String,
    /// From 0 to 100; nothing where one of its parts is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// The scores of a suite's finished runs; none of a pipeline.
pub fn marks(opened: &Opened, parts: &[Part]) -> Result<Vec<Mark>, SessionError> {
    let program = opened.sound()?;
    let Some(suite) = &program.suite else { return Ok(Vec::new()) };
    let played: Vec<Played> = parts.iter().map(Played::of_part).collect();
    let mut marks = Vec::new();
    for (model, values) in scores(suite, &played)? {
        let scored = suite.scores.iter().zip(values);
        marks.extend(scored.map(|(score, value)| Mark {
            score: score.name.to_string(),
            model: model.to_string(),
            value,
        }));
    }
    Ok(marks)
}

/// The views of all measures of a run, in the order of the file.
pub fn measures(run: &Run, finished: &Finished) -> Result<Vec<(NodeId, MeasureView)>, RunError> {
    let mut views = Vec::new();
    for (node, at) in run.ground.program.nodes.iter().zip(0..) {
        let id = NodeId(at);
        let Some(table) = finished.tables.get(&run.plan.table_of(id)) else { continue };
        if node.kind == NodeKind::Measure {
            views.push((id, measure_view(&run.ground.program, id, &results::rows(run, table)?)));
        }
    }
    Ok(views)
}

fn of_view(view: &MeasureView) -> impl Iterator<Item = Figure> + '_ {
    view.lines().flat_map(move |line| {
        line.numbers.iter().map(move |(metric, number)| Figure {
            measure: view.name.to_string(),
            metric: metric.to_string(),
            by: line.by.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            total: line.total.as_ref().map(|total| match total.kind {
                TotalKind::Pooled => "pooled".to_owned(),
                TotalKind::Macro => "macro".to_owned(),
            }),
            value: number.value,
            low: number.low,
            high: number.high,
            n: number.n,
            missing: number.missing,
        })
    })
}

impl Figure {
    /// `quality good, model = "a"`
    pub fn place(&self) -> String {
        let by: Vec<String> = self.by.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let total = self.total.iter().map(|total| format!("{total} total"));
        let groups: Vec<String> = total.chain(by).collect();
        let groups = if groups.is_empty() { String::new() } else { format!(", {}", groups.join(", ")) };
        format!("{} {}{groups}", self.measure, self.metric)
    }

    /// Whether it is the same number of the same group, whatever its value.
    pub fn is_of_one_place(&self, other: &Figure) -> bool {
        (&self.measure, &self.metric, &self.by, &self.total)
            == (&other.measure, &other.metric, &other.by, &other.total)
    }
}
