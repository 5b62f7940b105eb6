//! A chunk that is being made, for whoever wants its rows before it is whole.
//!
//! As long as nobody has to wait for an answer, a chunk is passed on when it is whole: then it is
//! known by its content, and what was made of that content before need not be made again. As soon
//! as one of its calls goes out over the network, its rows are passed on one by one, so that a
//! judge works on the first replies while the others are still on their way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tokio::sync::watch;

use crate::data::row::Row;

use super::table::ChunkRef;

/// Where rows stand in their chunk: the place of the row they come from, then their own among
/// those made of it, and so on back to a chunk that was whole.
pub type Place = SmallVec<[u32; 4]>;

/// Rows that are done, and where they stand.
pub type Settled = (Place, Arc<[Row]>);

/// What passes from a unit to those that read it.
#[derive(Clone)]
pub enum Piece {
    Whole(ChunkRef),
    Making(Arc<Making>),
}

/// A chunk being made.
pub struct Making {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// A call of the chunk is out.
    is_live: bool,
    /// In the order in which they were done; none before the chunk is live.
    settled: Vec<Settled>,
    followers: usize,
    end: Option<End>,
}

/// How the making of a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As a chunk, or without a single row.
    Made(Option<ChunkRef>),
    /// For a reason that its maker tells.
    Abandoned,
}

/// What a reader finds once there is something to find.
pub enum Begun {
    /// Rows come one by one.
    Live(Follower),
    Ended(End),
}

/// What a follower is given.
pub enum Next {
    Rows(Vec<Settled>),
    Ended(End),
}

impl Piece {
    /// The number of its rows, when it is whole.
    pub(super) fn rows(&self) -> Option<u32> {
        match self {
            Piece::Whole(chunk) => Some(chunk.rows),
            Piece::Making(_) => None,
        }
    }

    /// The chunk, when it is whole.
    pub async fn whole(&self) -> End {
        match self {
            Piece::Whole(chunk) => End::Made(Some(*chunk)),
            Piece::Making(making) => making.ended().await,
        }
    }

    /// Waits until there is something to work on.
    pub async fn begun(&self) -> Begun {
        match self {
            Piece::Whole(chunk) => Begun::Ended(End::Made(Some(*chunk))),
            Piece::Making(making) => Making::begun(making).await,
        }
    }
}

impl Making {
    fn new() -> Making {
        Making { state: Mutex::default(), changed: watch::Sender::new(()) }
    }

    async fn ended(&self) -> End {
        self.when(|state| state.end).await
    }

    async fn begun(making: &Arc<Making>) -> Begun {
        let begun = making.when(|state| match state.end {
            Some(end) if state.followers == 0 => Some(Begun::Ended(end)),
            _ if state.is_live => {
                state.followers += 1;
                Some(Begun::Live(Follower { making: making.clone(), seen: 0 }))
            }
            end => end.map(Begun::Ended),
        });
        begun.await
    }

    /// Waits until there is something in the state.
    async fn when<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&mut self.state()) {
                return found;
            }
            // The sender lives as long as `self`.
            let _ = changed.changed().await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a [`Making`] that its maker holds. Dropped before its end, the chunk is abandoned.
pub struct Maker(Arc<Making>);

impl Maker {
    pub fn new() -> (Maker, Piece) {
        let making = Arc::new(Making::new());
        (Maker(making.clone()), Piece::Making(making))
    }

    /// Lets rows be seen as they are done.
    pub fn go_live(&self) {
        if !self.is_live() {
            self.0.change(|state| state.is_live = true);
        }
    }

    pub fn is_live(&self) -> bool {
        self.0.state().is_live
    }

    /// Whether anybody may want to see the rows, now or later.
    pub fn has_readers(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Passes on rows that are done.
    pub fn settle(&self, rows: impl IntoIterator<Item = Settled>) {
        self.0.change(|state| state.settled.extend(rows));
    }

    pub fn end(&self, chunk: Option<ChunkRef>) {
        self.finish(End::Made(chunk));
    }

    fn finish(&self, end: End) {
        self.0.change(|state| {
            state.end.get_or_insert(end);
            state.let_go();
        });
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        self.finish(End::Abandoned);
    }
}

impl State {
    /// Who comes now reads the whole chunk from the store.
    fn let_go(&mut self) {
        if self.end.is_some() && self.followers == 0 {
            self.settled = Vec::new();
        }
    }
}

/// A reader of a chunk that is being made.
pub struct Follower {
    making: Arc<Making>,
    seen: usize,
}

impl Follower {
    /// The rows done since the last time; when there are no more, how it ended.
    pub async fn next(&mut self) -> Next {
        let seen = &mut self.seen;
        let next = self.making.when(|state| {
            let new = &state.settled[(*seen).min(state.settled.len())..];
            if new.is_empty() {
                return state.end.map(Next::Ended);
            }
            *seen = state.settled.len();
            Some(Next::Rows(new.to_vec()))
        });
        next.await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.making.change(|state| {
            state.followers = state.followers.saturating_sub(1);
            state.let_go();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::row::RowId;
    use crate::digest::Digest;

    fn rows(number: u128) -> Settled {
        (
            Place::from_slice(&[number as u32]),
            Arc::from([Row { id: RowId(number), values: Vec::new(), failure: None }]),
        )
    }

    fn chunk() -> ChunkRef {
        ChunkRef { digest: Digest::of(b""), rows: 2, failed: 0, unsettled: false }
    }

    #[tokio::test]
    async fn a_quiet_chunk_is_seen_whole() {
        let (maker, piece) = Maker::new();
        maker.end(Some(chunk()));
        assert!(matches!(piece.begun().await, Begun::Ended(End::Made(Some(_)))));
    }

    #[tokio::test]
    async fn rows_of_a_live_chunk_are_seen_once_each_and_then_its_end() {
        let (maker, piece) = Maker::new();
        maker.go_live();
        let Begun::Live(mut follower) = piece.begun().await else { panic!("it is live") };
        maker.settle([rows(1)]);
        assert!(matches!(follower.next().await, Next::Rows(new) if new.len() == 1));
        maker.settle([rows(2), rows(3)]);
        maker.end(Some(chunk()));
        assert!(matches!(follower.next().await, Next::Rows(new) if new.len() == 2));
        assert!(matches!(follower.next().await, Next::Ended(End::Made(Some(_)))));
        drop(follower);
        assert!(matches!(piece.begun().await, Begun::Ended(_)), "latecomers read the whole chunk");
        assert_eq!(piece.whole().await, End::Made(Some(chunk())));
    }

    #[tokio::test]
    async fn a_maker_that_is_gone_abandons_its_chunk() {
        let (maker, piece) = Maker::new();
        maker.go_live();
        drop(maker);
        assert_eq!(piece.whole().await, End::Abandoned);
    }
}
