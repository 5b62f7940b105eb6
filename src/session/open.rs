//! From a path to a program that can run.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::check::program::{NodeId, Program};
use crate::check::{Overrides, check};
use crate::diagnostics::diagnostic::Diagnostic;
use crate::diagnostics::source::{Source, Sources};
use crate::engine::allowance::Allowance;
use crate::engine::caller::Caller;
use crate::engine::endpoints::Endpoints;
use crate::engine::error::RunError;
use crate::engine::gauges::Gauge;
use crate::engine::memo::Memo;
use crate::engine::pass::Pass;
use crate::engine::recordings;
use crate::engine::remote::Remote;
use crate::engine::run::Run;
use crate::engine::shelf::Shelf;
use crate::engine::source;
use crate::engine::witness::Witness;
use crate::eval::ground::Ground;
use crate::models::attempt::Observer;
use crate::plan::Plan;
use crate::project::Project;
use crate::project::remote::RemoteSources;
use crate::store::{DiskStore, Store, StoreWarning};
use crate::world::World;

use super::limit;
use super::seal::BadSeal;

/// What is asked of a file, apart from the file.
#[derive(Default)]
pub struct Opening {
    pub overrides: Overrides,
    /// Instead of the project's own.
    pub store: Option<PathBuf>,
    pub edition: Option<String>,
    pub allowance: Allowance,
    /// Get no remote source: one that is not on this machine stops the run.
    pub local: bool,
    /// Rows of each source, at most.
    pub limit: Option<u64>,
    /// Nodes to work anew.
    pub refresh: Vec<String>,
    pub observer: Option<Observer>,
    /// Sees each reply that is read from the record.
    pub witness: Option<Arc<Witness>>,
}

/// A checked file, or one of the runs of a suite.
#[derive(Clone)]
pub struct Opened {
    pub project: Project,
    /// The path as it was given; of a run within a suite, its own file's.
    pub file: PathBuf,
    /// The path that was given, from the root.
    pub place: PathBuf,
    /// The suite's name for it, where it is one of its runs: with the suite's parameters and models
    /// it is another program than the file alone.
    pub within: Option<Arc<str>>,
    pub program: Option<Arc<Program>>,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// A program with everything that running it needs.
pub struct Ready {
    pub run: Arc<Run>,
    pub warnings: Vec<StoreWarning>,
}

/// Why a file could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The file or what it uses is wrong.
    #[error("the file is not sound")]
    Diagnostics(Vec<Diagnostic>, Sources),
    /// The file is sound, and models that it is bound to have nothing for what it asks.
    #[error("{}", .0.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n"))]
    Unsuited(Vec<Diagnostic>, Sources),
    #[error("`{path}` can't be read: {problem}")]
    Unreadable { path: String, problem: String },
    #[error("`{file}` has no node `{name}`{suggestion}")]
    NoNode { file: String, name: String, suggestion: String },
    #[error(
        "`{0}` makes its cases anew for each edition: say which with --edition, such as --edition 2026-12"
    )]
    NoEdition(String),
    #[error("`{path}`: {problem}")]
    Unfit { path: String, problem: String },
    #[error("`{file}` is a suite, and `{name}` is no node of one of its runs")]
    NoRunNamed { file: String, name: String, runs: Vec<String> },
    #[error("`{0}` is a suite, which is run as a whole")]
    NotInPart(String),
    #[error("`{metric}` is {value} for `{model}`; a score takes metrics between 0 and 1")]
    NoShare { metric: String, model: String, value: f64 },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Seal(#[from] BadSeal),
}

impl SessionError {
    /// What can be done about it.
    pub fn help(&self) -> Option<String> {
        match self {
            SessionError::NoRunNamed { runs, .. } => {
                let first = runs.first().map_or("RUN", |run| run);
                Some(format!("name it as `{first}.NODE`; its runs are {}", runs.join(", ")))
            }
            SessionError::NotInPart(_) => Some("name the node of a pipeline, and run that alone".to_owned()),
            _ => None,
        }
    }
}

impl From<crate::store::StoreError> for SessionError {
    fn from(error: crate::store::StoreError) -> SessionError {
        SessionError::Run(error.into())
    }
}

impl Opened {
    /// Finds, reads and checks a file with all that it uses.
    pub fn new(file: &Path, overrides: &Overrides, world: &Arc<dyn World>) -> Result<Opened, SessionError> {
        let bytes = world.read(file).map_err(|error| SessionError::Unreadable {
            path: file.display().to_string(),
            problem: error.to_string(),
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            SessionError::Unreadable {
                path: file.display().to_string(),
                problem: format!("line {line} is not UTF-8 text; save the file as UTF-8"),
            }
        })?;
        Opened::of_text(file, file.display().to_string(), text, overrides, world)
    }

    /// Checks a text as if it stood in a file.
    pub fn of_text(
        file: &Path,
        name: String,
        text: String,
        overrides: &Overrides,
        world: &Arc<dyn World>,
    ) -> Result<Opened, SessionError> {
        let project = Project::find(&**world, file)
            .map_err(|problem| SessionError::Diagnostics(problem.diagnostics, problem.sources))?;
        let root = Source::new(name, Some(file), text);
        // The last binding of a name counts, and the command line's before the project's.
        let bind = project.bindings().iter().chain(&overrides.bind).cloned().collect();
        let overrides = Overrides { bind, ..overrides.clone() };
        let checked = check(root, &project.loader(world.clone()), &overrides);
        Ok(Opened {
            project,
            file: file.to_owned(),
            place: world.absolute(file),
            within: None,
            program: checked.program.map(Arc::new),
            diagnostics: checked.diagnostics,
            sources: checked.sources,
        })
    }

