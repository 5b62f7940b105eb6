//! `tgp watch`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::engine::allowance::Asking;
use crate::engine::error::RunError;
use crate::engine::run::{Finished, Run};
use crate::session::SessionError;
use crate::watch::files::{Files, Saved};
use crate::watch::watching::{Prepared, Watching, is_busy};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::runtime::runtime;
use super::screen::Screen;
use super::watch_face::{Face, Press, State};

/// Run on every save what the edit touched, and show how the numbers moved
///
/// The file, what it uses, its data and `tgp.toml` are watched. A save is checked first: a mistake
/// is shown and the last good numbers stay. A save during a run stops what it made obsolete; what
/// was paid for is kept. On a terminal: p pauses, l doubles the limit of rows, a takes all rows, o
/// opens the report, q quits.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    #[command(flatten)]
    choices: RunChoices,

    /// Plain lines rather than a live view
    #[arg(long)]
    plain: bool,
}

/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(120);
/// So long after a run, other commands may have the store.
const REST: Duration = Duration::from_millis(250);
/// Between two tries for a store that another command has.
const BUSY: Duration = Duration::from_millis(100);
/// An editor that replaces a file may leave it away for so long.
const AWAY: Duration = Duration::from_millis(300);

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    if opening.allowance.asking == Asking::Batches {
        screen.error(
            "a watcher does not hand in batches, which take hours",
            Some("hand them in with `tgp run --batch`; the watcher says what of them is out"),
        );
        return Exit::Wrong;
    }
    if world.stamp(&arguments.file).is_err() {
        screen.error(&format!("there is no file `{}`", arguments.file.display()), None);
        return Exit::Wrong;
    }
    let watching =
        Watching::new(arguments.file.clone(), opening, arguments.choices.only.clone(), world.clone());
    let started = Files::new().map_err(|error| error.to_string()).and_then(|files| {
        let runtime = runtime().map_err(|error| error.to_string())?;
        Ok((files, runtime))
    });
    match started {
        Ok((files, runtime)) => {
            let face = Face::new(screen.clone(), arguments.file.display().to_string(), arguments.plain);
            let mut watch = Watch { watching, files, face, world: world.clone(), last: None, page: None };
            runtime.block_on(watch.go())
        }
        Err(problem) => {
            screen.error(&format!("files can't be watched here: {problem}"), None);
            Exit::Stopped
        }
    }
}

struct Watch {
    watching: Watching,
    files: Files,
    face: Face,
    world: Arc<dyn World>,
    /// The last run that came to its end, for its report.
    last: Option<Prepared>,
    /// The page of the last report.
    page: Option<PathBuf>,
}

/// How a run ended.
enum Went {
    Ended,
    /// A newer save wants to be run.
    Newer(Saved),
    Paused,
    Quit,
}

impl Watch {
    async fn go(&mut self) -> Exit {
        let mut due = Some(Instant::now());
        let mut paused = false;
        let mut has_store = true;
        self.files.watch(self.watching.paths().clone());
        loop {
            if let (Some(at), false) = (due, paused) {
                due = None;
                has_store = true;
                match self.one(at).await {
                    Went::Ended => {}
                    Went::Newer(saved) => {
                        self.face.saved(&saved.paths);
                        due = Some(saved.at);
                        continue;
                    }
                    Went::Paused => {
                        paused = true;
                        due = Some(at);
                        self.face.state(State::Paused);
                    }
                    Went::Quit => return Exit::Complete,
                }
            }
            tokio::select! {
                saved = self.files.changed() => {
                    self.face.saved(&saved.paths);
                    due = Some(saved.at);
                }
                press = self.face.press() => match press {
                    Press::Quit => return Exit::Complete,
                    Press::Pause => {
                        paused = !paused;
                        self.face.state(if paused { State::Paused } else { State::Idle });
                    }
                    Press::Wider | Press::All if self.widen(press) => due = Some(Instant::now()),
                    Press::Wider | Press::All => {}
                    Press::Report => self.report(),
                },
                () = tokio::time::sleep(REST), if has_store => {
                    // A page that can't be written is told where it is asked for.
                    let _ = self.write_report();
                    self.watching.rest();
                    has_store = false;
                }
                _ = tokio::signal::ctrl_c() => return Exit::Complete,
            }
        }
    }

    /// Checks the file and runs it.
    async fn one(&mut self, at: Instant) -> Went {
        self.face.state(State::Running);
        let prepared = self.prepare(at).await;
        self.files.watch(self.watching.paths().clone());
        self.face.watched(self.watching.paths().len(), self.watching.limit());
        match prepared {
            Ok(prepared) => {
                self.face.sound();
                self.ran(prepared).await
            }
            Err(error) => {
                self.face.wrong(&error);
                Went::Ended
            }
        }
    }

