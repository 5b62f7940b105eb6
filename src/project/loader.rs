//! The texts that a program uses, out of files and packages.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostics::source::Source;
use crate::world::World;

use super::place::{from_folder, settled};
use super::project::Project;

/// Gives the files and packages that a project's programs use.
pub struct ProjectLoader<'p> {
    project: &'p Project,
    world: Arc<dyn World>,
}

/// Why a text could not be had. Reads on after "cannot use `…`: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("there is no such file: {}", path.display())]
    NotFound { path: PathBuf },
    #[error("{} is a folder, not a file", path.display())]
    Folder { path: PathBuf },
    #[error("it is not UTF-8 text (byte {at}, line {line}); save the file as UTF-8")]
    NotText { at: usize, line: usize },
    #[error("it is larger than 4 GiB")]
    TooLarge,
    #[error("{} can't be read: {problem}", path.display())]
    Unreadable { path: PathBuf, problem: String },
}

impl<'p> ProjectLoader<'p> {
    pub(super) fn new(project: &'p Project, world: Arc<dyn World>) -> ProjectLoader<'p> {
        ProjectLoader { project, world }
    }

    /// The file at `path`, relative to the folder of the file at `from`.
    pub fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadError> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new(""));
        self.text(&settled(&folder.join(path)), None)
    }

    /// A text under a name, or under its path as seen from the project.
    fn text(&self, path: &Path, name: Option<&str>) -> Result<Source, LoadError> {
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => LoadError::NotFound { path: path.to_owned() },
            _ => LoadError::Unreadable { path: path.to_owned(), problem: error.to_string() },
        };
        if self.world.is_folder(path) {
            return Err(LoadError::Folder { path: path.to_owned() });
        }
        // Spans count bytes in 32 bits.
        if self.world.stamp(path).map_err(unreadable)?.size > u64::from(u32::MAX) {
            return Err(LoadError::TooLarge);
        }
        let bytes = self.world.read(path).map_err(unreadable)?;
        let text = String::from_utf8(bytes)
            .map_err(|error| not_text(error.as_bytes(), error.utf8_error().valid_up_to()))?;
        let name = name.map_or_else(|| self.shown_name(path), str::to_owned);
        // Some editors begin a file with a mark that says nothing about UTF-8.
        Ok(Source::new(name, Some(path), text.strip_prefix('\u{feff}').unwrap_or(&text)))
    }

    fn shown_name(&self, path: &Path) -> String {
        if path.starts_with(&self.project.root) {
            from_folder(&self.project.root, path).display().to_string()
        } else {
            path.display().to_string()
        }
    }
}

/// What is wrong with bytes that are no text from a place on.
pub(super) fn not_text(bytes: &[u8], at: usize) -> LoadError {
    let line = bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    LoadError::NotText { at, line }
}
