//! `vendor/`: copies of a project's packages, kept with the project.

use std::path::{Path, PathBuf};

use crate::world::World;

use super::config::dependency::Location;
use super::error::ProjectError;
use super::lock::{LOCK, Lock, LockedPackage, pinned};
use super::package::{files, hash};
use super::project::Project;
use super::resolve::{Copies, resolve};

/// Name of the folder.
pub const VENDOR: &str = "vendor";

/// A package that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendored {
    pub package: LockedPackage,
    /// Where the copy is.
    pub folder: PathBuf,
}

/// Copies all packages of a project under `vendor`, from where they come from, and pins them.
/// From then on the copies are used. Copies of other versions stay where they are, unused.
pub fn vendor(world: &dyn World, project: &Project) -> Result<Vec<Vendored>, ProjectError> {
    let resolved = resolve(world, project, Copies::Last)?;
    let locked = pinned(project, world, &resolved)?;
    let copies = VendorFolder::of(&project.root, locked.lock.clone());
    let mut vendored = Vec::new();
    for (package, resolved) in locked.lock.packages.iter().zip(resolved.values()) {
        let folder = copies.folder(package);
        if folder != resolved.found.folder {
            for (path, bytes) in files(world, &resolved.found.folder)? {
                let path = folder.join(path);
                world.write(&path, &bytes).map_err(|error| ProjectError::Unwritable {
                    path: path.clone(),
                    problem: error.to_string(),
                })?;
            }
        }
        copies.verified(world, package)?;
        vendored.push(Vendored { package: package.clone(), folder });
    }
    // The list goes last, so that a copy that is on it is whole.
    copies.lock.write(world, &copies.root.join(LOCK))?;
    if !locked.differences.is_empty() {
        locked.lock.write(world, &project.root.join(LOCK))?;
    }
    Ok(vendored)
}

/// The copies that there are.
pub(super) struct VendorFolder {
    root: PathBuf,
    lock: Lock,
}

impl VendorFolder {
    pub(super) fn read(world: &dyn World, project: &Path) -> Result<VendorFolder, ProjectError> {
        let lock = Lock::read(world, &project.join(VENDOR).join(LOCK))?;
        Ok(VendorFolder::of(project, lock.unwrap_or_default()))
    }

    fn of(project: &Path, lock: Lock) -> VendorFolder {
        VendorFolder { root: project.join(VENDOR), lock }
    }

    /// The copy of a package from a location, or from any where none is asked for.
    pub(super) fn copy_of(&self, name: &str, location: Option<&Location>) -> Option<&LockedPackage> {
        let copy = self.lock.get(name)?;
        match location {
            Some(location) if copy.location().as_ref() != Some(location) => None,
            _ => Some(copy),
        }
    }

    /// A copy's folder, its content compared with what was copied.
    pub(super) fn verified(&self, world: &dyn World, copy: &LockedPackage) -> Result<PathBuf, ProjectError> {
        let folder = self.folder(copy);
        match hash(world, &folder)? == copy.hash {
            true => Ok(folder),
            false => Err(ProjectError::VendorEdited { name: copy.name.clone(), folder }),
        }
    }

    fn folder(&self, copy: &LockedPackage) -> PathBuf {
        self.root.join(format!("{}-{}", copy.name, copy.version))
    }
}
