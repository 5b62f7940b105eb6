//! Units that work row by row: their chunks go through side by side, each as far as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesOrdered;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::digest::Digest;
use crate::eval::effects::Asked;
use crate::plan::unit::{Unit, UnitId, UnitKind};

use super::error::RunError;
use super::gauges::{Gauge, Meters};
use super::making::{Begun, End, Maker, Piece};
use super::memo::Made;
use super::output::Output;
use super::room::{Room, Stay};
use super::rows::{RowWork, Told};
use super::run::Run;
use super::table::{ChunkRef, Digesting};

/// What became of one piece of the input.
struct Worked {
    taken: Option<ChunkRef>,
    /// One for each model in a query, else one.
    made: Vec<Option<ChunkRef>>,
}

impl Run {
    /// Works chunk by chunk, several at a time, in their order. Gives the digest of the input.
    pub(super) async fn stream(
        self: &Arc<Self>,
        id: UnitId,
        input: Option<UnboundedReceiver<Piece>>,
        out: &mut Output,
    ) -> Result<Digest, RunError> {
        let Some(mut input) = input else { return Ok(Digesting::default().finish()) };
        let room = Room::new(self.parts(id).count(), self.calls_at_a_time(id));
        let mut taken = Digesting::default();
        let mut working = FuturesOrdered::new();
        let mut problem = None;
        let mut open = true;
        while open || !working.is_empty() {
            tokio::select! {
                biased;
                Some(worked) = working.next(), if !working.is_empty() => {
                    let worked: Result<Result<Worked, RunError>, _> = worked;
                    match worked.unwrap_or_else(|_| Err(RunError::Broken("a chunk".to_owned()))) {
                        Ok(worked) => {
                            worked.taken.iter().for_each(|chunk| taken.add(chunk));
                            worked.made.into_iter().for_each(|chunk| out.add(chunk));
                        }
                        Err(error) => {
                            // What is under way is paid for, so it is waited for and kept.
                            self.stop_for(&error);
                            open = false;
                            problem.get_or_insert(error);
                        }
                    }
                }
                piece = input.recv(), if open && room.has_place(working.len()) => match piece {
                    Some(Piece::Whole(chunk)) if working.is_empty() && self.takes(id, &chunk, out)? => {
                        taken.add(&chunk);
                    }
                    Some(piece) => {
                        let makers = self.parts(id).enumerate().map(|(part, _)| {
                            let (maker, made) = Maker::new();
                            out.announce(&made);
                            (maker, room.enter(part, piece.rows()))
                        });
                        let makers = makers.collect();
                        let run = self.clone();
                        working.push_back(tokio::spawn(async move { run.piece(id, piece, makers).await }));
                    }
                    None => open = false,
                },
                () = room.freed(), if open && !room.has_place(working.len()) => {}
            }
        }
        problem.map_or_else(|| Ok(taken.finish()), Err)
    }

    /// The most calls that one of a unit's models may have out at a time.
    fn calls_at_a_time(&self, id: UnitId) -> usize {
        let targets = self.parts(id).map(|part| part.map(|(target, _)| target));
        let asked = targets.flat_map(|target| self.caller.endpoints().asked_by(self.plan.unit(id), target));
        asked.map(|endpoint| endpoint.limits().concurrency as usize).max().unwrap_or(1)
    }

    /// The parts of the work on a chunk: a query does it for each model.
    fn parts(&self, id: UnitId) -> impl Iterator<Item = Option<(Asked, &Digest)>> {
        let unit = self.plan.unit(id);
        let targets = unit.targets.iter().map(|target| {
            Some((Asked { model: target.model, binding: target.binding }, &target.fingerprint))
        });
        let whole = (unit.kind != UnitKind::Query).then_some(None);
        whole.into_iter().chain(targets.filter(move |_| unit.kind == UnitKind::Query))
    }

