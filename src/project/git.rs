//! Packages out of git repositories, fetched by the `git` that is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::digest::Hasher;
use crate::world::World;

use super::cache;
use super::error::ProjectError;

/// git's answer where what was asked for is not there.
const NOT_THERE: i32 = 2;

/// The folder with a repository's files at a tag; fetched where it is not there yet.
/// `root` is where a repository named by a relative path starts.
pub(super) fn checkout(
    world: &dyn World,
    root: &Path,
    repository: &str,
    tag: &str,
) -> Result<PathBuf, ProjectError> {
    let key = Hasher::new("tgp.checkout.v1").text(&absolute(root, repository)).text(tag).finish();
    let folder = cache::folder(world, root).join("git");
    let mut attempt = 0u32;
    let (checkout, done) = loop {
        let checkout = folder.join(format!("{}-{attempt}", key.short()));
        let done = folder.join(format!("{}-{attempt}.done", key.short()));
        if world.stamp(&done).is_ok() {
            return Ok(checkout);
        }
        // A folder without its mark is half a fetch, or one that another process is busy with.
        if world.stamp(&checkout).is_err() {
            break (checkout, done);
        }
        attempt += 1;
    };
    let reference = format!("refs/tags/{tag}");
    let listed = git(root, &["ls-remote", "--exit-code", "--", repository, &reference])?;
    if listed.status.code() == Some(NOT_THERE) {
        return Err(ProjectError::NoTag { repository: repository.to_owned(), tag: tag.to_owned() });
    }
    succeeded(repository, &listed)?;
    let target = checkout.to_string_lossy();
    // Line ends as they were committed, or the content's hash would depend on the machine.
    let arguments = [
        "-c",
        "core.autocrlf=false",
        "-c",
        "advice.detachedHead=false",
        "clone",
        "--quiet",
        "--depth=1",
        "--branch",
        tag,
        "--",
        repository,
        &target,
    ];
    succeeded(repository, &git(root, &arguments)?)?;
    world
        .write(&done, b"")
        .map_err(|error| ProjectError::Unwritable { path: done, problem: error.to_string() })?;
    Ok(checkout)
}

/// A relative path names another repository in another project.
fn absolute(root: &Path, repository: &str) -> String {
    match repository.starts_with('.') {
        true => root.join(repository).to_string_lossy().into_owned(),
        false => repository.to_owned(),
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<Output, ProjectError> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    // Never wait for a password that nobody sees the question for.
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    // A commit hook that runs tgp sets these, for another repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(variable);
    }
    command.output().map_err(|error| ProjectError::NoGit { problem: error.to_string() })
}

fn succeeded(repository: &str, output: &Output) -> Result<(), ProjectError> {
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let problem = told.trim().replace('\n', "; ");
    let problem = if problem.is_empty() { output.status.to_string() } else { problem };
    Err(ProjectError::Git { repository: repository.to_owned(), problem })
}
