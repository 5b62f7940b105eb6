//! The rows of one chunk, all at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use crate::check::program::{Node, Program};
use crate::data::row::{Failure, Reason, Row};
use crate::eval::effects::{Asked, Effects};
use crate::eval::ground::Ground;
use crate::nodes::stream::{Ran, Stream};
use crate::plan::unit::Unit;
use crate::syntax::tree::NodeKind;

use super::caller::Caller;
use super::gauges::Meters;

/// What a chunk's rows are run with.
pub struct RowWork<'a> {
    pub ground: &'a Ground,
    pub caller: &'a Arc<Caller>,
    pub unit: &'a Unit,
    pub target: Option<Asked>,
    pub meters: Meters<'a>,
}

/// What rows became.
#[derive(Default)]
pub struct RowsMade {
    pub rows: Vec<Row>,
    /// All answers came, so the rows hold for good. Where one did not, a row may still be whole,
    /// such as one that the other judges voted on.
    pub is_settled: bool,
}

impl RowWork<'_> {
    /// The rows that these rows become, in their order. Rows run at the same time as far as their
    /// models' limits allow.
    pub async fn run(&self, rows: &Arc<[Row]>) -> RowsMade {
        let Some(node) = node(&self.ground.program, self.unit) else { return RowsMade::default() };
        let unsettled = AtomicBool::new(false);
        let may_wait = matches!(node.kind, NodeKind::Query | NodeKind::Judge);
        let stream = Stream {
            ground: self.ground,
            node,
            steps: self.unit.steps.clone(),
            draws: &self.unit.draws,
            target: self.target,
        };
        let mut made: Vec<Vec<Row>> = Vec::with_capacity(rows.len());
        let mut waiting = FuturesUnordered::new();
        for (place, row) in rows.iter().enumerate() {
            let mut effects = Effects::default();
            match stream.run(row, &mut effects) {
                Ran::Rows(rows) => made.push(rows),
                Ran::Waiting => {
                    made.push(Vec::new());
                    let (stream, unsettled) = (&stream, &unsettled);
                    waiting.push(async move {
                        (place, self.settle(stream, row, effects, may_wait, unsettled).await)
                    });
                }
            }
        }
        while let Some((place, rows)) = waiting.next().await {
            made[place] = rows;
        }
        let rows = made.into_iter().flatten().collect();
        RowsMade { rows, is_settled: !unsettled.load(Ordering::Relaxed) }
    }

    /// Gets the answers that a row waits for until it waits no more.
    async fn settle(
        &self,
        stream: &Stream<'_>,
        row: &Row,
        mut effects: Effects,
        may_wait: bool,
        unsettled: &AtomicBool,
    ) -> Vec<Row> {
        loop {
            let calls = effects.take_waiting();
            if calls.is_empty() {
                // Nothing to wait for, and yet no result: the row can't go on.
                let mut row = row.clone();
                row.failure = Some(Arc::new(stuck()));
                return vec![row];
            }
            let answers = join_all(calls.into_iter().map(|(path, call)| async move {
                (path, self.caller.answer(call, may_wait, self.meters).await)
            }));
            for (path, given) in answers.await {
                if !given.is_settled {
                    unsettled.store(true, Ordering::Relaxed);
                }
                effects.learn(path, given.answer);
            }
            if let Ran::Rows(rows) = stream.run(row, &mut effects) {
                return rows;
            }
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