    /// The program, or what is wrong with it.
    pub fn sound(&self) -> Result<Arc<Program>, SessionError> {
        self.program
            .clone()
            .ok_or_else(|| SessionError::Diagnostics(self.diagnostics.clone(), self.sources.clone()))
    }

    /// Why a run could not go on, with the text that it is about.
    pub fn refused(&self, error: RunError) -> SessionError {
        match error {
            RunError::Unsuited(problems) => SessionError::Unsuited(problems, self.sources.clone()),
            error => error.into(),
        }
    }

    /// The node of a name.
    pub fn node(&self, program: &Program, name: &str) -> Result<NodeId, SessionError> {
        if program.suite.is_some() {
            return Err(SessionError::NotInPart(self.file.display().to_string()));
        }
        let found = program.nodes.iter().position(|node| &*node.name == name);
        found.map(|at| NodeId(at as u32)).ok_or_else(|| {
            let names = program.nodes.iter().map(|node| &*node.name);
            let near = crate::diagnostics::similar::nearest(name, names);
            SessionError::NoNode {
                file: self.file.display().to_string(),
                name: name.to_owned(),
                suggestion: near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default(),
            }
        })
    }

    /// Where replies and tables are kept.
    pub fn store_folder(&self, opening: &Opening) -> PathBuf {
        opening.store.clone().unwrap_or_else(|| self.project.store_folder())
    }

    /// Makes the program ready on the project's store.
    pub fn ready(&self, opening: &Opening, world: &Arc<dyn World>) -> Result<Ready, SessionError> {
        let (store, warnings) = DiskStore::open(&self.store_folder(opening))?;
        let run = self.ready_on(Arc::new(store), opening, world)?;
        Ok(Ready { run, warnings })
    }

    /// What a run may ask and spend: as is asked, else as the project states.
    pub fn allowance(&self, opening: &Opening) -> Allowance {
        let budget = opening.allowance.budget.or(self.project.config.run.budget);
        Allowance { budget, ..opening.allowance.clone() }
    }

    /// Makes the program ready on a store that is open already.
    pub fn ready_on(
        &self,
        store: Arc<dyn Store>,
        opening: &Opening,
        world: &Arc<dyn World>,
    ) -> Result<Arc<Run>, SessionError> {
        let program = self.sound()?;
        let refresh =
            opening.refresh.iter().map(|name| self.node(&program, name)).collect::<Result<Vec<_>, _>>()?;
        let allowance = self.allowance(opening);
        self.ready_program(program, &self.file, refresh, allowance, store, opening, world)
    }

    /// Makes a program ready that belongs to the project: the file's own, or one that it runs.
    #[expect(clippy::too_many_arguments, reason = "what one run needs, handed on once")]
    pub(super) fn ready_program(
        &self,
        mut program: Arc<Program>,
        file: &Path,
        refresh: Vec<NodeId>,
        allowance: Allowance,
        store: Arc<dyn Store>,
        opening: &Opening,
        world: &Arc<dyn World>,
    ) -> Result<Arc<Run>, SessionError> {
        if let Some(count) = opening.limit {
            limit::limit(Arc::make_mut(&mut program), count);
        }
        let edition = match (&opening.edition, program.dynamic) {
            (Some(edition), true) => Some(edition.clone()),
            (None, true) if opening.overrides.test.is_some() => None,
            (None, true) => return Err(SessionError::NoEdition(file.display().to_string())),
            // What is not dynamic is the same in every edition.
            (_, false) => None,
        };
        let shelf = Shelf::new(store.clone());
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let remote: Arc<dyn Remote> =
            Arc::new(RemoteSources::new(world.clone(), &self.project, opening.local));
        let sources = source::Sources {
            world: world.clone(),
            folder: folder.clone(),
            shelf: shelf.clone(),
            remote: remote.clone(),
        };
        sources.pin(&program)?;
        let recorded = recordings::digests(&program, &sources)?;
        let endpoints = Endpoints::open(&program, self.project.settings(), world, opening.observer.as_ref())?;
        let plan = Arc::new(Plan::new(program.clone(), &endpoints.identities(&program, &recorded)));
        let ground = Ground {
            program: program.clone(),
            pictures: Arc::new(shelf.clone()),
            recordings: OnceLock::new(),
        };
        let caller = Caller::new(
            store.clone(),
            world.clone(),
            endpoints,
            edition.clone(),
            allowance,
            opening.witness.clone(),
        )?;
        let gauges = plan.units.iter().map(|_| Gauge::default()).collect();
        Ok(Arc::new(Run {
            plan,
            ground: Arc::new(ground),
            caller,
            memo: Memo::new(store, edition),
            shelf,
            world: world.clone(),
            folder,
            remote,
            gauges,
            refresh,
            pass: Pass::default(),
        }))
    }
}
