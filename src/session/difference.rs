//! What differs in meaning between two versions of a file, and what would run again.
//!
//! Whether a node differs is decided by what decides its fingerprint; how it differs is shown by
//! what was written, laid out the one way and without comments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::check::Overrides;
use crate::check::program::{BindingKind, NodeId, Program, StepKind, Suite};
use crate::digest::{Digest, Hasher};
use crate::plan::Plan;
use crate::plan::canonical::{Canonical, ModelIdentities, binding};
use crate::plan::draw::kind;
use crate::world::World;

use super::open::{Opened, SessionError};
use super::outline::{Piece, outline};
use super::revision::Revision;

/// The difference between two versions of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Functions, parameters, models and other items that some changed node goes by.
    pub items: Vec<ChangedItem>,
    /// Nodes of the newer version in its order, then those that are gone.
    pub nodes: Vec<Compared>,
    /// Tests and reports that differ; no number depends on them.
    pub asides: Vec<String>,
}

/// An item that is no node and differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedItem {
    /// `fn`, `model` and the like.
    pub what: String,
    pub name: String,
    pub lines: Vec<Line>,
}

/// A line that stands in one version only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Was(String),
    Is(String),
}

/// What became of a node from one version to the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing that matters.
    Same,
    /// Another name; nothing else.
    Renamed {
        from: String,
    },
    /// Its own steps differ, or what they go by: functions, parameters, models.
    Changed {
        lines: Vec<Line>,
        /// Such as `fn polite` and `model judge`.
        by: Vec<String>,
    },
    /// It does the same, on rows that have other columns.
    OtherColumns,
    Added,
    Removed,
}

/// What a run would do again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    Nothing,
    /// The rows that differ once what comes in does.
    WhereRowsDiffer,
    All,
    /// A query: only for models that were added.
    AddedModels,
}

/// One node of the comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    pub node: String,
    /// `curate` and the like.
    pub kind: String,
    #[serde(flatten)]
    pub change: Change,
    pub again: Again,
    /// Models that it would ask again; replies on record are taken all the same.
    pub asks: Vec<String>,
    /// Models that it asks no more.
    pub dropped: Vec<String>,
}

/// A checked version of a file.
#[derive(Default)]
struct Version {
    nodes: Vec<Versioned>,
    pieces: Vec<Piece>,
    /// Functions of other files, by name.
    functions: BTreeMap<String, BTreeSet<Digest>>,
}

struct Versioned {
    name: String,
    kind: &'static str,
    /// What decides the fingerprints of its units, models under test aside.
    manifest: Vec<String>,
    /// Models under test: name and identity.
    targets: Vec<(String, Digest)>,
    /// Models that its other steps ask.
    asks: Vec<String>,
    inputs: Vec<usize>,
}

impl Version {
    fn of(program: &Arc<Program>, text: &str) -> Version {
        let identities = identities(program);
        let plan = Plan::new(program.clone(), &identities);
        let names = |node: usize| {
            let units = plan.units.iter().filter(move |unit| unit.node == NodeId(node as u32));
            let asked = units.filter(|unit| unit.targets.is_empty()).flat_map(|unit| &unit.models);
            let named =
                asked.filter_map(|id| program.models.get(id.0 as usize)).map(|model| model.name.to_string());
            named.collect::<BTreeSet<_>>().into_iter().collect()
        };
        let nodes = program.nodes.iter().enumerate().map(|(at, node)| {
            let units = || plan.units.iter().filter(|unit| unit.node == NodeId(at as u32));
            let mut manifest: Vec<String> =
                units().flat_map(|unit| unit.manifest.lines().map(str::to_owned)).collect();
            // A path decides nothing by itself, but leads to what does.
            manifest.extend(node.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Read(read) | StepKind::Labels { read, .. } => Some(format!("path {}", read.path)),
                _ => None,
            }));
            let targets = units().flat_map(|unit| &unit.targets).map(|target| {
                let model = program.models.get(target.model.0 as usize);
                let binding = model.and_then(|model| model.bindings.get(target.binding as usize));
                (binding.map(|binding| binding.name.to_string()).unwrap_or_default(), target.fingerprint)
            });
            Versioned {
                name: node.name.to_string(),
                kind: kind(node.kind),
                manifest,
                targets: targets.collect(),
                asks: names(at),
                inputs: node.inputs.iter().map(|input| input.0 as usize).collect(),
            }
        });
        let nodes = nodes.collect();
        let canonical = Canonical::new(program, &identities);
        let mut functions: BTreeMap<String, BTreeSet<Digest>> = BTreeMap::new();
        for (function, digest) in program.functions.iter().zip(canonical.functions()) {
            functions.entry(function.name.to_string()).or_default().insert(digest);
        }
        let pieces = outline(text);
        functions.retain(|name, _| !pieces.iter().any(|piece| piece.what == "fn" && piece.name == *name));
        Version { nodes, pieces, functions }
    }

    fn piece(&self, what: &str, name: &str) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.what == what && piece.name == name)
    }
}

