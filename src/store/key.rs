//! Names of what is stored, kept apart by type.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What was asked: provider, model, canonical request, sample and edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallKey(pub Digest);

/// What a node would compute: its fingerprint, inputs, bindings and edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeKey(pub Digest);

/// What a node would compute for one chunk of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkKey(pub Digest);
