//! A package in a folder: what it calls itself, what it needs, and what it is by content.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::digest::{Digest, Hasher};
use crate::world::World;

use super::config::Config;
use super::config::dependency::Dependency;
use super::config::package::Package;
use super::error::ProjectError;
use super::place::slashed;
use super::project::{CONFIG, Project};

/// A package where it lies.
#[derive(Clone, Debug)]
pub(super) struct PackageFolder {
    pub(super) folder: PathBuf,
    pub(super) package: Package,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    pub(super) hash: Digest,
}

/// Folders in folders, at most; a ring of links would have no end.
const DEEPEST: usize = 32;

impl PackageFolder {
    pub(super) fn read(world: &dyn World, folder: &Path) -> Result<PackageFolder, ProjectError> {
        let lacks = |lacks| ProjectError::NoPackage { folder: folder.to_owned(), lacks };
        if world.stamp(&folder.join(CONFIG)).is_err() {
            return Err(lacks("it has no tgp.toml"));
        }
        let Config { package, dependencies, .. } = Project::find(world, folder)
            .map_err(|refused| ProjectError::Config {
                path: folder.join(CONFIG),
                refused: Box::new(refused),
            })?
            .config;
        let package = package.ok_or_else(|| lacks("its tgp.toml has no `[package]`"))?;
        Ok(PackageFolder { package, dependencies, hash: hash(world, folder)?, folder: folder.to_owned() })
    }
}

/// What identifies a package: its `.tgp` files and its `tgp.toml`, each with its path.
pub(super) fn hash(world: &dyn World, folder: &Path) -> Result<Digest, ProjectError> {
    let mut hasher = Hasher::new("tgp.package.v1");
    for (path, bytes) in files(world, folder)? {
        hasher.text(&path).bytes(&bytes);
    }
    Ok(hasher.finish())
}

/// The files that make up a package, sorted by their paths from its folder, with `/` between
/// the parts. What is hidden, copied from others (`vendor`) or a project of its own is no part.
pub(super) fn files(world: &dyn World, folder: &Path) -> Result<Vec<(String, Vec<u8>)>, ProjectError> {
    let mut paths = Vec::new();
    collect(world, folder, 0, &mut paths)?;
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = world.read(&path).map_err(|error| unreadable(&path, &error))?;
        files.push((slashed(path.strip_prefix(folder).unwrap_or(&path)), bytes));
    }
    files.sort();
    Ok(files)
}

fn collect(
    world: &dyn World,
    folder: &Path,
    depth: usize,
    paths: &mut Vec<PathBuf>,
) -> Result<(), ProjectError> {
    if depth > DEEPEST {
        return Err(ProjectError::TooDeep { folder: folder.to_owned() });
    }
    for path in world.list(folder).map_err(|error| unreadable(folder, &error))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if world.is_folder(&path) {
            let foreign = name.starts_with('.')
                || (depth == 0 && name == "vendor")
                || world.stamp(&path.join(CONFIG)).is_ok();
            if !foreign {
                collect(world, &path, depth + 1, paths)?;
            }
        } else if name.ends_with(".tgp") || (depth == 0 && name == CONFIG) {
            paths.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> ProjectError {
    ProjectError::Unreadable { path: path.to_owned(), problem: error.to_string() }
}
