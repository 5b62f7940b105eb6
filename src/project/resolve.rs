//! Which packages a project uses, directly and through others: one version of each.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use semver::VersionReq;

use crate::world::World;

use super::config::dependency::{Dependency, Location};
use super::error::ProjectError;
use super::git;
use super::package::PackageFolder;
use super::place::settled;
use super::project::Project;
use super::vendor::VendorFolder;

/// A package that was found.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) found: PackageFolder,
    /// Paths are relative to the project.
    pub(super) location: Option<Location>,
}

/// When a copy under `vendor` is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    /// Wherever there is one of what is asked for.
    First,
    /// Where nothing says where the package came from.
    Last,
}

/// What somebody asks for.
struct Wish {
    name: String,
    /// Who asks, as said to people.
    by: String,
    requirement: VersionReq,
    location: Option<Location>,
}

/// Finds all packages that a project needs, by name.
///
/// Each name has one location. What the project itself states goes over what its packages
/// state; packages that disagree where the project says nothing are refused.
pub(super) fn resolve(
    world: &dyn World,
    project: &Project,
    copies: Copies,
) -> Result<BTreeMap<String, Resolved>, ProjectError> {
    let own = project.config.package.as_ref().map(|package| package.name.as_str());
    let vendored = VendorFolder::read(world, &project.root)?;
    let mut found: BTreeMap<String, (Resolved, String)> = BTreeMap::new();
    let mut wishes: VecDeque<Wish> =
        project.config.dependencies.iter().map(|(name, it)| stated(name, it)).collect();
    let mut granted: Vec<Wish> = Vec::new();
    // Wishes that state no location wait for one that does.
    let mut waiting: Vec<Wish> = Vec::new();
    while let Some(wish) = wishes.pop_front() {
        if own == Some(wish.name.as_str()) {
            return Err(ProjectError::OnItself { name: wish.name, by: wish.by });
        }
        if let Some((earlier, by)) = found.get(&wish.name) {
            agree(project, &wish, earlier, by)?;
            granted.push(wish);
            continue;
        }
        let copy = vendored.copy_of(&wish.name, wish.location.as_ref());
        let (folder, location) = match (&wish.location, copy) {
            (None, Some(copy)) => (vendored.verified(world, copy)?, copy.location()),
            (Some(location), Some(copy)) if copies == Copies::First => {
                (vendored.verified(world, copy)?, Some(location.clone()))
            }
            (Some(location), _) => (fetched(world, &project.root, location)?, Some(location.clone())),
            (None, None) => {
                waiting.push(wish);
                continue;
            }
        };
        let package = PackageFolder::read(world, &folder)?;
        if package.package.name != wish.name {
            let location = location.unwrap_or(Location::Folder(folder));
            let found = package.package.name;
            return Err(ProjectError::WrongName { wanted: wish.name, found, location });
        }
        for (name, dependency) in &package.dependencies {
            wishes.push_back(through(&wish.name, location.as_ref(), name, dependency)?);
        }
        wishes.extend(waiting.extract_if(.., |waits| waits.name == wish.name));
        found.insert(wish.name.clone(), (Resolved { found: package, location }, wish.by.clone()));
        granted.push(wish);
    }
    if let Some(wish) = waiting.into_iter().next() {
        return Err(ProjectError::NoLocation { name: wish.name, by: wish.by });
    }
    for wish in granted {
        if let Some((resolved, _)) = found.get(&wish.name) {
            let version = &resolved.found.package.version;
            if !wish.requirement.matches(version) {
                let Wish { name, by, requirement, .. } = wish;
                return Err(ProjectError::Unmet { name, version: version.clone(), requirement, by });
            }
        }
    }
    Ok(found.into_iter().map(|(name, (resolved, _))| (name, resolved)).collect())
}

/// The folder of a package; out of git it is fetched where it is not there yet.
pub(super) fn fetched(world: &dyn World, root: &Path, location: &Location) -> Result<PathBuf, ProjectError> {
    match location {
        Location::Folder(path) => Ok(settled(&root.join(path))),
        Location::Git { repository, tag, folder } => {
            Ok(git::checkout(world, root, repository, tag)?.join(folder))
        }
    }
}

fn stated(name: &str, dependency: &Dependency) -> Wish {
    let location = dependency.location.clone().map(Location::settled);
    let by = "tgp.toml".to_owned();
    Wish { name: name.to_owned(), by, requirement: dependency.requirement.clone(), location }
}

/// What a package asks for. Its paths start where it is itself.
fn through(
    parent: &str,
    parent_location: Option<&Location>,
    name: &str,
    dependency: &Dependency,
) -> Result<Wish, ProjectError> {
    let by = format!("`{parent}`");
    let location = match (dependency.location.clone(), parent_location) {
        (Some(Location::Folder(path)), Some(Location::Folder(from))) => {
            Some(Location::Folder(settled(&from.join(path))))
        }
        (Some(Location::Folder(path)), Some(Location::Git { repository, tag, folder })) => {
            let folder = settled(&folder.join(path));
            if folder.is_absolute() || folder.starts_with("..") {
                return Err(ProjectError::OutsideRepository { name: name.to_owned(), by });
            }
            Some(Location::Git { repository: repository.clone(), tag: tag.clone(), folder })
        }
        // A copy of unknown origin: its neighbours are copies too.
        (Some(Location::Folder(_)), None) | (None, _) => None,
        (git, _) => git,
    };
    Ok(Wish { name: name.to_owned(), by, requirement: dependency.requirement.clone(), location })
}

/// Whether a wish can do with what was found for another.
fn agree(project: &Project, wish: &Wish, earlier: &Resolved, by: &str) -> Result<(), ProjectError> {
    let decided = project.config.dependencies.get(&wish.name).is_some_and(|own| own.location.is_some());
    match (&wish.location, &earlier.location) {
        (Some(location), Some(other)) if location != other && !decided => Err(ProjectError::Disagreement {
            name: wish.name.clone(),
            by: wish.by.clone(),
            location: Box::new(location.clone()),
            other_by: by.to_owned(),
            other: Box::new(other.clone()),
        }),
        _ => Ok(()),
    }
}
