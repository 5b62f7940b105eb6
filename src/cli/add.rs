//! `tgp add`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use semver::VersionReq;

use crate::project::Project;
use crate::project::add::{add, seen_from};
use crate::project::config::dependency::{Dependency, Location};
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Use a package by others: state it in tgp.toml and pin it in tgp.lock
#[derive(Args)]
#[command(after_help = "\
Examples:
  tgp add acme.rubrics --path ../rubrics
  tgp add acme.attacks --git https://example.org/acme/attacks --tag v1.2.0
  tgp add acme.attacks --git https://example.org/acme/attacks --tag v1.3.0 --version ^1.2

A package is a folder whose tgp.toml has a [package]. A program takes its functions with
`use acme.rubrics { ... }`. An entry that is there already is replaced; comments and layout of \
tgp.toml stay. Nothing is written unless the package can be had.")]
pub(super) struct Arguments {
    /// The package's name, such as acme.rubrics
    name: String,

    /// The folder that it is in
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["git", "tag", "folder"])]
    path: Option<PathBuf>,

    /// The git repository that it is in
    #[arg(long, value_name = "REPOSITORY", requires = "tag")]
    git: Option<String>,

    /// The tag to take; a branch moves, so none is taken
    #[arg(long, value_name = "TAG", requires = "git")]
    tag: Option<String>,

    /// Its folder in the repository, where it is not the repository's own
    #[arg(long, value_name = "FOLDER", requires = "git")]
    folder: Option<PathBuf>,

    /// The versions that will do, such as ^1.2; alone where another package says where it is
    #[arg(long, value_name = "REQUIREMENT")]
    version: Option<VersionReq>,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let project = match Project::find(&**world, Path::new(".")) {
        Ok(project) => project,
        Err(refused) => return screen.diagnostics(&refused.diagnostics, &refused.sources),
    };
    let location = match (&arguments.path, &arguments.git, &arguments.tag) {
        (Some(path), _, _) => Some(Location::Folder(seen_from(&**world, &project, path))),
        (None, Some(repository), Some(tag)) => Some(Location::Git {
            repository: match repository.starts_with('.') {
                true => seen_from(&**world, &project, Path::new(repository)).display().to_string(),
                false => repository.clone(),
            },
            tag: tag.clone(),
            folder: arguments.folder.clone().unwrap_or_default(),
        }),
        _ => None,
    };
    if location.is_none() && arguments.version.is_none() {
        let name = &arguments.name;
        screen.error(
            &format!("nothing says where `{name}` is"),
            Some("give --path FOLDER, or --git REPOSITORY with --tag TAG"),
        );
        return Exit::Wrong;
    }
    let requirement = arguments.version.clone().unwrap_or(VersionReq::STAR);
    match add(&**world, &project, &arguments.name, &Dependency { requirement, location }) {
        Ok(added) => {
            let name = &added.package.name;
            let done = if added.replaced { "Changed" } else { "Added" };
            screen.print(&format!("{done} `{name}`, pinned at {}", added.package.version));
            let others = added.differences.iter().filter(|told| !told.starts_with(&format!("`{name}` ")));
            others.for_each(|told| screen.print(&format!("\n  {told}")));
            screen.print(&format!("\n\nIn a program:\n\n  use {name} {{ ... }}\n"));
            Exit::Complete
        }
        Err(error) => screen.project_error(&error),
    }
}
