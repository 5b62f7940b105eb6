//! Tables as sequences of chunks, named by content.

use crate::digest::{Digest, Hasher};

/// A run of rows in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRef {
    pub digest: Digest,
    /// All rows, those that failed among them.
    pub rows: u32,
    pub failed: u32,
    /// Some row failed for want of an answer, so the next run tries again.
    pub unsettled: bool,
}

/// A node's or unit's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub chunks: Vec<ChunkRef>,
}

/// Bytes of one [`ChunkRef`] in [`Table::encode`].
pub(super) const ENTRY: usize = 32 + 4 + 4 + 1;

impl Table {
    pub fn rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.rows)).sum()
    }

    pub fn failed(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.failed)).sum()
    }

    pub fn is_unsettled(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.unsettled)
    }

    /// Equal tables have equal digests.
    pub fn digest(&self) -> Digest {
        let mut digesting = Digesting::default();
        self.chunks.iter().for_each(|chunk| digesting.add(chunk));
        digesting.finish()
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.chunks.len() * ENTRY);
        for chunk in &self.chunks {
            out.extend_from_slice(&chunk.digest.0);
            out.extend_from_slice(&chunk.rows.to_le_bytes());
            out.extend_from_slice(&chunk.failed.to_le_bytes());
            out.push(u8::from(chunk.unsettled));
        }
        out
    }

    /// Reads what [`Table::encode`] wrote; nothing where the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Option<Table> {
        let (entries, []) = bytes.as_chunks::<ENTRY>() else { return None };
        let chunks = entries.iter().map(|entry| {
            let (digest, rest) = entry.split_first_chunk::<32>()?;
            let (rows, rest) = rest.split_first_chunk::<4>()?;
            let (failed, rest) = rest.split_first_chunk::<4>()?;
            Some(ChunkRef {
                digest: Digest(*digest),
                rows: u32::from_le_bytes(*rows),
                failed: u32::from_le_bytes(*failed),
                unsettled: rest == [1],
            })
        });
        Some(Table { chunks: chunks.collect::<Option<_>>()? })
    }
}

/// The digest of a table that nobody keeps, from its chunks as they go by.
pub(super) struct Digesting(Hasher);

impl Default for Digesting {
    fn default() -> Digesting {
        Digesting(Hasher::new("tgp.table.v1"))
    }
}

impl Digesting {
    pub(super) fn add(&mut self, chunk: &ChunkRef) {
        self.0.digest(&chunk.digest);
    }

    /// That of a [`Table`] with the same chunks.
    pub(super) fn finish(&self) -> Digest {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_its_encoding() {
        let chunk = ChunkRef { digest: Digest::of(b"a"), rows: 7, failed: 2, unsettled: true };
        let table = Table { chunks: vec![chunk, ChunkRef { unsettled: false, ..chunk }] };
        assert_eq!(Table::decode(&table.encode()), Some(table));
        assert_eq!(Table::decode(&[0; ENTRY + 1]), None);
    }
}
