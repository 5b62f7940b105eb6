//! What stays the same for all rows of a run.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::check::program::{Binding, Model, Program};
use crate::digest::Digest;

use super::effects::Asked;
use super::recording::Recordings;

/// Pictures by content.
pub trait Pictures: Send + Sync {
    fn picture(&self, digest: &Digest) -> Option<Bytes>;
    fn keep_picture(&self, bytes: &[u8]) -> Option<Digest>;
}

/// What every evaluation stands on.
pub struct Ground {
    pub program: Arc<Program>,
    pub pictures: Arc<dyn Pictures>,
    /// Read only when a row asks for one.
    pub recordings: OnceLock<Recordings>,
}

impl Ground {
    pub fn model(&self, asked: Asked) -> Option<&Model> {
        self.program.models.get(asked.model.0 as usize)
    }

    pub fn binding(&self, asked: Asked) -> Option<&Binding> {
        self.model(asked)?.bindings.get(asked.binding as usize)
    }
}
