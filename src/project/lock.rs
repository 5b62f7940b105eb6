//! `tgp.lock`: which packages and remote sources a project uses, pinned by content.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;

use crate::digest::Digest;
use crate::world::World;

use super::config::dependency::Location;
use super::error::ProjectError;
use super::place::slashed;
use super::project::Project;
use super::resolve::{Copies, Resolved, resolve};

/// Name of the file.
pub const LOCK: &str = "tgp.lock";

const HEAD: &str = "# Written by tgp: what this project uses, pinned by content. Keep it with the project.\n";
/// Of the file's form.
const FORM: u32 = 1;

/// The packages of a project, each once, sorted by name; and the files of its remote sources, by
/// address and in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    pub packages: Vec<LockedPackage>,
    pub data: Vec<LockedData>,
}

/// A file of a remote source as it was when it was pinned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedData {
    /// Of the source, as the program writes it.
    pub address: String,
    /// Of a dataset: the commit that its revision meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Of a dataset: the file's path in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In bytes.
    pub size: u64,
    /// Of the file's bytes.
    pub hash: Digest,
}

/// A package as it was when it was pinned.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    pub name: String,
    pub version: Version,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    git: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    /// Of its `.tgp` files and its `tgp.toml`, with their paths.
    pub hash: Digest,
}

/// The file as it is written.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default, rename = "package", skip_serializing_if = "Vec::is_empty")]
    packages: Vec<LockedPackage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    data: Vec<LockedData>,
}

/// What became of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub lock: Lock,
    /// How it differs from the one before, a phrase for each package; empty where it does not.
    pub differences: Vec<String>,
}

/// Pins the packages that a project asks for, and writes `tgp.lock` where it changes. With
/// `check`, writes nothing and refuses a lock that would change.
///
/// Refused as well: a package whose content changed under the same version.
pub fn lock(world: &dyn World, project: &Project, check: bool) -> Result<Locked, ProjectError> {
    let locked = pinned(project, world, &resolve(world, project, Copies::First)?)?;
    if locked.differences.is_empty() {
        return Ok(locked);
    }
    if check {
        return Err(ProjectError::Stale { differences: locked.differences });
    }
    locked.lock.write(world, &project.root.join(LOCK))?;
    Ok(locked)
}

/// What is to be pinned, beside what is.
pub(super) fn pinned(
    project: &Project,
    world: &dyn World,
    resolved: &BTreeMap<String, Resolved>,
) -> Result<Locked, ProjectError> {
    let before = Lock::read(world, &project.root.join(LOCK))?.unwrap_or_default();
    let packages: Vec<LockedPackage> = resolved.values().map(LockedPackage::of).collect();
    for package in &packages {
        if before
            .get(&package.name)
            .is_some_and(|it| it.version == package.version && it.hash != package.hash)
        {
            let (name, version) = (package.name.clone(), package.version.clone());
            return Err(ProjectError::Changed { name, version });
        }
    }
    let lock = Lock { packages, data: before.data.clone() };
    let differences = before.differences(&lock);
    Ok(Locked { lock, differences })
}

impl Lock {
    /// Reads a lock; nothing where there is none.
    pub fn read(world: &dyn World, path: &Path) -> Result<Option<Lock>, ProjectError> {
        let bad = |problem: String| ProjectError::BadLock { path: path.to_owned(), problem };
        let bytes = match world.read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad(error.to_string())),
        };
        let written: Written = toml::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if written.version != FORM {
            return Err(bad(format!(
                "it is of form {}, and this program knows form {FORM}",
                written.version
            )));
        }
        Ok(Some(Lock { packages: written.packages, data: written.data }))
    }

    /// Pins the files of an address in the place of those that were pinned.
    pub(super) fn pin(&mut self, address: &str, files: Vec<LockedData>) {
        self.data.retain(|pin| pin.address != address);
        self.data.extend(files);
        // Stable, so the files of an address stay in order.
        self.data.sort_by(|a, b| a.address.cmp(&b.address));
    }

    /// The package of that name.
    pub fn get(&self, name: &str) -> Option<&LockedPackage> {
        self.packages.iter().find(|package| package.name == name)
    }

    pub(super) fn write(&self, world: &dyn World, path: &Path) -> Result<(), ProjectError> {
        let unwritable = |problem: String| ProjectError::Unwritable { path: path.to_owned(), problem };
        let written = Written { version: FORM, packages: self.packages.clone(), data: self.data.clone() };
        let text = toml::to_string(&written).map_err(|error| unwritable(error.to_string()))?;
        world.write(path, format!("{HEAD}{text}").as_bytes()).map_err(|error| unwritable(error.to_string()))
    }

    /// What another lock has otherwise.
    fn differences(&self, now: &Lock) -> Vec<String> {
        let gone = self.packages.iter().filter(|package| now.get(&package.name).is_none());
        let gone = gone.map(|package| format!("`{}` is no longer used", package.name));
        let here = now.packages.iter().filter_map(|package| match self.get(&package.name) {
            None => Some(format!("`{}` {} is new", package.name, package.version)),
            Some(before) if before.version != package.version => {
                Some(format!("`{}` goes from {} to {}", package.name, before.version, package.version))
            }
            Some(before) if before != package => Some(format!("`{}` comes from elsewhere", package.name)),
            Some(_) => None,
        });
        gone.chain(here).collect()
    }
}

impl LockedData {
    /// `place` is the commit and the path within a dataset.
    pub(super) fn new(
        address: String,
        place: Option<(String, String)>,
        hash: &Digest,
        size: u64,
    ) -> LockedData {
        let (commit, file) = place.unzip();
        LockedData { address, commit, file, size, hash: *hash }
    }
}

impl LockedPackage {
    pub(super) fn of(resolved: &Resolved) -> LockedPackage {
        let package = &resolved.found.package;
        let mut locked = LockedPackage {
            name: package.name.clone(),
            version: package.version.clone(),
            path: None,
            git: None,
            tag: None,
            folder: None,
            hash: resolved.found.hash,
        };
        match &resolved.location {
            Some(Location::Folder(path)) => locked.path = Some(slashed(path)),
            Some(Location::Git { repository, tag, folder }) => {
                locked.git = Some(repository.clone());
                locked.tag = Some(tag.clone());
                locked.folder = Some(slashed(folder)).filter(|folder| !folder.is_empty());
            }
            None => {}
        }
        locked
    }

    /// Where the package was found, a path being relative to the project; nothing for a copy of
    /// unknown origin.
    pub fn location(&self) -> Option<Location> {
        match (&self.path, &self.git, &self.tag) {
            (Some(path), _, _) => Some(Location::Folder(PathBuf::from(path))),
            (None, Some(git), Some(tag)) => Some(Location::Git {
                repository: git.clone(),
                tag: tag.clone(),
                folder: self.folder.as_deref().map(PathBuf::from).unwrap_or_default(),
            }),
            _ => None,
        }
    }
}
