//! A run: units whose tables are known are taken as they are, the others work at the same time,
//! each on the chunks that the one before it has finished.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::check::program::{Capability, Expr, Local, Node, NodeId, Read, Slot, StepKind};
use crate::data::identity;
use crate::data::row::{Row, RowId};
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::eval::effects::Effects;
use crate::eval::ground::Ground;
use crate::eval::halt::Halt;
use crate::eval::scope::Scope;
use crate::plan::Plan;
use crate::plan::unit::{Unit, UnitId, UnitKind};
use crate::world::World;

use super::barrier::{Barrier, check_keys};
use super::batches::Teller;
use super::caller::Caller;
use super::error::RunError;
use super::gauges::Gauge;
use super::identities::are_distinct;
use super::making::{End, Piece};
use super::memo::Memo;
use super::output::Output;
use super::partial::Parts;
use super::pass::Pass;
use super::recordings;
use super::remote::Remote;
use super::shelf::Shelf;
use super::source::{Numbering, Sources};
use super::table::{ChunkRef, Table};

/// Everything that a run needs, set up.
pub struct Run {
    pub plan: Arc<Plan>,
    pub ground: Arc<Ground>,
    pub caller: Arc<Caller>,
    pub shelf: Shelf,
    pub memo: Memo,
    pub world: Arc<dyn World>,
    /// Where the program's file stands: its paths start here.
    pub folder: PathBuf,
    pub remote: Arc<dyn Remote>,
    /// By unit.
    pub gauges: Arc<[Gauge]>,
    /// Units that work whatever is known, and so whatever follows them.
    pub refresh: Vec<NodeId>,
    pub pass: Pass,
}

/// Where a unit's table came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// The whole table was known.
    Known,
    /// It was worked out, chunk by chunk; chunks that were known were taken.
    Worked,
}

/// What a run gave.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// By unit, those that were wanted.
    pub tables: BTreeMap<UnitId, Table>,
    pub doors: BTreeMap<UnitId, Door>,
}

impl Run {
    /// Runs what the nodes need; all nodes for none.
    pub async fn run(self: &Arc<Self>, nodes: &[NodeId]) -> Result<Finished, RunError> {
        self.memo.begin()?;
        let finished = match self.attempt(nodes).await {
            // Tables were believed that are no longer whole. All that was paid for is on record.
            Err(RunError::LostChunk(_)) if self.memo.doubt() => {
                self.begin_again();
                self.attempt(nodes).await?
            }
            ended => ended?,
        };
        self.memo.end()?;
        Ok(finished)
    }

    async fn attempt(self: &Arc<Self>, nodes: &[NodeId]) -> Result<Finished, RunError> {
        let mut finished = Finished::default();
        let needed = self.plan.needed(nodes);
        let mut known: BTreeMap<UnitId, (Digest, Table)> = BTreeMap::new();
        for id in &needed {
            if let Some(found) = self.known(*id, &known)? {
                known.insert(*id, found);
            }
        }
        let mut working: Vec<UnitId> = Vec::new();
        for id in needed {
            let Some((key, table)) = known.remove(&id) else {
                working.push(id);
                finished.doors.insert(id, Door::Worked);
                continue;
            };
            let gauge = &self.gauges[id.0 as usize];
            gauge.made(table.rows(), table.failed());
            gauge.add(|gauge| &gauge.reused, table.rows());
            gauge.spare(self.memo.worth(&key)?);
            gauge.end();
            finished.tables.insert(id, table);
            finished.doors.insert(id, Door::Known);
        }
        self.work(&working, &mut finished).await?;
        Ok(finished)
    }

    /// Runs what the nodes need with calls going out as batches: passes over the rows, each with
    /// the answers that the batches before it brought, until nothing more is to be asked.
    pub async fn run_in_batches(
        self: &Arc<Self>,
        nodes: &[NodeId],
        tell: Teller<'_>,
    ) -> Result<Finished, RunError> {
        loop {
            self.pass.begin(true);
            self.run(nodes).await?;
            if !self.bring(tell).await? {
                break;
            }
            self.begin_again();
        }
        // What rests on whole tables is worked out now, and can ask for more.
        loop {
            self.begin_again();
            self.pass.begin(false);
            let finished = self.run(nodes).await?;
            if !self.bring(tell).await? {
                return Ok(finished);
            }
        }
    }

    fn begin_again(&self) {
        self.gauges.iter().for_each(Gauge::begin_again);
        self.caller.tallies().begin_again();
    }

