//! `[dependencies]`: the packages that a project uses.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use semver::VersionReq;
use toml::de::{DeTable, DeValue};

use super::complaints::{Complaints, Item, Key};
use super::package::{NAME, is_name};
use crate::project::place::settled;

/// A package as another one asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// `*` where nothing is stated.
    pub requirement: VersionReq,
    /// Where to find it; nothing where it is in `vendor` or another dependency says where.
    pub location: Option<Location>,
}

/// Where a package is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A folder, relative to that of the `tgp.toml` that names it.
    Folder(PathBuf),
    /// A folder of a git repository at a tag; the repository's own where it is empty.
    Git { repository: String, tag: String, folder: PathBuf },
}

impl Location {
    /// The same place by one spelling.
    pub(in crate::project) fn settled(self) -> Location {
        match self {
            Location::Folder(path) => Location::Folder(settled(&path)),
            git => git,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder(path) => write!(f, "`{}`", path.display()),
            Location::Git { repository, tag, folder } if folder.as_os_str().is_empty() => {
                write!(f, "`{repository}`, tag `{tag}`")
            }
            Location::Git { repository, tag, folder } => {
                write!(f, "`{repository}`, tag `{tag}`, folder `{}`", folder.display())
            }
        }
    }
}

const KEYS: [&str; 5] = ["path", "git", "tag", "folder", "version"];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> BTreeMap<String, Dependency> {
    let mut found = BTreeMap::new();
    collect("", table, complaints, &mut found);
    found
}

/// `other.package = …` is a table in a table to TOML, `"other.package" = …` is not; here they
/// are the same.
fn collect(
    above: &str,
    table: &DeTable<'_>,
    complaints: &mut Complaints,
    found: &mut BTreeMap<String, Dependency>,
) {
    for (key, item) in table.iter() {
        let name = match above {
            "" => key.get_ref().to_string(),
            above => format!("{above}.{}", key.get_ref()),
        };
        let dependency = match item.get_ref() {
            DeValue::Table(inner) if !is_dependency(inner) && !inner.is_empty() => {
                collect(&name, inner, complaints, found);
                continue;
            }
            DeValue::Table(inner) => one(key, item, inner, complaints),
            DeValue::String(_) => requirement(key, item, complaints)
                .map(|requirement| Dependency { requirement, location: None }),
            _ => {
                complaints.wrong(key, item, "a version or a table with `path` or `git`");
                None
            }
        };
        if !is_name(&name) {
            let help = format!("a name is {NAME}");
            complaints.tell("wrong-value", key.span(), format!("`{name}` is no name for a package"), help);
        } else if let Some(dependency) = dependency {
            found.insert(name, dependency);
        }
    }
}

/// A table that holds a value of its own states a package, one of tables only is part of a name.
fn is_dependency(table: &DeTable<'_>) -> bool {
    table.iter().any(|(key, item)| !item.get_ref().is_table() && !is_stated_here(key, item))
}

/// `a.b = "^1"`: a version for a dotted name, not a key of a package `a`.
fn is_stated_here(key: &Key<'_>, item: &Item<'_>) -> bool {
    let version = item.get_ref().as_str().is_some_and(|text| VersionReq::parse(text).is_ok());
    version && !KEYS.contains(&key.get_ref().as_ref())
}

fn one(
    key: &Key<'_>,
    item: &Item<'_>,
    table: &DeTable<'_>,
    complaints: &mut Complaints,
) -> Option<Dependency> {
    let told = complaints.told.len();
    let (mut path, mut git, mut tag, mut folder, mut version) = (None, None, None, None, None);
    for (key, item) in table.iter() {
        match key.get_ref().as_ref() {
            "path" => path = complaints.text(key, item).map(PathBuf::from),
            "git" => {
                git = complaints.text(key, item).map(str::to_owned);
                if git.as_deref().is_some_and(holds_password) {
                    complaints.secrets.push(item.span());
                    let help = "leave it out, and let git ask its credential helper, or use ssh".to_owned();
                    let message = "a password does not belong in tgp.toml, which is shared with others";
                    complaints.tell("secret-in-config", key.span(), message, help);
                }
            }
            "tag" => tag = complaints.text(key, item).map(str::to_owned),
            "folder" => folder = complaints.text(key, item).map(|text| settled(text.as_ref())),
            "version" => version = requirement(key, item, complaints),
            _ => complaints.unknown("[dependencies]", key, item, &KEYS),
        }
    }
    if complaints.told.len() > told {
        return None;
    }
    let mut refuse = |message: String, help: &str| {
        complaints.tell("wrong-dependency", key.span().start..item.span().end, message, help.to_owned());
        None
    };
    let name = key.get_ref();
    let location = match (path, git, tag, folder) {
        (Some(path), None, None, None) => Some(Location::Folder(path)),
        (None, Some(git), Some(tag), _) if git.starts_with('-') || tag.starts_with('-') => {
            let wrong = if git.starts_with('-') { git } else { tag };
            return refuse(format!("`{wrong}` would be an option to git"), "begin it with another character");
        }
        (None, Some(_), Some(_), Some(folder)) if folder.is_absolute() || folder.starts_with("..") => {
            return refuse(
                format!("`{}` is outside of the repository", folder.display()),
                "`folder` is relative to the repository",
            );
        }
        (None, Some(repository), Some(tag), folder) => {
            Some(Location::Git { repository, tag, folder: folder.unwrap_or_default() })
        }
        (None, Some(_), None, _) => {
            return refuse(
                format!("`{name}` comes from git without a `tag`"),
                "a branch moves, a tag does not: add `tag = \"v1.0.0\"`",
            );
        }
        (None, None, None, None) => None,
        (Some(_), ..) => {
            return refuse(
                format!("`{name}` has a `path` and something of git"),
                "keep either `path`, or `git` with `tag`",
            );
        }
        (None, None, ..) => {
            return refuse(
                format!("`{name}` has a `tag` or a `folder` and no `git`"),
                "add `git = \"https://…\"`",
            );
        }
    };
    if location.is_none() && version.is_none() {
        return refuse(
            format!("`{name}` says neither where it is nor which version"),
            "such as `{ path = \"../rubrics\" }`, `{ git = \"https://…\", tag = \"v1.0.0\" }` or `\"^1.2\"`",
        );
    }
    Some(Dependency { requirement: version.unwrap_or(VersionReq::STAR), location })
}

/// `https://name:password@host/…`
fn holds_password(address: &str) -> bool {
    let authority = address.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    let person = authority.and_then(|authority| authority.rsplit_once('@')).map(|(person, _)| person);
    person.is_some_and(|person| person.contains(':'))
}

fn requirement(key: &Key<'_>, item: &Item<'_>, complaints: &mut Complaints) -> Option<VersionReq> {
    let text = complaints.text(key, item)?;
    match VersionReq::parse(text) {
        Ok(requirement) => Some(requirement),
        Err(problem) => {
            let message = format!("`{text}` is no requirement for a version: {problem}");
            let help = "such as `^1.2` (1.2.0 and above, below 2.0.0), `~1.2` or `=1.2.0`".to_owned();
            complaints.tell("wrong-value", item.span(), message, help);
            None
        }
    }
}
