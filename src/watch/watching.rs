//! A file that is watched: what is known of it from one save to the next.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::check::program::NodeId;
use crate::digest::Digest;
use crate::engine::allowance::Allowance;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::project::lock::LOCK;
use crate::project::place::settled;
use crate::report::leaderboard::board;
use crate::report::measure_view::MeasureView;
use crate::report::movement::MeasureMoves;
use crate::report::summary::RunSummary;
use crate::session::closing_words::closing_words;
use crate::session::derived::{Part, measures};
use crate::session::outline::outline;
use crate::session::planned::planned;
use crate::session::remembered::Remembered;
use crate::session::sealing::data_paths;
use crate::session::suite::{self, Played, scores};
use crate::session::summary::{so_far, summary};
use crate::session::{Opened, Opening, SessionError, results, telling};
use crate::store::{DiskStore, StoreError};
use crate::world::World;

use super::ran::Ran;

/// A file that is watched.
pub struct Watching {
    file: PathBuf,
    opening: Opening,
    /// What all runs may spend together; the opening's own is what is left of it.
    allowance: Allowance,
    only: Vec<String>,
    world: Arc<dyn World>,
    /// Open while there is work, so that other commands can look in between.
    store: Option<Arc<DiskStore>>,
    /// The numbers of the last run that came to its end.
    numbers: Vec<MeasureView>,
    /// What the last look at the file read, and what it names.
    paths: BTreeSet<PathBuf>,
}

/// A file that was found sound, ready to run: a pipeline is one run, a suite several, one after the
/// other.
pub struct Prepared {
    members: Vec<Member>,
    pub only: Vec<NodeId>,
    opened: Opened,
    began: Instant,
}

struct Member {
    opened: Opened,
    run: Arc<Run>,
    before: Remembered,
    finished: Option<Finished>,
}

impl Watching {
    pub fn new(file: PathBuf, opening: Opening, only: Vec<String>, world: Arc<dyn World>) -> Watching {
        let paths = BTreeSet::from([absolute(&*world, &file)]);
        let allowance = opening.allowance.clone();
        Watching { file, opening, allowance, only, world, store: None, numbers: Vec::new(), paths }
    }

    /// All that the file is made of, as far as the last look at it could tell: itself, what it
    /// uses, its data, and what states how it is run.
    pub fn paths(&self) -> &BTreeSet<PathBuf> {
        &self.paths
    }

    pub fn limit(&self) -> Option<u64> {
        self.opening.limit
    }

    /// Takes more rows of each source from the next run on; all for nothing.
    pub fn widen(&mut self, limit: Option<u64>) {
        self.opening.limit = limit;
    }

    /// Checks the file as it is now and makes it ready to run. `began` is when it was saved.
    pub fn prepare(&mut self, began: Instant) -> Result<Prepared, SessionError> {
        let opened = match Opened::new(&self.file, &self.opening.overrides, &self.world) {
            Ok(opened) => opened,
            Err(error) => {
                // A `tgp.toml` that is wrong may be anywhere above.
                let above = absolute(&*self.world, &self.file);
                self.paths.extend(above.ancestors().skip(1).take(6).map(|folder| folder.join("tgp.toml")));
                return Err(error);
            }
        };
        self.paths = self.named(&opened);
        let program = opened.sound()?;
        let only = self.only.iter().map(|name| opened.node(&program, name)).collect::<Result<Vec<_>, _>>()?;
        let members = opened.runs()?.into_iter().map(|opened| {
            let run = opened.ready_on(self.store()?, &self.opening, &self.world)?;
            let before = Remembered::load(&run, &opened.filed())?;
            Ok(Member { opened, run, before, finished: None })
        });
        let members = members.collect::<Result<_, SessionError>>()?;
        Ok(Prepared { members, only, opened, began })
    }

