//! The rows of one chunk, all at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::StreamExt;
use futures_util::future::{join_all, select_all};
use futures_util::stream::FuturesUnordered;

use crate::check::program::{Node, Program, StepKind};
use crate::data::row::{Failure, Reason, Row};
use crate::eval::effects::{Answer, Asked, Call, Effects, Path};
use crate::eval::ground::Ground;
use crate::models::anteroom::Anteroom;
use crate::nodes::stream::{Ran, Stream};
use crate::plan::unit::Unit;
use crate::syntax::tree::NodeKind;

use super::caller::Caller;
use super::gauges::{Gauge, Meters};
use super::making::{End, Follower, Maker, Next, Place};
use super::room::Stay;
use super::table::ChunkRef;

/// Rows that are done at the same time are passed on together, as many at most.
const TOGETHER: usize = 256;

/// So many rows are begun when an endpoint may soon lack calls.
const BEGUN_TOGETHER: usize = 64;

/// What a chunk's rows are run with.
pub struct RowWork<'a> {
    pub ground: &'a Ground,
    pub caller: &'a Caller,
    pub unit: &'a Unit,
    pub target: Option<Asked>,
    pub meters: Meters<'a>,
    /// Who is told of rows that are done while others still wait.
    pub maker: &'a Maker,
    /// Where rows that are done make room for others.
    pub(super) stay: &'a Stay,
    /// Whether rows that failed before go on through this unit.
    pub carries_failures: bool,
    /// Rows that are in the gauge already.
    pub told: Told,
    /// Some answer did not come, so the rows don't hold for good. Such a row may still be whole,
    /// as one that the other judges voted on.
    pub unsettled: AtomicBool,
}

/// How many of a chunk's rows are in its unit's gauge.
#[derive(Debug, Default)]
pub struct Told {
    rows: AtomicU64,
    failed: AtomicU64,
}

impl Told {
    fn add(&self, rows: &[Row], gauge: &Gauge) {
        let failed = rows.iter().filter(|row| row.failure.is_some()).count() as u64;
        self.rows.fetch_add(rows.len() as u64, Ordering::Relaxed);
        self.failed.fetch_add(failed, Ordering::Relaxed);
        gauge.made(rows.len() as u64, failed);
    }

    /// Counts in what was not counted before.
    pub fn complete(&self, chunk: &ChunkRef, gauge: &Gauge) {
        let rest = |all: u32, told: &AtomicU64| u64::from(all).saturating_sub(told.load(Ordering::Relaxed));
        gauge.made(rest(chunk.rows, &self.rows), rest(chunk.failed, &self.failed));
    }
}

