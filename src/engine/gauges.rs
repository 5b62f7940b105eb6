//! Counts that grow while a run goes on, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::experience::Experience;
use super::memo::Made;

/// The counts of one unit. All only grow within a pass over the rows.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Rows made, those that failed among them.
    pub rows: AtomicU64,
    pub failed: AtomicU64,
    /// Rows that were taken from the store without any work.
    pub reused: AtomicU64,
    /// Calls that went out.
    pub calls: AtomicU64,
    /// Calls whose reply was on record.
    pub recorded: AtomicU64,
    /// Answers that had to be repaired to be read.
    pub repaired: AtomicU64,
    /// Calls that may not go out and are not on record.
    pub absent: AtomicU64,
    /// Calls behind tables and chunks that were taken as they are.
    pub spared: AtomicU64,
    /// Microdollars that replies on record, and those behind what was taken, cost when they came.
    pub saved: AtomicU64,
    /// Microdollars spent.
    pub spent: AtomicU64,
    /// Tokens sent and received.
    pub tokens: AtomicU64,
    /// Tokens and microdollars that the absent calls would take, about.
    pub expected_tokens: AtomicU64,
    pub expected_cost: AtomicU64,
    /// Absent calls whose price is not known.
    pub unpriced: AtomicU64,
    /// Microdollars that the absent calls cost at most, those aside of which that is not known.
    pub most_cost: AtomicU64,
    /// Absent calls of which it is not known.
    pub unbounded: AtomicU64,
    /// Absent calls whose length is guessed, for no reply like theirs has come.
    pub guessed: AtomicU64,
    /// How long requests and replies are.
    pub experience: Experience,
    /// Calls and microdollars of earlier passes of the same run: their replies are on record now,
    /// and nothing is saved by that.
    earlier_calls: AtomicU64,
    earlier_spent: AtomicU64,
    /// 0 waiting, 1 running, 2 done.
    pub state: AtomicU64,
}

/// A gauge's counts at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub rows: u64,
    pub failed: u64,
    pub reused: u64,
    pub calls: u64,
    pub recorded: u64,
    pub repaired: u64,
    pub absent: u64,
    pub spared: u64,
    pub saved: u64,
    pub spent: u64,
    pub tokens: u64,
    pub expected_tokens: u64,
    pub expected_cost: u64,
    pub unpriced: u64,
    pub most_cost: u64,
    pub unbounded: u64,
    pub guessed: u64,
}

impl Gauge {
    pub fn add(&self, counter: impl FnOnce(&Gauge) -> &AtomicU64, count: u64) {
        counter(self).fetch_add(count, Ordering::Relaxed);
    }

    /// Forgets what another pass over the same rows counts anew; calls stay counted.
    pub fn begin_again(&self) {
        for counter in [
            &self.repaired,
            &self.rows,
            &self.failed,
            &self.reused,
            &self.recorded,
            &self.spared,
            &self.saved,
            &self.state,
        ] {
            counter.store(0, Ordering::Relaxed);
        }
        self.earlier_calls.store(self.calls.load(Ordering::Relaxed), Ordering::Relaxed);
        self.earlier_spent.store(self.spent.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Rows were made, some of which failed.
    pub fn made(&self, rows: u64, failed: u64) {
        self.add(|gauge| &gauge.rows, rows);
        self.add(|gauge| &gauge.failed, failed);
    }

    /// Rows were taken as they are.
    pub(super) fn take(&self, made: &Made) {
        let (rows, failed) = made.chunk.map_or((0, 0), |chunk| (chunk.rows, chunk.failed));
        self.made(rows.into(), failed.into());
        self.add(|gauge| &gauge.reused, rows.into());
        self.spare(made.worth);
    }

    /// The calls behind what was taken as it is.
    pub(super) fn spare(&self, worth: Worth) {
        self.add(|gauge| &gauge.spared, worth.calls);
        self.add(|gauge| &gauge.saved, worth.microdollars);
    }

    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (recorded, earlier) = (get(&self.recorded), get(&self.earlier_calls));
        Counts {
            rows: get(&self.rows),
            failed: get(&self.failed),
            reused: get(&self.reused),
            calls: get(&self.calls),
            recorded: recorded.saturating_sub(earlier),
            repaired: get(&self.repaired),
            absent: get(&self.absent),
            spared: get(&self.spared).saturating_sub(earlier.saturating_sub(recorded)),
            saved: get(&self.saved).saturating_sub(get(&self.earlier_spent)),
            spent: get(&self.spent),
            tokens: get(&self.tokens),
            expected_tokens: get(&self.expected_tokens),
            expected_cost: get(&self.expected_cost),
            unpriced: get(&self.unpriced),
            most_cost: get(&self.most_cost),
            unbounded: get(&self.unbounded),
            guessed: get(&self.guessed),
        }
    }

    pub fn begin(&self) {
        self.state.store(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.state.store(2, Ordering::Relaxed);
    }

    pub fn is_done(&self) -> bool {
        self.state.load(Ordering::Relaxed) == 2
    }
}

impl Counts {
    /// What all that these counts stand for was worth: replies, and the microdollars they cost.
    pub fn worth(&self) -> Worth {
        Worth { calls: self.calls + self.recorded + self.spared, microdollars: self.spent + self.saved }
    }
}

/// Replies behind a table or a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    pub calls: u64,
    pub microdollars: u64,
}

impl Worth {
    pub(super) fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.calls.to_le_bytes());
        bytes[8..].copy_from_slice(&self.microdollars.to_le_bytes());
        bytes
    }

    /// Reads what [`Worth::encode`] wrote; nothing where the bytes are something else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Worth> {
        match bytes.as_chunks::<8>() {
            ([calls, microdollars], []) => Some(Worth {
                calls: u64::from_le_bytes(*calls),
                microdollars: u64::from_le_bytes(*microdollars),
            }),
            _ => None,
        }
    }
}

/// Where calls are counted: for the unit as a whole, and for the chunk that asks.
#[derive(Clone, Copy)]
pub struct Meters<'a> {
    pub unit: &'a Gauge,
    pub chunk: &'a Gauge,
}

impl Meters<'_> {
    /// Counts a call that went out, with its microdollars and tokens.
    pub fn pay(&self, cost: u64, tokens: u64) {
        self.add(|gauge| &gauge.calls, 1);
        self.add(|gauge| &gauge.spent, cost);
        self.add(|gauge| &gauge.tokens, tokens);
    }

    pub fn add(&self, counter: impl Fn(&Gauge) -> &AtomicU64, count: u64) {
        self.unit.add(&counter, count);
        self.chunk.add(&counter, count);
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.rows += other.rows;
        self.failed += other.failed;
        self.reused += other.reused;
        self.calls += other.calls;
        self.recorded += other.recorded;
        self.repaired += other.repaired;
        self.absent += other.absent;
        self.spared += other.spared;
        self.saved += other.saved;
        self.spent += other.spent;
        self.tokens += other.tokens;
        self.expected_tokens += other.expected_tokens;
        self.expected_cost += other.expected_cost;
        self.unpriced += other.unpriced;
        self.most_cost += other.most_cost;
        self.unbounded += other.unbounded;
        self.guessed += other.guessed;
    }
}