    /// Waits for a file that is being replaced, and for a store that another command has.
    async fn prepare(&mut self, at: Instant) -> Result<Prepared, SessionError> {
        loop {
            match self.watching.prepare(at) {
                Err(SessionError::Unreadable { .. }) if at.elapsed() < AWAY => {
                    tokio::time::sleep(AWAY / 10).await;
                }
                Err(error) if is_busy(&error) => {
                    self.face.note(&format!("waiting: {error}"));
                    tokio::select! {
                        () = tokio::time::sleep(BUSY) => {}
                        _ = tokio::signal::ctrl_c() => return Err(error),
                    }
                }
                prepared => return prepared,
            }
        }
    }

    async fn ran(&mut self, mut prepared: Prepared) -> Went {
        // What was shown before lets go of its store's tables.
        self.last = None;
        let mut went = Went::Ended;
        let mut passed = Ok(());
        while let (Some(run), Went::Ended, true) = (prepared.next(), &went, passed.is_ok()) {
            let finished = self.through(run, &prepared, &mut went).await;
            passed = finished
                .map_err(|error| prepared.refused(error))
                .and_then(|finished| self.watching.pass(&mut prepared, finished));
        }
        match passed.and_then(|()| self.watching.finish(&prepared)) {
            Ok(ran) => {
                if matches!(went, Went::Ended) {
                    self.face.ran(&ran);
                }
                self.last = Some(prepared);
            }
            Err(error) if matches!(went, Went::Ended) => self.face.wrong(&error),
            // What is run next tells its own mistakes.
            Err(_) => {}
        }
        went
    }

    /// Goes through one run, minding keys and saves.
    async fn through(
        &mut self,
        run: Arc<Run>,
        prepared: &Prepared,
        went: &mut Went,
    ) -> Result<Finished, RunError> {
        let only = prepared.only.clone();
        let mut running = tokio::spawn(async move { run.run(&only).await });
        let mut looks = tokio::time::interval(LOOK);
        looks.tick().await;
        let ended = loop {
            tokio::select! {
                ended = &mut running => break ended,
                saved = self.files.changed() => self.newer(prepared, saved, went),
                press = self.face.press() => match press {
                    Press::Quit => {
                        prepared.stop();
                        *went = Went::Quit;
                        self.face.state(State::Stopping);
                    }
                    Press::Pause => {
                        prepared.stop();
                        *went = Went::Paused;
                        self.face.state(State::Stopping);
                    }
                    Press::Wider | Press::All => {
                        if self.widen(press) {
                            prepared.stop();
                            let paths = Default::default();
                            *went = Went::Newer(Saved { paths, at: Instant::now() });
                            self.face.state(State::Stopping);
                        }
                    }
                    Press::Report => self.face.note("the report can be opened when the run is over"),
                },
                _ = looks.tick() => self.face.progress(&prepared.so_far()),
                _ = tokio::signal::ctrl_c() => {
                    prepared.stop();
                    *went = Went::Quit;
                    self.face.state(State::Stopping);
                }
            }
        };
        ended.map_err(|_| RunError::Broken("the run".to_owned())).and_then(|finished| finished)
    }

    /// Looks at a save that came during a run: only one that is sound, and makes the run work on
    /// something else than what is wanted now, stops it.
    fn newer(&mut self, running: &Prepared, saved: Saved, went: &mut Went) {
        match self.watching.prepare(saved.at) {
            Ok(newer) if newer.is_same_as(running) => {
                self.face.sound();
                self.face.note("saved: nothing that runs was changed");
            }
            Ok(_) => {
                running.stop();
                self.face.state(State::Stopping);
                if !matches!(went, Went::Quit) {
                    *went = Went::Newer(saved);
                }
            }
            Err(error) => self.face.wrong(&error),
        }
        self.files.watch(self.watching.paths().clone());
    }

    /// Raises the limit of rows; says whether there was one.
    fn widen(&mut self, press: Press) -> bool {
        let Some(limit) = self.watching.limit() else {
            self.face.note("all rows are in already");
            return false;
        };
        let wider = if matches!(press, Press::All) { None } else { Some(limit.saturating_mul(2).max(1)) };
        self.watching.widen(wider);
        true
    }

    fn report(&mut self) {
        if let Err(error) = self.write_report() {
            self.face.note(&error.to_string());
            return;
        }
        let Some(path) = &self.page else {
            self.face.note("there is no finished run to report");
            return;
        };
        let what = if open(path, &*self.world) { "opened" } else { "written:" };
        let told = format!("{what} {}", path.display());
        self.face.note(&told);
    }

    /// Writes the report of the last run while its store is at hand.
    fn write_report(&mut self) -> Result<(), SessionError> {
        if let Some(prepared) = self.last.take() {
            self.page = Some(self.watching.report(&prepared)?);
        }
        Ok(())
    }
}

/// Opens a page in the reader's browser, where there is one.
fn open(path: &std::path::Path, world: &dyn World) -> bool {
    let headless = cfg!(target_os = "linux")
        && world.variable("DISPLAY").is_none()
        && world.variable("WAYLAND_DISPLAY").is_none();
    if headless {
        return false;
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let nothing = std::process::Stdio::null;
    let started = std::process::Command::new(program)
        .arg(path)
        .stdin(nothing())
        .stdout(nothing())
        .stderr(nothing())
        .spawn();
    started.is_ok()
}