    /// Takes in what the run gave that was next, and makes the one after it ready on what is left to
    /// spend. Nothing more is run where that was stopped.
    pub fn pass(&mut self, prepared: &mut Prepared, finished: Finished) -> Result<(), SessionError> {
        let Some(at) = prepared.members.iter().position(|member| member.finished.is_none()) else {
            return Ok(());
        };
        let member = &mut prepared.members[at];
        member.finished = Some(finished);
        self.opening.allowance = member.run.caller.purse().left();
        if member.run.caller.is_stopped() {
            prepared.members.truncate(at + 1);
        } else if let Some(next) = prepared.members.get_mut(at + 1) {
            let store = next.run.shelf.store().clone();
            next.run = next.opened.ready_on(store, &self.opening, &self.world)?;
        }
        Ok(())
    }

    /// What all runs gave together.
    pub fn finish(&mut self, prepared: &Prepared) -> Result<Ran, SessionError> {
        let program = prepared.opened.sound()?;
        let stopped = prepared.members.iter().any(|member| member.run.caller.is_stopped());
        let runs: Vec<&Arc<Run>> = prepared.members.iter().map(|member| &member.run).collect();
        let stated = Opening { allowance: self.allowance.clone(), ..Opening::default() };
        let words = closing_words(&runs, &prepared.opened.allowance(&stated));
        let took = prepared.began.elapsed();
        let mut views: Vec<MeasureView> = Vec::new();
        let mut summaries = Vec::new();
        for member in &prepared.members {
            let (Member { opened, run, before, .. }, Some(finished)) = (member, &member.finished) else {
                continue;
            };
            let now = Remembered::of(run, &opened.filed(), finished, self.opening.limit);
            let reasons = planned(run, finished, before, &now)?;
            if !run.caller.is_stopped() {
                now.with_rest_of(before).save(run, &opened.filed(), finished)?;
            }
            run.shelf.store().flush()?;
            let measured = measures(run, finished)?.into_iter();
            views.extend(
                measured.map(|(_, view)| MeasureView { name: opened.prefixed(&view.name).into(), ..view }),
            );
            let summary = summary(run, &results::nodes(run, finished), &reasons, &self.file, took);
            summaries.push(match &opened.within {
                Some(name) => summary.within(name),
                None => summary,
            });
        }
        let mut moves = Vec::new();
        if !stopped {
            if let Some(suite) = &program.suite {
                let played: Vec<Played> = prepared.played().collect();
                views.insert(0, board(suite, &scores(suite, &played)?));
            }
            moves.extend(views.iter().map(|view| {
                let before = self.numbers.iter().find(|known| known.name == view.name);
                MeasureMoves::of(view.clone(), before)
            }));
            self.numbers = views;
        }
        let summary = RunSummary::joined(summaries, took);
        Ok(Ran { summary, moves, stopped, words, took })
    }

    /// The report of what was run as a page, written beside its store; where it stands.
    pub fn report(&self, prepared: &Prepared) -> Result<PathBuf, SessionError> {
        let program = prepared.opened.sound()?;
        let document = match (&program.suite, prepared.members.as_slice()) {
            (Some(suite), _) => suite::tell(&program, suite, &prepared.played().collect::<Vec<_>>())?,
            (None, [Member { run, finished: Some(finished), .. }, ..]) => telling::tell(run, finished)?,
            (None, _) => return Err(RunError::Abandoned.into()),
        };
        let name = self.file.with_extension("html");
        let folder = prepared.opened.store_folder(&self.opening).join("reports");
        let path = folder.join(name.file_name().unwrap_or_default());
        self.world.write(&path, document.html().as_bytes()).map_err(|error| SessionError::Unreadable {
            path: path.display().to_string(),
            problem: error.to_string(),
        })?;
        Ok(path)
    }

    /// Lets the store go, so that other commands can look at it.
    pub fn rest(&mut self) {
        self.store = None;
    }

