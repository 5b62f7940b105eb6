//! How the rows of a table differ from those it had before.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::data::codec::encode_rows;
use crate::data::row::{Row, RowId};
use crate::digest::Digest;
use crate::engine::error::RunError;
use crate::engine::run::Run;
use crate::engine::table::{ChunkRef, Table};

/// Where more chunks than this differ, counting them row by row would take longer than it tells.
const COUNTED: usize = 200;

/// Rows by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Turnover {
    pub new: u64,
    pub gone: u64,
    /// Of the same identity, with other values.
    pub edited: u64,
}

/// Compares two tables by the chunks that they don't share; nothing where too much differs, or the
/// older rows are no longer kept.
pub fn turnover(run: &Run, before: &Table, now: &Table) -> Result<Option<Turnover>, RunError> {
    let only = |these: &Table, those: &Table| -> Vec<ChunkRef> {
        let known: BTreeSet<Digest> = those.chunks.iter().map(|chunk| chunk.digest).collect();
        these.chunks.iter().filter(|chunk| !known.contains(&chunk.digest)).copied().collect()
    };
    let (older, newer) = (only(before, now), only(now, before));
    if older.len() > COUNTED || newer.len() > COUNTED {
        return Ok(None);
    }
    let (Some(older), Some(newer)) = (rows(run, &older)?, rows(run, &newer)?) else { return Ok(None) };
    let mut turnover = Turnover::default();
    let mut left: HashMap<RowId, &Row> =
        older.iter().flat_map(|rows| rows.iter()).map(|row| (row.id, row)).collect();
    for row in newer.iter().flat_map(|rows| rows.iter()) {
        match left.remove(&row.id) {
            None => turnover.new += 1,
            Some(other) if !is_same(other, row) => turnover.edited += 1,
            Some(_) => {}
        }
    }
    turnover.gone = left.len() as u64;
    Ok(Some(turnover))
}

/// Whether two rows hold the same, as the language sees it.
fn is_same(one: &Row, other: &Row) -> bool {
    one == other || encode_rows(std::slice::from_ref(one)) == encode_rows(std::slice::from_ref(other))
}

fn rows(run: &Run, chunks: &[ChunkRef]) -> Result<Option<Vec<Arc<[Row]>>>, RunError> {
    chunks.iter().map(|chunk| run.shelf.find(chunk)).collect()
}

impl Turnover {
    pub fn is_none(&self) -> bool {
        *self == Turnover::default()
    }

    /// `12 rows new, 1 edited`
    pub fn told(&self) -> String {
        let mut parts = Vec::new();
        for (count, word) in [(self.new, "new"), (self.gone, "gone"), (self.edited, "edited")] {
            let noun = match (parts.is_empty(), count) {
                (false, _) => "",
                (true, 1) => "row ",
                (true, _) => "rows ",
            };
            if count > 0 {
                parts.push(format!("{count} {noun}{word}"));
            }
        }
        parts.join(", ")
    }
}