/// Bindings as they stand in the program; what they lead to is the run's matter.
fn identities(program: &Program) -> ModelIdentities {
    let models = program.models.iter().map(|model| {
        let each = model.bindings.iter().map(|bound| {
            let mut hasher = Hasher::new("tgp.binding.v1");
            hasher.text(&binding(bound));
            if let BindingKind::Replay { path, .. } = &bound.kind {
                hasher.text(path);
            }
            hasher.finish()
        });
        each.collect::<Vec<Digest>>()
    });
    models.collect()
}

/// Compares two versions of a file; of a suite, run by run.
pub fn compare(old: &Opened, new: &Opened) -> Result<Difference, SessionError> {
    let (old_program, new_program) = (old.sound()?, new.sound()?);
    let root = |opened: &Opened| opened.sources.iter().next().map(|(_, source)| source.text.clone());
    let (was, is) = (root(old).unwrap_or_default(), root(new).unwrap_or_default());
    let mut whole = compare_versions(&Version::of(&old_program, &was), &Version::of(&new_program, &is));
    let none = Suite { runs: Vec::new(), scores: Vec::new(), leaderboard: Vec::new() };
    let (before, after) = (old_program.suite.as_ref(), new_program.suite.as_ref());
    if before.is_none() && after.is_none() {
        return Ok(whole);
    }
    // What a suite says decides its scores, whether or not anything runs.
    let changed =
        changed_pieces(&Version::of(&old_program, &was), &Version::of(&new_program, &is)).into_iter();
    whole.items = changed.filter(|piece| !piece.is_aside).map(ChangedPiece::into_item).collect();
    let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
    let version = |opened: &Opened, suite: &Suite, name: &str| {
        let run = suite.runs.iter().find(|run| *run.name == *name);
        run.map_or_else(Version::default, |run| Version::of(&run.program, &text_of(opened, &run.path)))
    };
    let gone = before.runs.iter().filter(|run| after.runs.iter().all(|known| known.name != run.name));
    for run in after.runs.iter().chain(gone) {
        let one = compare_versions(&version(old, before, &run.name), &version(new, after, &run.name));
        let named = |name: String| format!("{}.{name}", run.name);
        whole.nodes.extend(one.nodes.into_iter().map(|node| Compared { node: named(node.node), ..node }));
        let items = one.items.into_iter().map(|item| ChangedItem { name: named(item.name), ..item });
        whole.items.extend(items);
    }
    Ok(whole)
}

/// The text of a file that a suite runs.
fn text_of(opened: &Opened, path: &str) -> Arc<str> {
    let found = opened.sources.iter().find(|(_, source)| {
        source.path.as_ref().is_some_and(|known| known.ends_with(path.trim_start_matches("./")))
    });
    found.map(|(_, source)| source.text.clone()).unwrap_or_default()
}

