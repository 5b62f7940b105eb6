//! The keyspaces of small facts.

use serde::{Deserialize, Serialize};

/// A keyspace of small facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// What a unit would compute to the table that it made.
    Node,
    /// What a unit would compute of a chunk to what came out.
    Chunk,
    /// A source's path to its stamp and content hash.
    Source,
    /// What ran, when, and with which result.
    Run,
}

impl Space {
    /// All of them, in a fixed order.
    pub const ALL: [Space; 4] = [Space::Node, Space::Chunk, Space::Source, Space::Run];

    /// The name on disk.
    pub fn name(self) -> &'static str {
        match self {
            Space::Node => "node",
            Space::Chunk => "chunk",
            Space::Source => "source",
            Space::Run => "run",
        }
    }

    /// Whether a fact means the same on another machine.
    pub(super) fn is_portable(self) -> bool {
        matches!(self, Space::Node | Space::Chunk)
    }
}