    fn store(&mut self) -> Result<Arc<DiskStore>, SessionError> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let project = crate::project::Project::find(&*self.world, &self.file)
            .map_err(|refused| SessionError::Diagnostics(refused.diagnostics, refused.sources))?;
        let folder = self.opening.store.clone().unwrap_or_else(|| project.store_folder());
        let (store, _) = DiskStore::open(&folder)?;
        let store = Arc::new(store);
        self.store = Some(store.clone());
        Ok(store)
    }

    fn named(&self, opened: &Opened) -> BTreeSet<PathBuf> {
        let absolute = |path: &Path| absolute(&*self.world, path);
        let texts = opened.sources.iter().filter_map(|(_, source)| source.path.as_deref().map(absolute));
        let data = opened.runs().unwrap_or_default().into_iter().flat_map(|run| {
            let folder = absolute(&run.file).parent().map(Path::to_owned).unwrap_or_default();
            let paths = run.program.iter().flat_map(|program| data_paths(program)).collect::<Vec<_>>();
            paths
                .into_iter()
                .filter(|path| !path.contains("://"))
                .map(move |path| settled(&folder.join(path)))
        });
        let root = &opened.project.root;
        let mut paths: BTreeSet<PathBuf> = texts.chain(data).collect();
        paths.extend([absolute(&self.file), opened.project.config_file(), root.join(LOCK)]);
        // While the file is wrong, what it named before may be what is being put right.
        if opened.program.is_none() {
            paths.extend(self.paths.iter().cloned());
        }
        paths
    }
}

impl Prepared {
    /// Whether it would work the same things on the same data as another.
    pub fn is_same_as(&self, other: &Prepared) -> bool {
        // What the scores of a suite are made of is told by its text.
        let suite = |prepared: &Prepared| {
            let program = prepared.opened.program.as_ref()?;
            program.suite.as_ref()?;
            Some(outline(&prepared.opened.sources.iter().next()?.1.text))
        };
        let members = || self.members.iter().zip(&other.members);
        self.members.len() == other.members.len()
            && members().all(|(this, other)| this.is_same_as(other))
            && suite(self) == suite(other)
    }

    /// The next of the runs; nothing where all came to their end.
    pub fn next(&self) -> Option<Arc<Run>> {
        self.members.iter().find(|member| member.finished.is_none()).map(|member| member.run.clone())
    }

    /// Why a run could not go on, with the text that it is about.
    pub fn refused(&self, error: RunError) -> SessionError {
        self.opened.refused(error)
    }

    /// Lets no further call of its runs go out.
    pub fn stop(&self) {
        self.members.iter().for_each(|member| member.run.caller.stop());
    }

    /// What the runs have done so far.
    pub fn so_far(&self) -> RunSummary {
        let took = self.began.elapsed();
        let each = self.members.iter().map(|member| {
            let so_far = so_far(&member.run, &self.opened.file, took);
            match &member.opened.within {
                Some(name) => so_far.within(name),
                None => so_far,
            }
        });
        RunSummary::joined(each.collect(), took)
    }

    fn played(&self) -> impl Iterator<Item = Played> + '_ {
        self.members.iter().filter_map(|member| {
            let finished = member.finished.clone()?;
            Some(Played::of_part(&Part { opened: member.opened.clone(), run: member.run.clone(), finished }))
        })
    }
}

impl Member {
    fn is_same_as(&self, other: &Member) -> bool {
        let identity = |member: &Member| -> Option<(Vec<Digest>, Vec<Digest>, Option<String>)> {
            let run = &member.run;
            let units = run.plan.units.iter().flat_map(|unit| {
                std::iter::once(unit.fingerprint).chain(unit.targets.iter().map(|target| target.fingerprint))
            });
            Some((units.collect(), run.contents().ok()?, run.memo.edition().map(str::to_owned)))
        };
        let shown = |member: &Member| -> Vec<Arc<str>> {
            member.run.ground.program.nodes.iter().map(|node| node.name.clone()).collect()
        };
        self.opened.within == other.opened.within
            && identity(self).is_some_and(|this| identity(other) == Some(this))
            && shown(self) == shown(other)
    }
}

/// Whether another process has the store, which it will give back.
pub fn is_busy(error: &SessionError) -> bool {
    matches!(error, SessionError::Run(RunError::Store(StoreError::Busy { .. })))
}

fn absolute(world: &dyn World, path: &Path) -> PathBuf {
    settled(&world.absolute(path))
}