fn compare_versions(old: &Version, new: &Version) -> Difference {
    let changed = changed_pieces(old, new);
    let mut nodes: Vec<Compared> = new.nodes.iter().map(|node| compared(old, new, node, &changed)).collect();
    // What follows a change may change; inputs may stand after their readers in the file.
    let mut settled = false;
    while !settled {
        settled = true;
        for (at, node) in new.nodes.iter().enumerate() {
            let follows = node
                .inputs
                .iter()
                .any(|input| nodes.get(*input).is_some_and(|one| one.again != Again::Nothing));
            if follows && matches!(nodes[at].again, Again::Nothing | Again::AddedModels) {
                nodes[at].again = Again::WhereRowsDiffer;
                nodes[at].asks = everyone(node);
                settled = false;
            }
        }
    }
    let renamed =
        |name: &str| nodes.iter().any(|one| matches!(&one.change, Change::Renamed { from } if from == name));
    let gone = old
        .nodes
        .iter()
        .filter(|node| new.nodes.iter().all(|known| known.name != node.name) && !renamed(&node.name));
    let gone: Vec<Compared> = gone
        .map(|node| Compared {
            node: node.name.clone(),
            kind: node.kind.to_owned(),
            change: Change::Removed,
            again: Again::Nothing,
            asks: Vec::new(),
            dropped: Vec::new(),
        })
        .collect();
    nodes.extend(gone);
    let by = nodes.iter().flat_map(|one| match &one.change {
        Change::Changed { by, .. } => by.clone(),
        _ => Vec::new(),
    });
    let by: BTreeSet<String> = by.collect();
    let asides = changed.iter().filter(|one| one.is_aside).map(ChangedPiece::title).collect();
    let items = changed.into_iter().filter(|one| by.contains(&one.title()));
    let items = items.map(ChangedPiece::into_item).collect();
    Difference { items, nodes, asides }
}

/// An item other than a node that differs as written.
struct ChangedPiece {
    what: &'static str,
    name: String,
    lines: Vec<Line>,
    is_aside: bool,
}

impl ChangedPiece {
    fn into_item(self) -> ChangedItem {
        ChangedItem { what: self.what.to_owned(), name: self.name, lines: self.lines }
    }

    fn title(&self) -> String {
        format!("{} {}", self.what, self.name).trim_end().to_owned()
    }
}

fn changed_pieces(old: &Version, new: &Version) -> Vec<ChangedPiece> {
    let is_node = |version: &Version, piece: &Piece| {
        version.nodes.iter().any(|node| node.kind == piece.what && node.name == piece.name)
    };
    let mut changed = Vec::new();
    for piece in new.pieces.iter().filter(|piece| !is_node(new, piece)) {
        let before = old.piece(piece.what, &piece.name);
        let lines = difference(before.map_or(&[], |before| &before.lines), &piece.lines);
        if !lines.is_empty() {
            let (what, name, is_aside) = (piece.what, piece.name.clone(), piece.is_aside());
            changed.push(ChangedPiece { what, name, lines, is_aside });
        }
    }
    for piece in old.pieces.iter().filter(|piece| !is_node(old, piece)) {
        if new.piece(piece.what, &piece.name).is_none() {
            let (what, name, is_aside) = (piece.what, piece.name.clone(), piece.is_aside());
            changed.push(ChangedPiece { what, name, lines: difference(&piece.lines, &[]), is_aside });
        }
    }
    for (name, digests) in &new.functions {
        if old.functions.get(name).is_some_and(|before| before != digests) {
            changed.push(ChangedPiece { what: "fn", name: name.clone(), lines: Vec::new(), is_aside: false });
        }
    }
    changed
}

