//! Temporary.
use std::path::Path;

use crate::check::{LoadProblem, Loader};
use crate::diagnostics::source::Source;
use crate::project::loader::{LoadError, ProjectLoader};

pub struct Adapter<'a>(pub ProjectLoader<'a>);
impl Loader for Adapter<'_> {
    fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        self.0.file(from, path).map_err(|error| match error {
            LoadError::NotFound { path } => LoadProblem::NotFound { path },
            LoadError::NotText { at, .. } => LoadProblem::NotText { at },
            other => LoadProblem::Other(other.to_string()),
        })
    }
    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}
