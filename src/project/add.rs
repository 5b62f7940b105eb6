//! Asking for a package: an entry in `tgp.toml`, its comments kept, and one in `tgp.lock`.

use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, TableLike, Value};

use crate::world::World;

use super::config::dependency::{Dependency, Location};
use super::config::package::is_name;
use super::error::ProjectError;
use super::lock::{LOCK, LockedPackage, pinned};
use super::place::{from_folder, settled, slashed};
use super::project::Project;
use super::resolve::{Copies, resolve};

/// A package that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub package: LockedPackage,
    /// Whether the project asked for it before, in another way perhaps.
    pub replaced: bool,
    /// The project as it is now.
    pub differences: Vec<String>,
}

/// A path as the project's `tgp.toml` names it: relative to its folder. A relative one is meant
/// from where the command is given.
pub fn seen_from(world: &dyn World, project: &Project, path: &Path) -> PathBuf {
    from_folder(&project.root, &settled(&world.absolute(path)))
}

/// Adds a package to what a project asks for, or asks for it differently, and pins it. Nothing
/// is written unless the package can be had.
pub fn add(
    world: &dyn World,
    project: &Project,
    name: &str,
    dependency: &Dependency,
) -> Result<Added, ProjectError> {
    if !is_name(name) {
        return Err(ProjectError::BadName { name: name.to_owned() });
    }
    let path = project.config_file();
    let before = match world.read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ProjectError::Unreadable { path, problem: error.to_string() }),
    };
    let mut document: DocumentMut = before.parse().map_err(|error: toml_edit::TomlError| {
        ProjectError::Unreadable { path: path.clone(), problem: error.to_string() }
    })?;
    let replaced = state(&mut document, name, dependency);
    let text = document.to_string();
    let asked = Project::parsed(world, &project.root, &text)
        .map_err(|refused| ProjectError::Config { path: path.clone(), refused: Box::new(refused) })?;
    let resolved = resolve(world, &asked, Copies::First)?;
    let locked = pinned(&asked, world, &resolved)?;
    let Some(package) = locked.lock.get(name).cloned() else {
        return Err(ProjectError::NoLocation { name: name.to_owned(), by: "tgp.toml".to_owned() });
    };
    world
        .write(&path, text.as_bytes())
        .map_err(|error| ProjectError::Unwritable { path, problem: error.to_string() })?;
    if !locked.differences.is_empty() {
        locked.lock.write(world, &project.root.join(LOCK))?;
    }
    Ok(Added { package, replaced, differences: locked.differences })
}

/// Whether there was an entry for that name.
fn state(document: &mut DocumentMut, name: &str, dependency: &Dependency) -> bool {
    if !document.contains_key("dependencies") {
        // What is said at the end of the file stays above what is added to it.
        let mut dependencies = toml_edit::Table::new();
        let end = document.trailing().as_str().unwrap_or_default().to_owned();
        let gap = if document.is_empty() && end.is_empty() { "" } else { "\n" };
        dependencies.decor_mut().set_prefix(format!("{end}{gap}"));
        document.set_trailing("");
        document.insert("dependencies", Item::Table(dependencies));
    }
    let dependencies = document.entry("dependencies").or_insert_with(toml_edit::table);
    let value = toml_edit::value(entry(dependency));
    dependencies.as_table_like_mut().is_some_and(|table| state_in(table, name, value))
}

/// `acme.rubrics = …` is a table within a table, `"acme.rubrics" = …` is not: an entry is
/// replaced where it is.
fn state_in(table: &mut dyn TableLike, name: &str, value: Item) -> bool {
    if let (false, Some((first, below))) = (table.contains_key(name), name.split_once('.'))
        && let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut)
        && leads_to(inner, below)
    {
        return state_in(inner, below, value);
    }
    // The key stays as it is written, and what is said above it.
    match table.get_mut(name) {
        Some(written) => {
            *written = value;
            true
        }
        None => table.insert(name, value).is_some(),
    }
}

fn leads_to(table: &dyn TableLike, name: &str) -> bool {
    table.contains_key(name)
        || name.split_once('.').is_some_and(|(first, below)| {
            table.get(first).and_then(Item::as_table_like).is_some_and(|inner| leads_to(inner, below))
        })
}

fn entry(dependency: &Dependency) -> Value {
    let requirement = dependency.requirement.to_string();
    let any = requirement == "*";
    let mut table = InlineTable::new();
    match &dependency.location {
        None => return Value::from(requirement),
        Some(Location::Folder(path)) => {
            table.insert("path", slashed(path).into());
        }
        Some(Location::Git { repository, tag, folder }) => {
            table.insert("git", repository.into());
            table.insert("tag", tag.into());
            if !folder.as_os_str().is_empty() {
                table.insert("folder", slashed(folder).into());
            }
        }
    }
    if !any {
        table.insert("version", requirement.into());
    }
    Value::InlineTable(table)
}
