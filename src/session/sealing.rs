//! Making a seal, and holding one against what can be derived today.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use crate::check::program::{BindingKind, Program, StepKind};
use crate::data::json::render;
use crate::digest::{Digest, Hasher};
use crate::engine::error::RunError;
use crate::engine::witness::Seen;
use crate::project::lock::{LOCK, Lock};
use crate::project::place::{from_folder, settled, slashed};
use crate::project::project::CONFIG;
use crate::store::{CallKey, Store};
use crate::world::World;

use super::derived::{Derived, Figure, Holding, Mark, Part, figures, holdings, marks};
use super::open::{Opened, Opening, SessionError};
use super::seal::{FORM, Pinned, Replies, Seal, SealedModel, SealedRun};

/// What the command line said, to be said again.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub set: Vec<String>,
    pub bind: Vec<String>,
}

/// The seal of a derived run, to be written to `path`. `store` is where the replies are, and takes
/// the list of them.
pub fn seal(
    derived: &Derived,
    opened: &Opened,
    opening: &Opening,
    given: &Given,
    store: &dyn Store,
    world: &dyn World,
    path: &Path,
) -> Result<Seal, SessionError> {
    let program = &*opened.sound()?;
    let dynamic = derived.parts.iter().find_map(|part| part.run.memo.edition());
    let absolute = |path: &Path| settled(&world.absolute(path));
    let folder = absolute(path).parent().map(Path::to_owned).unwrap_or_default();
    Ok(Seal {
        version: FORM,
        tgp: env!("CARGO_PKG_VERSION").to_owned(),
        sealed: moment(world.now()),
        pipeline: program.name.to_string(),
        pipeline_version: program.version.to_string(),
        file: slashed(&from_folder(&folder, &absolute(&opened.file))),
        edition: dynamic.map(str::to_owned),
        seed: program.seed,
        limit: opening.limit,
        set: given.set.clone(),
        bind: given.bind.clone(),
        standard_library: standard_library(opened),
        replies: Replies {
            count: derived.seen.len() as u64,
            list: keep_list(derived, store)?,
            microdollars: derived.seen.values().map(|seen| seen.microdollars).sum(),
        },
        runs: runs(&derived.parts),
        parameters: parameters(&derived.parts),
        texts: texts(opened, world),
        packages: packages(opened, world),
        data: data(&derived.parts, opened, world)?,
        models: models(&derived.seen),
        nodes: holdings(&derived.parts)?,
        figures: figures(&derived.parts)?,
        marks: marks(opened, &derived.parts)?,
    })
}

/// Puts the list of the replies that a run rests on into a store.
pub fn keep_list(derived: &Derived, store: &dyn Store) -> Result<Digest, SessionError> {
    Ok(store.put_object(&list(&derived.seen))?)
}

/// One thing that was held against what it should be.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Finding {
    /// `text`, `data`, `node` and the like.
    pub what: &'static str,
    pub name: String,
    /// Nothing where it is as it should be; else how it differs.
    pub differs: Option<String>,
}

/// Holds a seal against what is derived today.
pub fn compared(
    seal: &Seal,
    derived: &Derived,
    opened: &Opened,
    world: &dyn World,
) -> Result<Vec<Finding>, SessionError> {
    let mut findings = Vec::new();
    let mut find = |what, name: &str, differs: Option<String>| {
        findings.push(Finding { what, name: name.to_owned(), differs });
    };
    let now = texts(opened, world);
    pinned(&seal.texts, &now, |name, differs| find("text", name, differs));
    let library = (standard_library(opened) != seal.standard_library)
        .then(|| format!("differs; the seal was made by tgp {}", seal.tgp));
    find("text", "standard library", library);
    let packages = packages(opened, world);
    for package in &seal.packages {
        let same = packages.iter().any(|other| other.name == package.name && other.hash == package.hash);
        let name = format!("{} {}", package.name, package.version);
        find("package", &name, (!same).then(|| "changed".to_owned()));
    }
    let data = data(&derived.parts, opened, world)?;
    pinned(&seal.data, &data, |name, differs| find("data", name, differs));
    let keys = Digest::of(&list(&derived.seen));
    let replies = match (derived.absent, keys == seal.replies.list) {
        (0, true) => None,
        (0, false) => Some(format!("{} others are used", derived.seen.len())),
        (1, _) => Some("1 is not on record".to_owned()),
        (absent, _) => Some(format!("{absent} are not on record")),
    };
    find("replies", &format!("{} replies", seal.replies.count), replies);
    for model in &seal.models {
        let now = models(&derived.seen).into_iter().find(|other| other.asked == model.asked);
        let differs = match now {
            Some(now) if now == *model => None,
            Some(_) => Some("answered otherwise".to_owned()),
            None => Some(match &model.server {
                Some(server) => format!("is not asked at {server}"),
                None => "is not asked".to_owned(),
            }),
        };
        find("model", &model.asked, differs);
    }
    let nodes = holdings(&derived.parts)?;
    tables(&seal.nodes, &nodes, |name, differs| find("table", name, differs));
    numbers(&seal.figures, &figures(&derived.parts)?, |name, differs| find("number", name, differs));
    scored(&seal.marks, &marks(opened, &derived.parts)?, |name, differs| find("score", name, differs));
    Ok(findings)
}