    /// Hands in what a pass asked for, and takes in what has come. Says whether another pass can
    /// find more than this one did.
    async fn bring(&self, tell: Teller<'_>) -> Result<bool, RunError> {
        let batches = self.caller.batches();
        if self.caller.is_stopped() {
            batches.forget_queued(&self.caller);
            return Ok(false);
        }
        let handed_in = batches.hand_in(&self.caller, tell).await?;
        let taken_in = batches.take_in(&self.caller, tell).await?;
        Ok(handed_in || taken_in)
    }

    /// Counts what a run would ask, with stand-ins for answers that are not on record. Gives no
    /// numbers.
    pub async fn forecast(self: &Arc<Self>, nodes: &[NodeId]) -> Result<Finished, RunError> {
        self.pass.begin(true);
        self.run(nodes).await
    }

    /// The table of a unit with its key, where it is known without looking at a row.
    fn known(
        &self,
        id: UnitId,
        known: &BTreeMap<UnitId, (Digest, Table)>,
    ) -> Result<Option<(Digest, Table)>, RunError> {
        let unit = self.plan.unit(id);
        if self.refresh.contains(&unit.node) {
            return Ok(None);
        }
        let tables: Option<Vec<Digest>> =
            unit.inputs.iter().map(|input| known.get(input).map(|(_, table)| table.digest())).collect();
        let Some(mut inputs) = tables else { return Ok(None) };
        if let Some(read) = self.reads(unit) {
            let Some(content) = self.sources().untouched(&read.path, read.format)? else { return Ok(None) };
            inputs.push(content);
        }
        let key = self.memo.unit_key(unit, &inputs);
        Ok(self.memo.table(&key)?.map(|table| (key, table)))
    }

    /// The hash of the file that the unit reads, where it reads one.
    fn file_digest(&self, unit: &Unit) -> Result<Option<Digest>, RunError> {
        self.reads(unit).map(|read| self.sources().content(&read.path, read.format)).transpose()
    }

    /// The hashes of what the program's sources and recordings hold.
    pub fn contents(&self) -> Result<Vec<Digest>, RunError> {
        let program = &self.ground.program;
        let sources = self.plan.units.iter().filter_map(|unit| self.file_digest(unit).transpose());
        let recordings = recordings::digests(program, &self.sources())?;
        sources.chain(recordings.into_values().map(Ok)).collect()
    }

    /// The hash of what a path leads to, as the program names it.
    pub fn hash(&self, path: &str) -> Result<Digest, RunError> {
        self.sources().hash(path)
    }

    fn reads(&self, unit: &Unit) -> Option<&Read> {
        match &self.node(unit).steps.get(unit.steps.start)?.kind {
            StepKind::Read(read) | StepKind::Labels { read, .. } => Some(read),
            _ => None,
        }
    }

    fn sources(&self) -> Sources {
        Sources {
            world: self.world.clone(),
            folder: self.folder.clone(),
            shelf: self.shelf.clone(),
            remote: self.remote.clone(),
        }
    }

    pub(super) fn node(&self, unit: &Unit) -> &Node {
        &self.ground.program.nodes[unit.node.0 as usize]
    }

    /// Works the units that are not known, all at the same time.
    async fn work(self: &Arc<Self>, working: &[UnitId], finished: &mut Finished) -> Result<(), RunError> {
        for model in working.iter().flat_map(|id| &self.plan.unit(*id).models) {
            let declared = self.ground.program.models.get(model.0 as usize);
            let unbound = declared.filter(|model| model.bindings.is_empty());
            if let Some(unbound) = unbound.filter(|model| model.capability != Capability::Page) {
                return Err(RunError::Unbound(unbound.name.to_string()));
            }
        }
        self.models_are_ready(working)?;
        if !working.is_empty() && self.ground.recordings.get().is_none() {
            let recorded = recordings::load(&self.ground.program, &self.sources())?;
            let _ = self.ground.recordings.set(recorded);
        }
        let mut readers: BTreeMap<UnitId, Vec<UnboundedSender<Piece>>> = BTreeMap::new();
        let mut inputs: BTreeMap<UnitId, Vec<UnboundedReceiver<Piece>>> = BTreeMap::new();
        for id in working {
            for input in &self.plan.unit(*id).inputs {
                let (sender, receiver) = unbounded_channel();
                match finished.tables.get(input) {
                    Some(table) => table.chunks.iter().for_each(|chunk| {
                        let _ = sender.send(Piece::Whole(*chunk));
                    }),
                    None => readers.entry(*input).or_default().push(sender),
                }
                inputs.entry(*id).or_default().push(receiver);
            }
        }
        let mut tasks = JoinSet::new();
        for id in working {
            let run = self.clone();
            let id = *id;
            let out = Output::new(readers.remove(&id).unwrap_or_default());
            let inputs = inputs.remove(&id).unwrap_or_default();
            tasks.spawn(async move { (id, run.unit(id, inputs, out).await) });
        }
        let mut problem: Option<RunError> = None;
        while let Some(ended) = tasks.join_next().await {
            match ended {
                Ok((id, Ok(table))) => {
                    finished.tables.insert(id, table);
                }
                Ok((_, Err(error))) => {
                    // The first problem is the one to tell; calls that are out are paid for, so
                    // they are waited for and kept.
                    self.stop_for(&error);
                    if problem.as_ref().is_none_or(RunError::is_consequence) {
                        problem = Some(error);
                    }
                }
                Err(_) => {
                    self.caller.stop();
                    problem.get_or_insert(RunError::Broken("a unit".to_owned()));
                }
            }
        }
        if let Some(reason) = self.caller.unusable() {
            problem.get_or_insert(RunError::Endpoint(reason.to_owned()));
        }
        self.shelf.store().flush()?;
        problem.map_or(Ok(()), Err)
    }

