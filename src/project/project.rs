//! The folder that a program lives in, found from the program.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::program::Binding;
use crate::diagnostics::diagnostic::{Diagnostic, Label, Severity};
use crate::diagnostics::source::{Source, SourceId, Sources, Span};
use crate::engine::endpoints::EndpointSettings;
use crate::world::World;

use super::config::Config;
use super::loader::ProjectLoader;
use super::place::settled;

/// Name of the file that makes a folder a project.
pub const CONFIG: &str = "tgp.toml";

/// A folder with what its `tgp.toml` states; without one, the folder of a single file.
#[derive(Clone, Debug)]
pub struct Project {
    /// Absolute.
    pub root: PathBuf,
    /// Whether there is a `tgp.toml` in it.
    pub stated: bool,
    /// Its paths are absolute.
    pub config: Config,
}

/// A `tgp.toml` that can't be followed: what is wrong, and the text that the places point into.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", diagnostics.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n"))]
pub struct Refused {
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

impl Project {
    /// The project of a file, or of a folder: the nearest folder with a `tgp.toml` from there
    /// upwards, else that place itself.
    pub fn find(world: &dyn World, file: &Path) -> Result<Project, Refused> {
        // The working folder is the shell's doing and part of how the path was meant.
        let absolute = settled(&world.absolute(file));
        let start = if world.is_folder(&absolute) {
            absolute.as_path()
        } else {
            absolute.parent().unwrap_or(&absolute)
        };
        for folder in start.ancestors() {
            let path = folder.join(CONFIG);
            match world.read(&path) {
                Ok(bytes) => return Project::read(world, folder, &path, bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) if world.is_folder(&path) => {}
                Err(error) => return Err(unreadable(&path, &format!("can't be read: {error}"))),
            }
        }
        Ok(Project { root: start.to_owned(), stated: false, config: Config::default() })
    }

    fn read(world: &dyn World, folder: &Path, path: &Path, bytes: Vec<u8>) -> Result<Project, Refused> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let problem = super::loader::not_text(error.as_bytes(), error.utf8_error().valid_up_to());
            unreadable(path, &problem.to_string())
        })?;
        Project::parsed(world, folder, &text)
    }

    /// The project that a folder would be with that `tgp.toml`.
    pub(super) fn parsed(world: &dyn World, folder: &Path, text: &str) -> Result<Project, Refused> {
        let config = Config::parse(SourceId(0), text).map_err(|problem| {
            let path = folder.join(CONFIG);
            let mut shown = text.as_bytes().to_vec();
            for secret in problem.secrets {
                shown[secret].fill(b'*');
            }
            let mut sources = Sources::default();
            sources.add(Source::new(CONFIG, Some(&path), String::from_utf8_lossy(&shown)));
            Refused { diagnostics: problem.diagnostics, sources }
        })?;
        let mut project = Project { root: folder.to_owned(), stated: true, config };
        project.settle(world);
        Ok(project)
    }

    /// Makes the paths of the configuration absolute.
    fn settle(&mut self, world: &dyn World) {
        let home = world.variable("HOME").or_else(|| world.variable("USERPROFILE"));
        let root = &self.root;
        let place = |path: &mut PathBuf| {
            *path = match (path.strip_prefix("~"), &home) {
                (Ok(rest), Some(home)) => settled(&Path::new(home).join(rest)),
                _ => settled(&root.join(&*path)),
            };
        };
        self.config.endpoints.values_mut().filter_map(|entry| entry.key_file.as_mut()).for_each(place);
        self.config.run.store.iter_mut().for_each(place);
    }

    /// Where the `tgp.toml` is, or would be.
    pub fn config_file(&self) -> PathBuf {
        self.root.join(CONFIG)
    }

    /// Where replies and tables are kept.
    pub fn store_folder(&self) -> PathBuf {
        self.config.run.store.clone().unwrap_or_else(|| self.root.join(".tgp"))
    }

    /// What models are bound to, by their names in the program.
    pub fn bindings(&self) -> &[(String, Vec<Binding>)] {
        &self.config.models
    }

    pub fn settings(&self) -> &dyn EndpointSettings {
        self
    }

    /// Finds the texts that a program uses.
    pub fn loader(&self, world: Arc<dyn World>) -> ProjectLoader<'_> {
        ProjectLoader::new(self, world)
    }
}

fn unreadable(path: &Path, problem: &str) -> Refused {
    let mut sources = Sources::default();
    let source = sources.add(Source::new(CONFIG, Some(path), ""));
    let diagnostic = Diagnostic {
        code: "unreadable-config",
        severity: Severity::Error,
        message: format!("`{}`: {problem}", path.display()),
        primary: Label { span: Span::new(source, 0, 0), text: String::new() },
        others: Vec::new(),
        help: None,
    };
    Refused { diagnostics: vec![diagnostic], sources }
}
