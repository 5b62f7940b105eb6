//! What a unit has made so far, and who reads it.

use tokio::sync::mpsc::UnboundedSender;

use super::gauges::Gauge;
use super::making::Piece;
use super::table::{ChunkRef, Table};

/// A unit's table as it grows. What its readers are handed are references, so that one who is slow
/// costs no memory.
pub(super) struct Output {
    readers: Vec<UnboundedSender<Piece>>,
    pub(super) table: Table,
}

impl Output {
    pub(super) fn new(readers: Vec<UnboundedSender<Piece>>) -> Output {
        Output { readers, table: Table::default() }
    }

    /// Adds chunks that are whole.
    pub(super) fn send(&mut self, chunks: impl IntoIterator<Item = ChunkRef>, gauge: &Gauge) {
        for chunk in chunks {
            gauge.made(u64::from(chunk.rows), u64::from(chunk.failed));
            self.announce(&Piece::Whole(chunk));
            self.table.chunks.push(chunk);
        }
    }

    /// Hands on a piece, in the order of the table.
    pub(super) fn announce(&mut self, piece: &Piece) {
        // A reader that stopped has told why itself.
        self.readers.retain(|reader| reader.send(piece.clone()).is_ok());
    }

    /// Tells its readers that nothing more comes.
    pub(super) fn close(&mut self) {
        self.readers.clear();
    }

    /// Adds the chunk that an announced piece came to.
    pub(super) fn add(&mut self, chunk: Option<ChunkRef>) {
        self.table.chunks.extend(chunk);
    }
}