    /// Lets no more calls go out, unless the run can go on after what happened.
    pub(super) fn stop_for(&self, error: &RunError) {
        if !error.is_consequence() && !matches!(error, RunError::LostChunk(_)) {
            self.caller.stop();
        }
    }

    async fn unit(
        self: &Arc<Self>,
        id: UnitId,
        mut inputs: Vec<UnboundedReceiver<Piece>>,
        mut out: Output,
    ) -> Result<Table, RunError> {
        let unit = self.plan.unit(id);
        let gauge = &self.gauges[id.0 as usize];
        gauge.begin();
        let mut digests = Vec::new();
        match unit.kind {
            UnitKind::Source => digests.extend(self.source(id, &mut out).await?),
            UnitKind::Rows => out.send(self.written(unit)?, gauge),
            UnitKind::Stream | UnitKind::Query => {
                digests.push(self.stream(id, inputs.pop(), &mut out).await?);
                // Whoever reads can go on while keys are compared.
                out.close();
                self.keys_hold(unit, &out.table)?;
            }
            UnitKind::Barrier | UnitKind::Measure => {
                let parts = Parts::of(&self.ground, &self.shelf, &self.memo, self.node(unit), unit);
                let parts = parts.filter(|_| !self.pass.is_provisional());
                let mut tables = Vec::with_capacity(inputs.len());
                for input in &mut inputs {
                    let mut table = Table::default();
                    while let Some(piece) = input.recv().await {
                        match piece.whole().await {
                            End::Made(Some(chunk)) => {
                                // While its rows are at hand.
                                parts.map_or(Ok(()), |parts| parts.prepare(&chunk))?;
                                table.chunks.push(chunk);
                            }
                            End::Made(None) => {}
                            End::Abandoned => return Err(RunError::Abandoned),
                        }
                    }
                    digests.push(table.digest());
                    tables.push(table);
                }
                digests.extend(self.file_digest(unit)?);
                let key = self.memo.unit_key(unit, &digests);
                let known = if self.refresh.contains(&unit.node) { None } else { self.memo.table(&key)? };
                let table = match known {
                    Some(table) => table,
                    None if self.waits(unit, &tables) => {
                        self.pass.defer(id);
                        Table::default()
                    }
                    None => match self.barrier(id, tables).await {
                        // What stands in for answers need not be enough, or fit together.
                        Err(error) if self.caller.asking().forecasts() && error.is_about_rows() => {
                            self.pass.defer(id);
                            Table::default()
                        }
                        table => table?,
                    },
                };
                for chunk in table.chunks {
                    out.send(vec![chunk], gauge);
                }
            }
        }
        // Rows without an answer are tried again on the next run, so their table is not final.
        if unit.inputs.iter().any(|input| self.pass.is_deferred(*input)) {
            self.pass.defer(id);
        }
        if !out.table.is_unsettled() && !self.caller.is_stopped() && !self.pass.is_deferred(id) {
            let key = self.memo.unit_key(unit, &digests);
            self.memo.put_table(&key, &out.table)?;
            self.memo.put_worth(&key, gauge.counts().worth())?;
            self.memo.keep(unit)?;
        }
        gauge.end();
        Ok(out.table)
    }