impl RowWork<'_> {
    /// The rows that the rows of a whole chunk become, in their order. Rows run at the same time
    /// as far as their models' limits allow.
    pub async fn run(&self, rows: &Arc<[Row]>) -> Vec<Row> {
        let Some(stream) = self.stream() else { return Vec::new() };
        let stream = &stream;
        let anterooms = self.anterooms();
        let mut made: Vec<Vec<Row>> = Vec::with_capacity(rows.len());
        let mut waiting = FuturesUnordered::new();
        // Places of rows that are done and were not passed on.
        let mut news: Vec<usize> = Vec::new();
        while made.len() < rows.len() || !waiting.is_empty() {
            if waiting.is_empty() || has_room(&anterooms) {
                for (place, row) in rows.iter().enumerate().skip(made.len()).take(BEGUN_TOGETHER) {
                    made.push(Vec::new());
                    let mut effects = Effects::default();
                    match self.takes(row).then(|| stream.run(row, &mut effects)) {
                        None => self.stay.done(1),
                        Some(Ran::Rows(rows)) => {
                            self.read(&effects);
                            self.stay.done(1);
                            made[place] = rows;
                            news.push(place);
                        }
                        Some(Ran::Waiting) => {
                            waiting.push(async move { (place, self.settle(stream, row, effects).await) });
                        }
                    }
                }
            }
            // Answers come in groups, for they are put on disk together.
            let may_begin = made.len() < rows.len() && !waiting.is_empty();
            let mut settled = (&mut waiting).ready_chunks(TOGETHER);
            tokio::select! {
                biased;
                Some(settled) = settled.next() => {
                    self.stay.done(settled.len());
                    for (place, rows) in settled {
                        made[place] = rows;
                        news.push(place);
                    }
                }
                () = any_freed(&anterooms), if may_begin => {}
                else => {}
            }
            if self.maker.is_live() {
                self.tell(news.drain(..).map(|at| (Place::from_slice(&[at as u32]), made[at].as_slice())));
            }
        }
        made.into_iter().flatten().collect()
    }

    /// The rows that the rows of a chunk become that is still being made, and that chunk's end.
    pub async fn follow(&self, mut input: Follower) -> (Vec<Row>, End) {
        let Some(stream) = self.stream() else { return (Vec::new(), End::Abandoned) };
        let stream = &stream;
        let mut made: BTreeMap<Place, Vec<Row>> = BTreeMap::new();
        let mut waiting = FuturesUnordered::new();
        let mut end = None;
        self.maker.go_live();
        self.stay.is_followed();
        while end.is_none() || !waiting.is_empty() {
            tokio::select! {
                Some((place, rows)) = waiting.next(), if !waiting.is_empty() => {
                    self.stay.done(1);
                    self.done(&mut made, place, rows);
                }
                next = input.next(), if end.is_none() => match next {
                    Next::Ended(ended) => end = Some(ended),
                    Next::Rows(settled) => for (place, rows) in settled {
                        for (at, row) in (0..).zip(rows.iter()) {
                            if !self.takes(row) {
                                continue;
                            }
                            let place: Place = place.iter().copied().chain([at]).collect();
                            let mut effects = Effects::default();
                            match stream.run(row, &mut effects) {
                                Ran::Rows(rows) => {
                                    self.read(&effects);
                                    self.done(&mut made, place, rows);
                                }
                                Ran::Waiting => {
                                    self.stay.came(1);
                                    let row = row.clone();
                                    waiting.push(async move {
                                        (place, self.settle(stream, &row, effects).await)
                                    });
                                }
                            }
                        }
                    },
                },
            }
        }
        (made.into_values().flatten().collect(), end.unwrap_or(End::Abandoned))
    }

    fn done(&self, made: &mut BTreeMap<Place, Vec<Row>>, place: Place, rows: Vec<Row>) {
        self.tell([(place.clone(), rows.as_slice())].into_iter());
        made.insert(place, rows);
    }

    /// Passes on rows that are done; what was made of a row without a result is a place of none.
    fn tell<'r>(&self, done: impl Iterator<Item = (Place, &'r [Row])>) {
        let told = done.filter(|(_, rows)| !rows.is_empty());
        let told = told.inspect(|(_, rows)| self.told.add(rows, self.meters.unit));
        match self.maker.has_readers() {
            true => self.maker.settle(told.map(|(place, rows)| (place, Arc::from(rows)))),
            false => told.for_each(drop),
        }
    }

    /// Counts the answers of a row that had to be repaired to be read.
    fn read(&self, effects: &Effects) {
        match effects.mended() {
            0 => {}
            repaired => self.meters.unit.add(|gauge| &gauge.repaired, repaired as u64),
        }
    }

    fn takes(&self, row: &Row) -> bool {
        self.carries_failures || row.failure.is_none()
    }

    /// Where the calls of the rows wait; nowhere where they ask nobody.
    fn anterooms(&self) -> Vec<&Arc<Anteroom>> {
        self.caller.endpoints().asked_by(self.unit, self.target).map(|endpoint| endpoint.anteroom()).collect()
    }

    fn stream(&self) -> Option<Stream<'_>> {
        Some(Stream {
            ground: self.ground,
            node: node(&self.ground.program, self.unit)?,
            steps: self.unit.steps.clone(),
            draws: &self.unit.draws,
            target: self.target,
        })
    }

    /// The answers to calls that a row makes at the same time, in the order of the calls.
    async fn answers(&self, calls: &[(Path, Call)], may_wait: bool) -> Vec<Answer> {
        match calls {
            [(_, only)] => vec![self.answer(only, may_wait).await],
            _ => join_all(calls.iter().map(|(_, call)| self.answer(call, may_wait))).await,
        }
    }

    async fn answer(&self, call: &Call, may_wait: bool) -> Answer {
        let departs = || self.maker.go_live();
        let given = self.caller.answer(call, may_wait, self.meters, departs).await;
        if !given.is_settled {
            self.unsettled.store(true, Ordering::Relaxed);
        }
        given.answer
    }

    /// Gets the answers that a row waits for until it waits no more.
    async fn settle(&self, stream: &Stream<'_>, row: &Row, mut effects: Effects) -> Vec<Row> {
        let may_wait = match stream.node.kind {
            // A batch does not tell how long an answer took.
            NodeKind::Query => !stream.node.steps.iter().any(|step| match &step.kind {
                StepKind::Query(query) => query.latency,
                _ => false,
            }),
            kind => kind == NodeKind::Judge,
        };
        loop {
            let calls = effects.take_waiting();
            if calls.is_empty() {
                // Nothing to wait for, and yet no result: the row can't go on.
                let mut row = row.clone();
                row.failure = Some(Arc::new(stuck()));
                return vec![row];
            }
            let answers = self.answers(&calls, may_wait).await;
            for ((path, _), answer) in calls.into_iter().zip(answers) {
                effects.learn(path, answer);
            }
            if let Ran::Rows(rows) = stream.run(row, &mut effects) {
                self.read(&effects);
                return rows;
            }
        }
    }
}

/// Whether an endpoint may soon lack calls, or there is none to wait for.
fn has_room(anterooms: &[&Arc<Anteroom>]) -> bool {
    anterooms.is_empty() || anterooms.iter().any(|anteroom| anteroom.has_room())
}

async fn any_freed(anterooms: &[&Arc<Anteroom>]) {
    match anterooms {
        [] => {}
        [only] => only.freed().await,
        several => {
            select_all(several.iter().map(|anteroom| Box::pin(anteroom.freed()))).await;
        }
    }
}

fn stuck() -> Failure {
    Failure {
        reason: Reason::Undefined,
        message: "its steps wait for each other".into(),
        attempts: 0,
        excerpt: "".into(),
    }
}

fn node<'a>(program: &'a Program, unit: &Unit) -> Option<&'a Node> {
    program.nodes.get(unit.node.0 as usize)
}
