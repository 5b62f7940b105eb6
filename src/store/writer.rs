//! The one thread that writes to the ledger.
//!
//! It takes all records that wait, writes them as frames, flushes once, indexes them and
//! answers all who wait. While a flush runs, the next group gathers, so that the cost of a
//! flush is shared by as many records as there are callers.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::frame::Packer;
use super::position::{Mark, Position};
use super::shared::Shared;
use super::tail::Tail;
use super::{CallKey, StoreError};

/// A group is written when it has this many bytes, even if more records wait.
const GROUP: usize = 8 << 20;
/// Events nobody waits for are written together with replies, or when there are so many.
const EVENTS: usize = 256;

/// What the thread is told.
enum Order {
    Write(Pending),
    Flush(SyncSender<Result<(), StoreError>>),
    Stop,
}

/// A line on its way to the disk.
struct Pending {
    line: Vec<u8>,
    kind: Kind,
}

enum Kind {
    /// A reply that is to be found by this key.
    Served(CallKey, Done),
    /// A reply that only the ledger knows.
    Spare(Done),
    Event,
}

type Done = oneshot::Sender<Result<(), StoreError>>;

/// The thread's other end.
#[derive(Debug)]
pub(super) struct Writer {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>, folder: &Path, next: Mark) -> Result<Writer, StoreError> {
        let packer = Packer::new()?;
        let (orders, received) = channel();
        let tail = Tail::new(folder, next);
        let work = Work { shared, packer, tail, is_synced: true };
        let thread = std::thread::Builder::new()
            .name("tgp-ledger".to_owned())
            .spawn(move || work.run(&received))
            .map_err(StoreError::io(folder))?;
        Ok(Writer { orders, thread: Some(thread) })
    }

    /// Hands over a reply; the receiver hears when it is on disk.
    pub(super) fn reply(
        &self,
        line: Vec<u8>,
        served_as: Option<CallKey>,
    ) -> oneshot::Receiver<Result<(), StoreError>> {
        let (done, receiver) = oneshot::channel();
        let kind = match served_as {
            Some(key) => Kind::Served(key, done),
            None => Kind::Spare(done),
        };
        // Where the thread is gone, the order is dropped, and so is `done`: the receiver hears that.
        let _ = self.orders.send(Order::Write(Pending { line, kind }));
        receiver
    }

    /// Hands over an event.
    pub(super) fn event(&self, line: Vec<u8>) -> Result<(), StoreError> {
        let pending = Pending { line, kind: Kind::Event };
        self.orders.send(Order::Write(pending)).map_err(|_| StoreError::Closed)
    }

    /// Returns when everything handed over before is on disk.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let (done, receiver) = sync_channel(1);
        self.orders.send(Order::Flush(done)).map_err(|_| StoreError::Closed)?;
        receiver.recv().map_err(|_| StoreError::Closed)?
    }

    /// Writes what waits and ends the thread.
    pub(super) fn stop(&mut self) {
        // Where the thread is gone already, there is nothing to stop.
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Work {
    shared: Arc<Shared>,
    packer: Packer,
    tail: Tail,
    is_synced: bool,
}

/// What was gathered for one flush.
#[derive(Default)]
struct Group {
    lines: Vec<Pending>,
    bytes: usize,
    is_awaited: bool,
    flushes: Vec<SyncSender<Result<(), StoreError>>>,
    is_last: bool,
}

impl Group {
    fn add(&mut self, order: Order) {
        match order {
            Order::Write(pending) => {
                self.bytes += pending.line.len();
                self.is_awaited |= !matches!(pending.kind, Kind::Event);
                self.lines.push(pending);
            }
            Order::Flush(done) => self.flushes.push(done),
            Order::Stop => self.is_last = true,
        }
    }

    fn is_due(&self) -> bool {
        self.is_awaited || self.is_last || !self.flushes.is_empty() || self.lines.len() >= EVENTS
    }
}

impl Work {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut group = Group::default();
        while let Ok(order) = orders.recv() {
            group.add(order);
            while group.bytes < GROUP
                && !group.is_last
                && let Ok(order) = orders.try_recv()
            {
                group.add(order);
            }
            if group.is_due() {
                let is_last = group.is_last;
                self.write(std::mem::take(&mut group));
                if is_last {
                    return;
                }
            }
        }
        self.write(group);
    }

    fn write(&mut self, group: Group) {
        let must_sync = group.is_awaited || group.is_last || !group.flushes.is_empty();
        let result = self.put(&group.lines, must_sync);
        if let Ok(entries) = &result
            && !entries.is_empty()
        {
            self.index(entries);
        }
        let result = result.map(drop);
        for pending in group.lines {
            if let Kind::Served(_, done) | Kind::Spare(done) = pending.kind {
                // Whoever no longer waits has cancelled the call; its record is kept all the same.
                let _ = done.send(result.clone());
            }
        }
        for done in group.flushes {
            let _ = done.send(result.clone());
        }
    }

    /// Writes lines as frames, and gives the places of those to be found by a key.
    fn put(&mut self, lines: &[Pending], must_sync: bool) -> Result<Vec<(CallKey, Position)>, StoreError> {
        let start = self.tail.begin()?;
        let mut out = Vec::new();
        let mut entries = Vec::new();
        self.packer.clear();
        for pending in lines {
            let line = self.packer.add(&pending.line, !matches!(pending.kind, Kind::Event));
            if let Kind::Served(key, _) = &pending.kind {
                let offset = u32::try_from(start.offset + out.len() as u64).unwrap_or(u32::MAX);
                entries.push((*key, Position { segment: start.segment, offset, line }));
            }
            if self.packer.is_full() {
                self.packer.finish(&mut out)?;
            }
        }
        if !self.packer.is_empty() {
            self.packer.finish(&mut out)?;
        }
        if !out.is_empty() {
            self.tail.append(&out)?;
            self.is_synced = false;
        }
        if must_sync && !self.is_synced {
            self.tail.sync()?;
            self.is_synced = true;
        }
        Ok(entries)
    }

    fn index(&self, entries: &[(CallKey, Position)]) {
        let Ok(calls) = self.shared.calls() else { return };
        if calls.add(entries.iter().copied(), self.tail.at()).is_err() {
            self.shared.rebuild_calls();
        }
    }
}