/// Holds tables against tables, those of `was` first.
pub fn tables(was: &[Holding], is: &[Holding], mut find: impl FnMut(&str, Option<String>)) {
    for node in was {
        let now = is.iter().find(|other| other.name == node.name);
        let differs = match now {
            Some(now) if now == node => None,
            Some(now) if now.rows != node.rows => Some(format!("has {} rows, not {}", now.rows, node.rows)),
            Some(now) if now.failed != node.failed => {
                Some(format!("{} of its rows failed, not {}", now.failed, node.failed))
            }
            Some(_) => Some("holds other values".to_owned()),
            None => Some("is not there".to_owned()),
        };
        find(&node.name, differs);
    }
    for node in is.iter().filter(|node| !was.iter().any(|other| other.name == node.name)) {
        find(&node.name, Some("was not there".to_owned()));
    }
}

/// Holds numbers against numbers, bit for bit.
pub fn numbers(was: &[Figure], is: &[Figure], mut find: impl FnMut(&str, Option<String>)) {
    for figure in was {
        let now = is.iter().find(|other| other.is_of_one_place(figure));
        let shown = |value: Option<f64>| value.map_or("nothing".to_owned(), |value| value.to_string());
        let bits =
            |figure: &Figure| [figure.value, figure.low, figure.high].map(|number| number.map(f64::to_bits));
        let differs = match now {
            Some(now) if bits(now) == bits(figure) && (now.n, now.missing) == (figure.n, figure.missing) => {
                None
            }
            Some(now) if now.value.map(f64::to_bits) != figure.value.map(f64::to_bits) => {
                Some(format!("is {}, not {}", shown(now.value), shown(figure.value)))
            }
            Some(now) if (now.n, now.missing) != (figure.n, figure.missing) => Some(format!(
                "stands on {} rows and {} missing, not {} and {}",
                now.n, now.missing, figure.n, figure.missing
            )),
            Some(_) => Some("has another interval".to_owned()),
            None => Some("is not there".to_owned()),
        };
        find(&figure.place(), differs);
    }
    for figure in is.iter().filter(|figure| !was.iter().any(|other| other.is_of_one_place(figure))) {
        find(&figure.place(), Some("was not there".to_owned()));
    }
}

/// Holds scores against scores, bit for bit.
pub fn scored(was: &[Mark], is: &[Mark], mut find: impl FnMut(&str, Option<String>)) {
    let place = |mark: &Mark| format!("{} of {}", mark.score, mark.model);
    let shown = |value: Option<f64>| value.map_or("nothing".to_owned(), |value| value.to_string());
    for mark in was {
        let differs = match is.iter().find(|other| place(other) == place(mark)) {
            Some(now) if now.value.map(f64::to_bits) == mark.value.map(f64::to_bits) => None,
            Some(now) => Some(format!("is {}, not {}", shown(now.value), shown(mark.value))),
            None => Some("is not there".to_owned()),
        };
        find(&place(mark), differs);
    }
    for mark in is.iter().filter(|mark| !was.iter().any(|other| place(other) == place(mark))) {
        find(&place(mark), Some("was not there".to_owned()));
    }
}

fn pinned(was: &[Pinned], is: &[Pinned], mut find: impl FnMut(&str, Option<String>)) {
    for pin in was {
        let now = is.iter().find(|other| other.path == pin.path);
        let differs = match now {
            Some(now) if now.hash == pin.hash => None,
            Some(_) => Some("changed".to_owned()),
            None => Some("is no longer read".to_owned()),
        };
        find(&pin.path, differs);
    }
    for pin in is.iter().filter(|pin| !was.iter().any(|other| other.path == pin.path)) {
        find(&pin.path, Some("was not read".to_owned()));
    }
}

/// The keys of replies, one after the other.
pub(super) fn list(seen: &BTreeMap<CallKey, Seen>) -> Vec<u8> {
    seen.keys().flat_map(|key| key.to_bytes()).collect()
}

fn standard_library(opened: &Opened) -> Digest {
    let mut modules: Vec<(&str, &str)> = opened
        .sources
        .iter()
        .filter(|(_, source)| source.path.is_none())
        .map(|(_, source)| (&*source.name, &*source.text))
        .collect();
    modules.sort_unstable();
    let mut hasher = Hasher::new("tgp.standard-library.v1");
    for (name, text) in modules {
        hasher.text(name).text(text);
    }
    hasher.finish()
}

