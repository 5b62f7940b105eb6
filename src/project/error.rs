//! Why a project's packages can't be had, and how it is said.

use std::path::PathBuf;

use semver::{Version, VersionReq};

use super::config::dependency::Location;
use super::config::package::NAME;
use super::project::Refused;

/// Why the packages of a project can't be resolved, pinned or copied.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProjectError {
    /// The `tgp.toml` of the project or of a package.
    #[error("{}: {refused}", path.display())]
    Config { path: PathBuf, refused: Box<Refused> },
    #[error("`{}` can't be read: {problem}", path.display())]
    Unreadable { path: PathBuf, problem: String },
    #[error("`{}` can't be written: {problem}", path.display())]
    Unwritable { path: PathBuf, problem: String },
    #[error("`{}` can't be read: {problem}; delete it and run `tgp lock`", path.display())]
    BadLock { path: PathBuf, problem: String },
    #[error("`{name}` is no name for a package; a name is {NAME}")]
    BadName { name: String },
    #[error("`{}` is no package: {lacks}", folder.display())]
    NoPackage { folder: PathBuf, lacks: &'static str },
    #[error("the package at {location} is called `{found}`, not `{wanted}`")]
    WrongName { wanted: String, found: String, location: Location },
    #[error("`{name}` depends on itself, through {by}")]
    OnItself { name: String, by: String },
    #[error(
        "nothing says where `{name}` is, which {by} asks for; state its `path`, or `git` and `tag`, under `[dependencies]` in tgp.toml"
    )]
    NoLocation { name: String, by: String },
    #[error(
        "{by} asks for `{name}` at {location}, and {other_by} at {other}; state under `[dependencies]` in your own tgp.toml which of them it shall be"
    )]
    Disagreement { name: String, by: String, location: Box<Location>, other_by: String, other: Box<Location> },
    #[error("`{name}` is at version {version}, and {by} asks for {requirement}")]
    Unmet { name: String, version: Version, requirement: VersionReq, by: String },
    #[error("{by} names `{name}` by a path that leads out of its repository")]
    OutsideRepository { name: String, by: String },
    #[error(
        "`{name}` has changed and still calls itself {version}; give it a new version, or put back what tgp.lock has pinned"
    )]
    Changed { name: String, version: Version },
    #[error("tgp.lock is not what tgp.toml asks for: {}; run `tgp lock`", differences.join(", "))]
    Stale { differences: Vec<String> },
    #[error("the copy of `{name}` in `{}` was edited; run `tgp vendor` to copy it anew", folder.display())]
    VendorEdited { name: String, folder: PathBuf },
    #[error("`{}` is nested too deeply to be part of a package", folder.display())]
    TooDeep { folder: PathBuf },
    #[error("git could not be started: {problem}; packages from git need it")]
    NoGit { problem: String },
    #[error("`{repository}` has no tag `{tag}`")]
    NoTag { repository: String, tag: String },
    #[error("git could not get `{repository}`: {problem}")]
    Git { repository: String, problem: String },
}

impl ProjectError {
    /// Whether nothing is wrong with what was asked for: a disk, a network or a program failed.
    pub fn is_of_the_machine(&self) -> bool {
        matches!(
            self,
            ProjectError::Unreadable { .. }
                | ProjectError::Unwritable { .. }
                | ProjectError::NoGit { .. }
                | ProjectError::Git { .. }
        )
    }
}
