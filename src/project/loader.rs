//! The texts that a program uses, out of files and packages.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use semver::VersionReq;

use crate::check::{LoadProblem, Loader};
use crate::diagnostics::source::Source;
use crate::world::World;

use super::error::ProjectError;
use super::lock::{LOCK, Lock, LockedPackage};
use super::package::{PackageFolder, hash};
use super::place::{from_folder, settled};
use super::project::Project;
use super::resolve::fetched;
use super::vendor::VendorFolder;

/// Gives the files and packages that a project's programs use.
///
/// `use acme.rubrics` names the file `rubrics.tgp` of the package `acme.rubrics`,
/// `use acme.rubrics.strict` its file `strict.tgp`. A package is taken as `tgp.lock` pins it or
/// not at all.
pub struct ProjectLoader<'p> {
    project: &'p Project,
    world: Arc<dyn World>,
    /// Folders of packages whose content is what was pinned, by their names.
    verified: Mutex<BTreeMap<String, PathBuf>>,
}

/// Why a text could not be had. Reads on after "cannot use `…`: ".
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum LoadError {
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
    #[error("it lies outside of the package `{package}`, which comes without it")]
    OutsidePackage { package: String },
    #[error("no dependency of that name")]
    NoPackage,
    #[error("tgp.toml names it, and tgp.lock does not pin it yet; run `tgp lock`")]
    NotLocked,
    #[error("tgp.toml asks for another `{name}` than tgp.lock has pinned; run `tgp lock`")]
    Stale { name: String },
    #[error("`{name}` is at version {now} by now, and tgp.lock pins {version}; run `tgp lock`")]
    Moved { name: String, version: semver::Version, now: semver::Version },
    #[error("`{written}` is no requirement for a version; such as ^1.2 or =1.2.0")]
    BadRequirement { written: String },
    #[error("{requirement} is asked for, and `{name}` is pinned at {version}")]
    Unmet { name: String, version: semver::Version, requirement: VersionReq },
    #[error("{0}")]
    Project(#[from] ProjectError),
}

impl Loader for ProjectLoader<'_> {
    fn file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        Ok(self.load_file(from, path)?)
    }

    fn package(&self, name: &str, requirement: Option<&str>) -> Result<Source, LoadProblem> {
        Ok(self.load_package(name, requirement)?)
    }
}

impl From<LoadError> for LoadProblem {
    fn from(error: LoadError) -> LoadProblem {
        match error {
            LoadError::NotFound { path } => LoadProblem::NotFound { path },
            LoadError::NoPackage => LoadProblem::NoPackage,
            error => LoadProblem::Other(error.to_string()),
        }
    }
}

impl<'p> ProjectLoader<'p> {
    pub(super) fn new(project: &'p Project, world: Arc<dyn World>) -> ProjectLoader<'p> {
        ProjectLoader { project, world, verified: Mutex::default() }
    }

    fn load_file(&self, from: Option<&Path>, path: &str) -> Result<Source, LoadError> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new(""));
        let path = settled(&folder.join(path));
        // What a package has beside itself here, it may not have elsewhere.
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let within = verified.iter().find(|(_, package)| folder.starts_with(package));
        if let Some((package, _)) = within.filter(|(_, package)| !path.starts_with(package)) {
            return Err(LoadError::OutsidePackage { package: package.clone() });
        }
        drop(verified);
        self.text(&path, None)
    }

    fn load_package(&self, name: &str, requirement: Option<&str>) -> Result<Source, LoadError> {
        let lock = Lock::read(&*self.world, &self.project.root.join(LOCK))?.unwrap_or_default();
        let named = |package: &str| name == package || name.starts_with(&format!("{package}."));
        let asked = self.project.config.dependencies.keys().filter(|package| named(package));
        let asked = asked.max_by_key(|package| package.len());
        let pinned = lock.packages.iter().filter(|package| named(&package.name));
        let pinned = pinned.max_by_key(|package| package.name.len());
        let package = match (pinned, asked) {
            (Some(pinned), Some(asked)) if asked.len() > pinned.name.len() => {
                return Err(LoadError::NotLocked);
            }
            (Some(pinned), _) => pinned,
            (None, Some(_)) => return Err(LoadError::NotLocked),
            (None, None) => return Err(LoadError::NoPackage),
        };
        self.current(package)?;
        if let Some(written) = requirement {
            let requirement = VersionReq::parse(written)
                .map_err(|_| LoadError::BadRequirement { written: written.to_owned() })?;
            if !requirement.matches(&package.version) {
                let (name, version) = (package.name.clone(), package.version.clone());
                return Err(LoadError::Unmet { name, version, requirement });
            }
        }
        let within = name.strip_prefix(&package.name).unwrap_or("").trim_start_matches('.');
        let file = match within {
            "" => package.name.rsplit('.').next().unwrap_or(&package.name).to_owned(),
            within => within.replace('.', "/"),
        };
        let folder = self.folder(package)?;
        self.text(&folder.join(format!("{file}.tgp")), Some(name))
    }

    /// Refuses a package that is not what `tgp.toml` now asks for.
    fn current(&self, package: &LockedPackage) -> Result<(), LoadError> {
        let Some(asked) = self.project.config.dependencies.get(&package.name) else { return Ok(()) };
        let elsewhere = asked.location.clone().is_some_and(|it| Some(it.settled()) != package.location());
        if elsewhere || !asked.requirement.matches(&package.version) {
            return Err(LoadError::Stale { name: package.name.clone() });
        }
        Ok(())
    }

    /// The folder of a package, its content compared with what was pinned.
    fn folder(&self, package: &LockedPackage) -> Result<PathBuf, LoadError> {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = verified.get(&package.name) {
            return Ok(folder.clone());
        }
        let (world, root) = (&*self.world, &self.project.root);
        let location = package.location();
        let vendored = VendorFolder::read(world, root)?;
        let folder = match (vendored.copy_of(&package.name, location.as_ref()), &location) {
            (Some(copy), _) => vendored.verified(world, copy)?,
            (None, Some(location)) => fetched(world, root, location)?,
            (None, None) => {
                let name = package.name.clone();
                return Err(ProjectError::NoLocation { name, by: LOCK.to_owned() }.into());
            }
        };
        if hash(world, &folder)? != package.hash {
            let (name, version) = (package.name.clone(), package.version.clone());
            let now = PackageFolder::read(world, &folder)?.package.version;
            return Err(match now == version {
                true => ProjectError::Changed { name, version }.into(),
                false => LoadError::Moved { name, version, now },
            });
        }
        verified.insert(package.name.clone(), folder.clone());
        Ok(folder)
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