fn texts(opened: &Opened, world: &dyn World) -> Vec<Pinned> {
    let root = &opened.project.root;
    let within = |path: &Path| {
        let absolute = settled(&world.absolute(path));
        slashed(&from_folder(root, &absolute))
    };
    let mut texts: Vec<Pinned> = opened
        .sources
        .iter()
        .filter_map(|(_, source)| {
            let path = within(source.path.as_deref()?);
            Some(Pinned { path, hash: Digest::of(source.text.as_bytes()) })
        })
        .collect();
    for name in [CONFIG, LOCK] {
        if let Ok(bytes) = world.read(&root.join(name)) {
            texts.push(Pinned { path: name.to_owned(), hash: Digest::of(&bytes) });
        }
    }
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    texts.dedup();
    texts
}

fn packages(opened: &Opened, world: &dyn World) -> Vec<crate::project::lock::LockedPackage> {
    let lock = Lock::read(world, &opened.project.root.join(LOCK));
    lock.ok().flatten().map(|lock| lock.packages).unwrap_or_default()
}

/// The files that a program reads, each once.
pub fn data_paths(program: &Program) -> Vec<String> {
    let read = program.nodes.iter().flat_map(|node| &node.steps).filter_map(|step| match &step.kind {
        StepKind::Read(read) | StepKind::Labels { read, .. } => Some(read.path.to_string()),
        _ => None,
    });
    let replayed =
        program.models.iter().flat_map(|model| &model.bindings).filter_map(|binding| match &binding.kind {
            BindingKind::Replay { path, .. } => Some(path.to_string()),
            _ => None,
        });
    let mut paths: Vec<String> = read.chain(replayed).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The files that runs read: of a pipeline as they are named in it, of a suite's runs, which stand in
/// folders of their own, from the project's folder.
fn data(parts: &[Part], opened: &Opened, world: &dyn World) -> Result<Vec<Pinned>, RunError> {
    let mut pinned = Vec::new();
    for part in parts {
        for path in data_paths(&part.run.ground.program) {
            let hash = part.run.hash(&path)?;
            let is_local = part.opened.within.is_some() && !path.contains("://");
            let path = match part.opened.file.parent().filter(|_| is_local) {
                Some(folder) => {
                    let absolute = settled(&world.absolute(&folder.join(&path)));
                    slashed(&from_folder(&opened.project.root, &absolute))
                }
                None => path,
            };
            pinned.push(Pinned { path, hash });
        }
    }
    pinned.sort_by(|a, b| a.path.cmp(&b.path));
    pinned.dedup();
    Ok(pinned)
}

fn runs(parts: &[Part]) -> Vec<SealedRun> {
    let within = parts.iter().filter_map(|part| Some((part.opened.within.as_ref()?, part)));
    let each = within.map(|(name, part)| {
        let program = &part.run.ground.program;
        SealedRun {
            name: name.to_string(),
            pipeline: program.name.to_string(),
            pipeline_version: program.version.to_string(),
            seed: program.seed,
        }
    });
    each.collect()
}

fn parameters(parts: &[Part]) -> BTreeMap<String, String> {
    let each = parts.iter().flat_map(|part| {
        let stated = part.run.ground.program.parameters.iter();
        stated.map(|one| (part.opened.prefixed(&one.name), render(&one.value, &one.kind).into_owned()))
    });
    each.collect()
}

/// What came from one model.
#[derive(Default)]
struct Served {
    served_by: BTreeSet<String>,
    times: Vec<Duration>,
}

fn models(seen: &BTreeMap<CallKey, Seen>) -> Vec<SealedModel> {
    let mut models: BTreeMap<(String, Option<String>), Served> = BTreeMap::new();
    for seen in seen.values() {
        let name = if seen.model.is_empty() {
            seen.provider.clone()
        } else {
            format!("{}/{}", seen.provider, seen.model)
        };
        let replies = models.entry((name, seen.server.clone())).or_default();
        replies.served_by.extend(seen.served_by.clone());
        replies.times.push(seen.at);
    }
    let each = models.into_iter().map(|((asked, server), Served { served_by, times })| {
        let time = |time: Option<&Duration>| time.map(|time| moment(*time)).unwrap_or_default();
        SealedModel {
            asked,
            server,
            served_by: served_by.into_iter().collect(),
            replies: times.len() as u64,
            first: time(times.iter().min()),
            last: time(times.iter().max()),
        }
    });
    each.collect()
}

/// A time since the epoch in the form of RFC 3339, to the second.
pub(super) fn moment(time: Duration) -> String {
    jiff::Timestamp::from_second(time.as_secs() as i64).map(|time| time.to_string()).unwrap_or_default()
}
