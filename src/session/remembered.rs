//! What a file was when it last ran: everything that a later run's reasons are told from.

use serde::{Deserialize, Serialize};

use crate::check::program::{NodeId, Program, StepKind};
use crate::data::json::render;
use crate::digest::Digest;
use crate::engine::endpoints::binding_of;
use crate::engine::error::RunError;
use crate::engine::experience::{ByModel, with_earlier};
use crate::engine::run::{Finished, Run};
use crate::engine::table::Table;
use crate::eval::effects::Asked;
use crate::plan::canonical::{Canonical, binding};
use crate::plan::unit::Unit;
use crate::store::Space;

use super::filed::Filed;
use super::passage::Passage;

/// A file as it was when it ran, with what came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Remembered {
    /// As it was given.
    pub(super) file: String,
    pub(super) seed: i64,
    pub(super) edition: Option<String>,
    pub(super) limit: Option<u64>,
    pub(super) parameters: Vec<(String, String)>,
    /// Each model's bindings: their names, and what identifies them in the file.
    pub(super) models: Vec<(String, Vec<(String, String)>)>,
    pub(super) functions: Vec<KnownFunction>,
    pub(super) nodes: Vec<KnownNode>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownFunction {
    pub(super) name: String,
    /// The file it stands in.
    pub(super) file: String,
    pub(super) digest: Digest,
    pub(super) passage: Passage,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KnownNode {
    pub(super) name: String,
    pub(super) file: String,
    /// The units' manifests: what was hashed.
    pub(super) manifests: Vec<String>,
    pub(super) passage: Passage,
    /// Of a query: the models it asked, and what identified them.
    pub(super) targets: Vec<(String, Digest)>,
    /// The models it may ask, by name.
    pub(super) models: Vec<String>,
    /// Of a source: the path it read.
    pub(super) path: Option<String>,
    /// The object that holds the node's table; nothing where it has none.
    pub(super) table: Option<Digest>,
    /// Rows without an answer.
    pub(super) unanswered: u64,
    /// How long its models' replies were.
    #[serde(default)]
    pub(super) lengths: ByModel,
}

impl Remembered {
    /// What the last run of the file left; the default where there was none.
    pub fn load(run: &Run, filed: &Filed<'_>) -> Result<Remembered, RunError> {
        let store = run.shelf.store();
        let fact = store.fact(Space::Run, filed.key().as_bytes())?;
        let Some(digest) = fact.and_then(|fact| <[u8; 32]>::try_from(fact.as_slice()).ok()) else {
            return Ok(Remembered::default());
        };
        let object = store.object(&Digest(digest))?;
        Ok(object.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// A file as it is in this run.
    pub fn of(run: &Run, filed: &Filed<'_>, finished: &Finished, limit: Option<u64>) -> Remembered {
        let program = &*run.ground.program;
        let name = |span: crate::diagnostics::source::Span| {
            filed.sources.get(span.source).map(|source| source.name.to_string()).unwrap_or_default()
        };
        let models = program.models.iter().map(|model| {
            let bindings = model.bindings.iter().map(|one| (one.name.to_string(), binding(one)));
            (model.name.to_string(), bindings.collect())
        });
        let no_identities = Vec::new();
        let canonical = Canonical::new(program, &no_identities);
        let functions =
            program.functions.iter().zip(canonical.functions()).map(|(function, digest)| KnownFunction {
                name: function.name.to_string(),
                file: name(function.span),
                digest,
                passage: Passage::of(function.span, filed.sources),
            });
        let nodes = program.nodes.iter().zip(0..).map(|(node, at)| {
            let table = finished.tables.get(&run.plan.table_of(NodeId(at)));
            let path = node.steps.iter().find_map(|step| match &step.kind {
                StepKind::Read(read) => Some(read.path.to_string()),
                _ => None,
            });
            KnownNode {
                name: node.name.to_string(),
                file: name(node.span),
                manifests: units(run, NodeId(at)).map(|unit| unit.manifest.clone()).collect(),
                passage: Passage::of(node.span, filed.sources),
                targets: units(run, NodeId(at)).flat_map(|unit| targets(program, unit)).collect(),
                models: units(run, NodeId(at)).flat_map(|unit| asked(program, unit)).collect(),
                path,
                table: table.map(|table| Digest::of(&table.encode())),
                unanswered: table.map_or(0, unanswered),
                lengths: lengths(run, NodeId(at)),
            }
        });
        Remembered {
            file: filed.file.display().to_string(),
            seed: program.seed,
            edition: run.memo.edition().map(str::to_owned),
            limit,
            parameters: program
                .parameters
                .iter()
                .map(|one| (one.name.to_string(), render(&one.value, &one.kind).into_owned()))
                .collect(),
            models: models.collect(),
            functions: functions.collect(),
            nodes: nodes.collect(),
        }
    }

    /// What an earlier run left of the nodes that this one did not want, and what it knew of the
    /// lengths of replies.
    pub fn with_rest_of(mut self, before: &Remembered) -> Remembered {
        for node in &mut self.nodes {
            if let Some(known) = before.node(&node.name) {
                node.lengths = with_earlier(std::mem::take(&mut node.lengths), &known.lengths);
            }
        }
        for node in self.nodes.iter_mut().filter(|node| node.table.is_none()) {
            if let Some(known) = before.node(&node.name) {
                *node = known.clone();
            }
        }
        self
    }

    /// Notes a run, for the next one to be compared with.
    pub fn save(&self, run: &Run, filed: &Filed<'_>, finished: &Finished) -> Result<(), RunError> {
        let store = run.shelf.store();
        let Ok(bytes) = serde_json::to_vec(self) else { return Ok(()) };
        let digest = Digest::of(&bytes);
        let known = store.fact(Space::Run, filed.key().as_bytes())?;
        if known.as_deref() == Some(&digest.0) && store.has_object(&digest) {
            return Ok(());
        }
        for table in finished.tables.values() {
            store.put_object(&table.encode())?;
        }
        store.put_object(&bytes)?;
        Ok(store.put_fact(Space::Run, filed.key().as_bytes(), &digest.0)?)
    }

    /// Tells a run how long replies were, so that what is to come can be reckoned.
    pub fn teach(&self, run: &Run) {
        for (unit, gauge) in run.plan.units.iter().zip(run.gauges.iter()) {
            let node = run.ground.program.nodes.get(unit.node.0 as usize);
            if let Some(known) = node.and_then(|node| self.node(&node.name)) {
                gauge.experience.recall(&known.lengths);
            }
        }
    }

    pub(super) fn node(&self, name: &str) -> Option<&KnownNode> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// A node's table as it was; nothing where it is no longer kept.
    pub(super) fn table(&self, run: &Run, name: &str) -> Result<Option<Table>, RunError> {
        let Some(digest) = self.node(name).and_then(|node| node.table) else { return Ok(None) };
        Ok(run.shelf.store().object(&digest)?.and_then(|bytes| Table::decode(&bytes)))
    }
}

fn units(run: &Run, node: NodeId) -> impl Iterator<Item = &Unit> {
    run.plan.units.iter().filter(move |unit| unit.node == node)
}

fn targets<'a>(program: &'a Program, unit: &'a Unit) -> impl Iterator<Item = (String, Digest)> + 'a {
    unit.targets.iter().filter_map(move |target| {
        let asked = Asked { model: target.model, binding: target.binding };
        Some((binding_of(program, asked)?.name.to_string(), target.fingerprint))
    })
}

fn asked<'a>(program: &'a Program, unit: &'a Unit) -> impl Iterator<Item = String> + 'a {
    unit.models.iter().filter_map(move |id| Some(program.models.get(id.0 as usize)?.name.to_string()))
}

fn lengths(run: &Run, node: NodeId) -> ByModel {
    let mut all = ByModel::new();
    let units = run.plan.units.iter().zip(run.gauges.iter()).filter(|(unit, _)| unit.node == node);
    for (model, lengths) in units.flat_map(|(_, gauge)| gauge.experience.now()) {
        *all.entry(model).or_default() += lengths;
    }
    all
}

/// Rows of chunks in which some row waits for an answer that never came.
fn unanswered(table: &Table) -> u64 {
    table.chunks.iter().filter(|chunk| chunk.unsettled).map(|chunk| u64::from(chunk.failed)).sum()
}
