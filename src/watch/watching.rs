//! A file that is watched: what is known of it from one save to the next.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::check::program::{NodeId, Program};
use crate::digest::Digest;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::project::lock::LOCK;
use crate::project::place::settled;
use crate::report::measure_view::MeasureView;
use crate::report::movement::MeasureMoves;
use crate::report::summary::RunSummary;
use crate::session::derived::measures;
use crate::session::planned::planned;
use crate::session::remembered::Remembered;
use crate::session::sealing::data_paths;
use crate::session::summary::{so_far, summary};
use crate::session::{Opened, Opening, SessionError, results, telling};
use crate::store::{DiskStore, StoreError};
use crate::world::World;

use super::ran::Ran;

/// A file that is watched.
pub struct Watching {
    file: PathBuf,
    opening: Opening,
    only: Vec<String>,
    world: Arc<dyn World>,
    /// Open while there is work, so that other commands can look in between.
    store: Option<Arc<DiskStore>>,
    /// The numbers of the last run that came to its end.
    numbers: Vec<MeasureView>,
    /// What the last look at the file read, and what it names.
    paths: BTreeSet<PathBuf>,
}

/// A file that was found sound, ready to run.
pub struct Prepared {
    pub run: Arc<Run>,
    pub only: Vec<NodeId>,
    opened: Opened,
    before: Remembered,
    began: Instant,
}

impl Watching {
    pub fn new(file: PathBuf, opening: Opening, only: Vec<String>, world: Arc<dyn World>) -> Watching {
        let paths = BTreeSet::from([absolute(&*world, &file)]);
        Watching { file, opening, only, world, store: None, numbers: Vec::new(), paths }
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
        let store = self.store()?;
        let run = opened.ready_on(store, &self.opening, &self.world)?;
        let before = Remembered::load(&run, &opened.filed())?;
        Ok(Prepared { run, only, opened, before, began })
    }

    /// Takes in what a run gave; what it spent is spent.
    pub fn finish(&mut self, prepared: &Prepared, finished: &Finished) -> Result<Ran, SessionError> {
        let Prepared { run, opened, before, began, .. } = prepared;
        let stopped = run.caller.is_stopped();
        let spent = run.caller.purse().reached().is_some();
        let now = Remembered::of(run, &opened.filed(), finished, self.opening.limit);
        let reasons = planned(run, finished, before, &now)?;
        if !stopped {
            now.with_rest_of(before).save(run, &opened.filed(), finished)?;
        }
        run.shelf.store().flush()?;
        self.opening.allowance = run.caller.purse().left();
        let mut moves = Vec::new();
        if !stopped {
            let views: Vec<MeasureView> =
                measures(run, finished)?.into_iter().map(|(_, view)| view).collect();
            moves.extend(views.iter().map(|view| {
                let before = self.numbers.iter().find(|known| known.name == view.name);
                MeasureMoves::of(view.clone(), before)
            }));
            self.numbers = views;
        }
        let took = began.elapsed();
        let nodes = results::nodes(run, finished);
        let summary = summary(run, &nodes, &reasons, &self.file, took);
        Ok(Ran { summary, moves, stopped, spent, took })
    }

    /// The report of a run as a page, written beside its store; where it stands.
    pub fn report(&self, prepared: &Prepared, finished: &Finished) -> Result<PathBuf, SessionError> {
        let document = telling::tell(&prepared.run, finished)?;
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
        let folder = absolute(&self.file).parent().map(Path::to_owned).unwrap_or_default();
        let data = opened.program.iter().flat_map(|program| data_paths(program));
        let data = data.filter(|path| !path.contains("://")).map(|path| settled(&folder.join(path)));
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
        let identity = |prepared: &Prepared| -> Option<(Vec<Digest>, Vec<Digest>, Option<String>)> {
            let run = &prepared.run;
            let units = run.plan.units.iter().flat_map(|unit| {
                std::iter::once(unit.fingerprint).chain(unit.targets.iter().map(|target| target.fingerprint))
            });
            Some((units.collect(), run.contents().ok()?, run.memo.edition().map(str::to_owned)))
        };
        let shown = |prepared: &Prepared| -> Vec<Arc<str>> {
            prepared.run.ground.program.nodes.iter().map(|node| node.name.clone()).collect()
        };
        identity(self).is_some_and(|this| identity(other) == Some(this)) && shown(self) == shown(other)
    }

    /// What the run has done so far.
    pub fn so_far(&self) -> RunSummary {
        so_far(&self.run, &self.opened.file, self.began.elapsed())
    }

    pub fn program(&self) -> &Program {
        &self.run.ground.program
    }
}

/// Whether another process has the store, which it will give back.
pub fn is_busy(error: &SessionError) -> bool {
    matches!(error, SessionError::Run(RunError::Store(StoreError::Busy { .. })))
}

fn absolute(world: &dyn World, path: &Path) -> PathBuf {
    settled(&world.absolute(path))
}
