//! What differs in meaning between two versions of a file, and what would run again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::Overrides;
use crate::check::program::{NodeId, Program};
use crate::digest::{Digest, Hasher};
use crate::plan::Plan;
use crate::world::World;

use super::open::{Opened, SessionError};

/// What became of a node from one version to the other.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing that matters.
    Same,
    /// Another name; nothing else.
    Renamed {
        from: String,
    },
    /// Its own steps differ; the lines of its manifest that do.
    Changed {
        was: Vec<String>,
        is: Vec<String>,
    },
    Added,
    Removed,
}

/// One node of the comparison.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Compared {
    pub node: String,
    #[serde(flatten)]
    pub change: Change,
    /// It would run again: it changed itself, or what comes into it may.
    pub runs: bool,
}

/// A version of a file: its nodes' manifests by name.
struct Version {
    nodes: Vec<(String, Vec<String>, Vec<usize>)>,
}

impl Version {
    fn of(program: &Arc<Program>) -> Version {
        // Bindings are compared as they stand in the program; what they lead to is the run's matter.
        let models = program.models.iter().map(|model| {
            let each = model.bindings.iter().map(|binding| {
                let mut hasher = Hasher::new("tgp.binding.v1");
                hasher.text(&crate::plan::canonical::binding(binding));
                hasher.finish()
            });
            each.collect::<Vec<Digest>>()
        });
        let plan = Plan::new(program.clone(), &models.collect());
        let nodes = program.nodes.iter().enumerate().map(|(at, node)| {
            let units = plan.units.iter().filter(|unit| unit.node == NodeId(at as u32));
            let lines = units.flat_map(|unit| {
                let targets =
                    unit.targets.iter().map(|target| format!("asks {}", target.fingerprint.short()));
                unit.manifest.lines().map(str::to_owned).chain(targets).collect::<Vec<_>>()
            });
            let inputs = node.inputs.iter().map(|input| input.0 as usize).collect();
            (node.name.to_string(), lines.collect(), inputs)
        });
        Version { nodes: nodes.collect() }
    }

    fn node(&self, name: &str) -> Option<&(String, Vec<String>, Vec<usize>)> {
        self.nodes.iter().find(|(known, _, _)| known == name)
    }
}

/// Compares two checked programs, the nodes of the newer one first.
pub fn compare(old: &Arc<Program>, new: &Arc<Program>) -> Vec<Compared> {
    let (old, new) = (Version::of(old), Version::of(new));
    let mut compared: Vec<Compared> = Vec::new();
    let mut runs = vec![false; new.nodes.len()];
    let mut settled = false;
    let changes: Vec<Change> =
        new.nodes.iter().map(|(name, lines, _)| change(&old, &new, name, lines)).collect();
    for (at, change) in changes.iter().enumerate() {
        runs[at] = matches!(change, Change::Changed { .. } | Change::Added);
    }
    // What follows a change may change; inputs may stand after their readers in the file.
    while !settled {
        settled = true;
        for (at, (_, _, inputs)) in new.nodes.iter().enumerate() {
            if !runs[at] && inputs.iter().any(|input| runs.get(*input) == Some(&true)) {
                runs[at] = true;
                settled = false;
            }
        }
    }
    for (at, change) in changes.into_iter().enumerate() {
        compared.push(Compared { node: new.nodes[at].0.clone(), change, runs: runs[at] });
    }
    let renamed: Vec<String> = compared
        .iter()
        .filter_map(|one| match &one.change {
            Change::Renamed { from } => Some(from.clone()),
            _ => None,
        })
        .collect();
    for (name, _, _) in &old.nodes {
        if new.node(name).is_none() && !renamed.contains(name) {
            compared.push(Compared { node: name.clone(), change: Change::Removed, runs: false });
        }
    }
    compared
}

fn change(old: &Version, new: &Version, name: &str, lines: &[String]) -> Change {
    let Some((_, before, _)) = old.node(name) else {
        let moved = old.nodes.iter().find(|(other, known, _)| known == lines && new.node(other).is_none());
        return moved.map_or(Change::Added, |(other, _, _)| Change::Renamed { from: other.clone() });
    };
    if before == lines {
        return Change::Same;
    }
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).cloned().collect()
    };
    Change::Changed { was: only(before, lines), is: only(lines, before) }
}

/// Opens one side of a comparison: a file, or a file as it was at a git revision, written
/// `REVISION:FILE`.
pub fn side(named: &str, overrides: &Overrides, world: &Arc<dyn World>) -> Result<Opened, SessionError> {
    match named.split_once(':') {
        Some((revision, file)) if !Path::new(named).exists() => {
            let text = at_revision(revision, Path::new(file))?;
            Opened::of_text(Path::new(file), format!("{revision}:{file}"), text, overrides, world)
        }
        _ => Opened::new(Path::new(named), overrides, world),
    }
}

/// A file's text at a git revision.
fn at_revision(revision: &str, file: &Path) -> Result<String, SessionError> {
    let problem = |problem: String| SessionError::Unreadable {
        path: format!("{revision}:{}", file.display()),
        problem,
    };
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or(PathBuf::from("."), Path::to_owned);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let shown = std::process::Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["show", &format!("{revision}:./{name}")])
        .output()
        .map_err(|error| problem(format!("git can't be run: {error}")))?;
    if !shown.status.success() {
        return Err(problem(String::from_utf8_lossy(&shown.stderr).trim().to_owned()));
    }
    String::from_utf8(shown.stdout).map_err(|_| problem("it is not UTF-8 text".to_owned()))
}