    /// Takes what was made of a chunk before; false where some of it is yet to be made.
    fn takes(&self, id: UnitId, chunk: &ChunkRef, out: &mut Output) -> Result<bool, RunError> {
        let unit = self.plan.unit(id);
        let known = self.parts(id).map(|part| self.made(unit, part.unzip().1, chunk));
        let Some(known) = known.collect::<Result<Option<Vec<Made>>, RunError>>()? else { return Ok(false) };
        for made in known {
            self.gauges[id.0 as usize].take(&made);
            if let Some(chunk) = made.chunk {
                out.announce(&Piece::Whole(chunk));
                out.add(Some(chunk));
            }
        }
        Ok(true)
    }

    /// What a unit made of a chunk before, unless it is to work anew.
    fn made(&self, unit: &Unit, target: Option<&Digest>, chunk: &ChunkRef) -> Result<Option<Made>, RunError> {
        if self.refresh.contains(&unit.node) {
            return Ok(None);
        }
        Ok(self.memo.made(unit, &self.memo.chunk_key(unit, target, &chunk.digest))?)
    }

    /// What a unit makes of one piece of its input.
    async fn piece(&self, id: UnitId, piece: Piece, makers: Vec<(Maker, Stay)>) -> Result<Worked, RunError> {
        let piece = &piece;
        let parts = self.parts(id).zip(makers).map(|(part, (maker, stay))| async move {
            let made = self.part(id, part, piece, &maker, &stay).await?;
            maker.end(made);
            Ok::<_, RunError>(made)
        });
        let made = join_all(parts).await.into_iter().collect::<Result<_, _>>()?;
        match piece.whole().await {
            End::Made(taken) => Ok(Worked { taken, made }),
            End::Abandoned => Err(RunError::Abandoned),
        }
    }

    async fn part(
        &self,
        id: UnitId,
        part: Option<(Asked, &Digest)>,
        piece: &Piece,
        maker: &Maker,
        stay: &Stay,
    ) -> Result<Option<ChunkRef>, RunError> {
        let unit = self.plan.unit(id);
        let gauge = &self.gauges[id.0 as usize];
        let (target, fingerprint) = part.unzip();
        let key = |chunk: &ChunkRef| self.memo.chunk_key(unit, fingerprint, &chunk.digest);
        let own = Gauge::default();
        let work = RowWork {
            ground: &self.ground,
            caller: &self.caller,
            unit,
            target,
            meters: Meters { unit: gauge, chunk: &own },
            maker,
            stay,
            carries_failures: unit.carries_failures(self.node(unit)),
            told: Told::default(),
            unsettled: AtomicBool::new(false),
        };
        let (rows, taken) = match piece.begun().await {
            Begun::Ended(End::Abandoned) => return Err(RunError::Abandoned),
            Begun::Ended(End::Made(None)) => return Ok(None),
            Begun::Ended(End::Made(Some(chunk))) => {
                stay.is_whole(chunk.rows);
                if let Some(made) = self.made(unit, fingerprint, &chunk)? {
                    gauge.take(&made);
                    return Ok(made.chunk);
                }
                let rows = self.shelf.get(&chunk)?;
                (work.run(&rows).await, chunk)
            }
            Begun::Live(follower) => match work.follow(follower).await {
                (rows, End::Made(Some(chunk))) => (rows, chunk),
                (_, End::Made(None)) => return Ok(None),
                (_, End::Abandoned) => return Err(RunError::Abandoned),
            },
        };
        let is_settled = !work.unsettled.load(Ordering::Relaxed);
        let mut made = None;
        // A chunk without rows says that rows may yet come.
        if !(rows.is_empty() && is_settled) {
            let mut chunk = self.shelf.put(rows)?;
            chunk.unsettled |= !is_settled;
            made = Some(chunk);
        }
        if made.is_none_or(|chunk| !chunk.unsettled) {
            let worth = own.counts().worth();
            self.memo.put_made(unit, &key(&taken), &Made { chunk: made, worth })?;
        }
        if let Some(chunk) = &made {
            work.told.complete(chunk, gauge);
        }
        Ok(made)
    }
}