    /// Whether a whole table is left for a later pass, when all its rows are there.
    fn waits(&self, unit: &Unit, tables: &[Table]) -> bool {
        if !self.pass.is_provisional() {
            return false;
        }
        let follows = unit.inputs.iter().any(|input| self.pass.is_deferred(*input));
        let forecasts = self.caller.asking().forecasts();
        follows
            || if forecasts { unit.kind == UnitKind::Measure } else { tables.iter().any(Table::is_unsettled) }
    }

    /// Gives the hash of what was read.
    async fn source(self: &Arc<Self>, id: UnitId, out: &mut Output) -> Result<Option<Digest>, RunError> {
        let (sender, mut receiver) = unbounded_channel();
        let run = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let unit = run.plan.unit(id);
            run.sources().read(unit, run.node(unit), &run.memo, |chunk| {
                let _ = sender.send(chunk);
            })
        });
        let gauge = &self.gauges[id.0 as usize];
        while let Some(chunk) = receiver.recv().await {
            out.send(vec![chunk], gauge);
        }
        reading.await.map_err(|_| RunError::Broken("a source".to_owned()))?
    }

    async fn barrier(self: &Arc<Self>, id: UnitId, tables: Vec<Table>) -> Result<Table, RunError> {
        let run = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let unit = run.plan.unit(id);
            let node = run.node(unit);
            let labels = match node.steps.get(unit.steps.start).map(|step| &step.kind) {
                Some(StepKind::Labels { read, .. }) => run.sources().all(read)?,
                _ => Vec::new(),
            };
            let barrier = Barrier {
                ground: &run.ground,
                shelf: &run.shelf,
                memo: &run.memo,
                node,
                unit,
                inputs: &tables,
                labels,
            };
            barrier.run()
        });
        work.await.map_err(|_| RunError::Broken("a whole-table step".to_owned()))?
    }

    /// Rows that stand in the program itself.
    fn written(&self, unit: &Unit) -> Result<Vec<ChunkRef>, RunError> {
        let node = self.node(unit);
        let Some(step) = node.steps.get(unit.steps.start) else { return Ok(Vec::new()) };
        let draw = unit.draws.first().copied().unwrap_or(0);
        let mut rows = Vec::new();
        let mut row = |number: u64, fields: &[Expr]| {
            let mut hasher = Hasher::new("tgp.written.v1");
            hasher.number(number);
            let id = RowId::from_digest(&hasher.finish());
            let mut effects = Effects::default();
            let mut scope = Scope::new(&self.ground, node.kind, step, draw, id, &[], &mut effects);
            scope.set(Local(0), Value::Int(number as i64));
            let mut failure = None;
            let values: Vec<Value> = fields
                .iter()
                .map(|field| match scope.eval(field) {
                    Ok(value) => value,
                    Err(Halt::Fail(halt)) => {
                        failure.get_or_insert(Arc::from(*halt));
                        Value::Missing
                    }
                    Err(Halt::Waiting | Halt::Drop) => Value::Missing,
                })
                .collect();
            let id = identity::by_content(&values, 0);
            rows.push(Row { id, values, failure });
        };
        match &step.kind {
            StepKind::Rows { count, fields } => (0..*count).for_each(|number| row(number, fields)),
            StepKind::Listed { rows } => {
                rows.iter().zip(0..).for_each(|(fields, number)| row(number, fields))
            }
            _ => {}
        }
        let mut chunks = Vec::new();
        let mut rows = Numbering::default().number(rows).0.into_iter().peekable();
        while rows.peek().is_some() {
            chunks.push(self.shelf.put(rows.by_ref().take(1000).collect())?);
        }
        Ok(chunks)
    }

    /// Where the unit gave identities by a key, sees to it that no two rows have the same.
    fn keys_hold(&self, unit: &Unit, table: &Table) -> Result<(), RunError> {
        let node = self.node(unit);
        let keys = node.steps[unit.steps.clone()].iter().find_map(|step| match &step.kind {
            StepKind::Key(slots) => Some(slots.as_slice()),
            _ => None,
        });
        let Some(keys) = keys else { return Ok(()) };
        if are_distinct(&self.shelf, &self.memo.identities_key(unit), table)? {
            return Ok(());
        }
        // Where the key's values stand in the unit's table.
        let laid = match node.steps[unit.steps.clone()].last().map(|step| &step.kind) {
            Some(StepKind::Project(slots)) => {
                let place = |key: &Slot| slots.iter().position(|slot| slot == key).map(|at| Slot(at as u32));
                keys.iter().filter_map(place).collect()
            }
            _ => keys.to_vec(),
        };
        check_keys(node, &self.shelf, table, &laid)
    }
}