fn compared(old: &Version, new: &Version, node: &Versioned, changed: &[ChangedPiece]) -> Compared {
    let one = |change: Change, again: Again, asks: Vec<String>, dropped: Vec<String>| Compared {
        node: node.name.clone(),
        kind: node.kind.to_owned(),
        change,
        again,
        asks,
        dropped,
    };
    let Some(before) = old.nodes.iter().find(|known| known.name == node.name) else {
        let moved = old.nodes.iter().find(|known| {
            known.manifest == node.manifest
                && known.targets == node.targets
                && new.nodes.iter().all(|other| other.name != known.name)
        });
        return match moved {
            Some(moved) => {
                one(Change::Renamed { from: moved.name.clone() }, Again::Nothing, Vec::new(), Vec::new())
            }
            None => one(Change::Added, Again::All, everyone(node), Vec::new()),
        };
    };
    let same_targets = before.targets == node.targets;
    if before.manifest == node.manifest && same_targets {
        return one(Change::Same, Again::Nothing, Vec::new(), Vec::new());
    }
    let text = |version: &Version| version.piece(node.kind, &node.name).cloned();
    let (was, is) = (text(old), text(new));
    let lines_of =
        |piece: &Option<Piece>| piece.as_ref().map(|piece| piece.lines.clone()).unwrap_or_default();
    let lines = difference(&lines_of(&was), &lines_of(&is));
    let mut by = BTreeSet::new();
    for piece in [(&was, old), (&is, new)] {
        if let (Some(piece), version) = piece {
            gone_by(piece, version, changed, &mut by, &mut BTreeSet::new());
        }
    }
    for one in changed.iter().filter(|one| matches!(one.what, "seed" | "dynamic")) {
        by.insert(one.title());
    }
    let only = |these: &[(String, Digest)], those: &[(String, Digest)]| -> Vec<String> {
        these.iter().filter(|target| !those.contains(target)).map(|(name, _)| name.clone()).collect()
    };
    let (added, dropped) = (only(&node.targets, &before.targets), only(&before.targets, &node.targets));
    if before.manifest == node.manifest {
        let change = Change::Changed { lines, by: by.into_iter().collect() };
        let again = if added.is_empty() { Again::Nothing } else { Again::AddedModels };
        // A model that stands under its name with other settings is another one, and asked anew.
        let dropped = dropped.into_iter().filter(|name| !added.contains(name)).collect();
        return one(change, again, added, dropped);
    }
    let change = if lines.is_empty() && by.is_empty() {
        Change::OtherColumns
    } else {
        Change::Changed { lines, by: by.into_iter().collect() }
    };
    one(change, Again::All, everyone(node), dropped)
}

/// All models that a node asks.
fn everyone(node: &Versioned) -> Vec<String> {
    let targets = node.targets.iter().map(|(name, _)| name.clone());
    node.asks.iter().cloned().chain(targets).collect()
}

/// The changed items that an item goes by, through whatever stands between.
fn gone_by(
    piece: &Piece,
    version: &Version,
    changed: &[ChangedPiece],
    by: &mut BTreeSet<String>,
    seen: &mut BTreeSet<String>,
) {
    let words = piece.words();
    by.extend(
        changed
            .iter()
            .filter(|one| !one.is_aside && words.contains(&*one.name) && one.what != "use")
            .map(ChangedPiece::title),
    );
    let between = version.pieces.iter().filter(|other| {
        matches!(other.what, "fn" | "stage" | "type" | "param") && words.contains(&*other.name)
    });
    for other in between {
        if seen.insert(other.name.clone()) {
            gone_by(other, version, changed, by, seen);
        }
    }
}

fn difference(was: &[String], is: &[String]) -> Vec<Line> {
    let (was, is): (Vec<&str>, Vec<&str>) =
        (was.iter().map(String::as_str).collect(), is.iter().map(String::as_str).collect());
    let compared = TextDiff::from_slices(&was, &is);
    let lines = compared.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(Line::Was(change.value().to_owned())),
        ChangeTag::Insert => Some(Line::Is(change.value().to_owned())),
    });
    lines.collect()
}

/// Opens one side of a comparison: a file, or a file as it was at a git revision with all that it
/// uses, written `REVISION:FILE`.
pub fn side(named: &str, overrides: &Overrides, world: &Arc<dyn World>) -> Result<Opened, SessionError> {
    let (Some((revision, file)), false) = (named.split_once(':'), Path::new(named).exists()) else {
        return Opened::new(Path::new(named), overrides, world);
    };
    let file = Path::new(file);
    let revision = Revision { name: revision.to_owned(), world: world.clone() };
    let unreadable = |problem: String| SessionError::Unreadable { path: named.to_owned(), problem };
    let bytes = revision.file(file).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    let world: Arc<dyn World> = Arc::new(revision);
    Opened::of_text(file, named.to_owned(), text, overrides, &world)
}
