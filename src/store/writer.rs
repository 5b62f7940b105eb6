//! The one thread that writes to the ledger.
//!
//! It takes all records that wait, writes them, flushes once, and answers all who wait. While a
//! flush runs, the next group comes together, so that the cost of a flush is shared by as many
//! records as there are callers; where many come, it waits a little for more. Records that make a
//! full frame go to the segment and are indexed; fewer go to the journal until there are enough.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::frame::{FULL, Packer};
use super::gathering::Entry;
use super::journal::Journal;
use super::position::{Mark, Position};
use super::shared::Shared;
use super::tail::Tail;
use super::{CallKey, StoreError};

/// A group is written when it has this many bytes, even if more records wait.
const GROUP: usize = 8 << 20;
/// After a group of so many records as many are on their way, and are waited for.
const CROWD: usize = 8;
/// How long the next group then comes together.
const GATHER: Duration = Duration::from_millis(1);
/// Events nobody waits for are written together with replies, or when there are so many.
const EVENTS: usize = 256;

/// What the thread is told.
enum Order {
    Write(Pending),
    Flush(SyncSender<Result<(), StoreError>>),
    Stop,
}

/// An entry on its way to the disk, and who waits for it.
struct Pending {
    entry: Entry,
    done: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// The thread's other end.
#[derive(Debug)]
pub(super) struct Writer {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>, folder: &Path, next: Mark) -> Result<Writer, StoreError> {
        let (packer, passing) = (Packer::new()?, Packer::passing()?);
        let (orders, received) = channel();
        let tail = Tail::new(folder, next);
        let journal = Journal::new(folder);
        let work = Work { shared, packer, passing, tail, journal };
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
        let entry = Entry { text: line, is_reply: true, served_as };
        // Where the thread is gone, the order is dropped, and so is `done`: the receiver hears that.
        let _ = self.orders.send(Order::Write(Pending { entry, done: Some(done) }));
        receiver
    }

    /// Hands over an event.
    pub(super) fn event(&self, line: Vec<u8>) -> Result<(), StoreError> {
        let entry = Entry { text: line, is_reply: false, served_as: None };
        let pending = Pending { entry, done: None };
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
    /// Packs what goes to the journal.
    passing: Packer,
    tail: Tail,
    journal: Journal,
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
                self.bytes += pending.entry.text.len();
                self.is_awaited |= pending.done.is_some();
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
        let mut last = 0;
        while let Ok(order) = orders.recv() {
            if last >= CROWD {
                std::thread::sleep(GATHER);
            }
            group.add(order);
            while group.bytes < GROUP
                && !group.is_last
                && let Ok(order) = orders.try_recv()
            {
                group.add(order);
            }
            if group.is_due() {
                let is_last = group.is_last;
                last = group.lines.len();
                self.write(std::mem::take(&mut group));
                if is_last {
                    return;
                }
            }
        }
        self.write(group);
    }

    fn write(&mut self, group: Group) {
        let (entries, waiting): (Vec<Entry>, Vec<_>) =
            group.lines.into_iter().map(|pending| (pending.entry, pending.done)).unzip();
        let must_pack = group.is_last || !group.flushes.is_empty();
        let result = if must_pack || self.shared.gathering.bytes() + group.bytes >= FULL {
            self.pack(&entries)
        } else {
            self.gather(entries)
        };
        for done in waiting.into_iter().flatten() {
            // Whoever no longer waits has cancelled the call; its record is kept all the same.
            let _ = done.send(result.clone());
        }
        for done in group.flushes {
            let _ = done.send(result.clone());
        }
        if group.is_last && result.is_ok() {
            // A journal that stays behind is spent, and the next opening sees that.
            let _ = self.journal.remove();
        }
    }

    /// Puts entries on disk where they wait for more.
    fn gather(&mut self, entries: Vec<Entry>) -> Result<(), StoreError> {
        self.passing.clear();
        let next = self.tail.begin()?;
        self.journal.append(&mut self.passing, &entries, next)?;
        self.shared.gathering.add(entries);
        Ok(())
    }

    /// Puts what has gathered, and more, where it is to stand.
    fn pack(&mut self, more: &[Entry]) -> Result<(), StoreError> {
        self.packer.clear();
        // Opened before anything is added, so that it need not look at a frame half written.
        // Where it cannot be opened, the replies are on disk all the same.
        let _ = self.shared.calls();
        let gathering = &self.shared.gathering;
        let places = gathering.with(|gathered| {
            if gathered.is_empty() && more.is_empty() {
                return Ok(Vec::new());
            }
            self.tail.write(&mut self.packer, gathered.iter().chain(more))
        })?;
        self.shared.ledger.grown_to(self.tail.at());
        if !places.is_empty() {
            self.index(&places);
        }
        self.shared.gathering.clear();
        self.journal.spend();
        Ok(())
    }

    fn index(&self, places: &[(CallKey, Position)]) {
        let Ok(calls) = self.shared.calls() else { return };
        if calls.add(places.iter().copied(), self.tail.at()).is_err() {
            self.shared.rebuild_calls();
        }
    }
}
