//! `tgp cache`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::project::Project;
use crate::session::pins::Pins;
use crate::session::reached::Reaching;
use crate::store::{DiskStore, Keep, Others, StoreError, StoreStats, StoreWarning};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Look after the store: replies that were paid for, and what was made of them
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,

    /// The store, instead of `.tgp` of the project here
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Action {
    /// Say what is kept and how large it is
    Stats {
        #[arg(long)]
        json: bool,
    },
    /// Read everything and say what is damaged
    Verify {
        #[arg(long)]
        json: bool,
    },
    /// Write all replies to one file, for another machine to import
    Export {
        path: PathBuf,
        /// Tables and pictures too
        #[arg(long)]
        tables: bool,
    },
    /// Take in what another machine exported; nothing is lost, and nothing is paid for twice
    Import { path: PathBuf },
    /// Remove tables, which are worked out again when they are wanted, and old replies if asked
    Gc {
        /// Remove replies older than so many days
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u64>,
        /// Remove the oldest replies until the ledger is within so many megabytes
        #[arg(long, value_name = "MB", conflicts_with = "older_than")]
        within: Option<u64>,
        /// Remove replies that none of these files reaches as it stands now
        #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["older_than", "within"])]
        unreached_by: Vec<PathBuf>,
        /// An edition whose replies stay, of dynamic files; may be given several times
        #[arg(long, value_name = "E", requires = "unreached_by")]
        edition: Vec<String>,
        #[command(flatten)]
        choices: ProgramChoices,
        /// Say how many replies would go, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let folder = match &arguments.store {
        Some(folder) => folder.clone(),
        None => match Project::find(&**world, Path::new(".")) {
            Ok(project) => project.store_folder(),
            Err(refused) => {
                return screen.diagnostics(&refused.diagnostics, &refused.sources).max(Exit::Wrong);
            }
        },
    };
    if world.stamp(&folder).is_err() {
        screen.error(
            &format!("there is no store at `{}`", folder.display()),
            Some("name one with --store DIR"),
        );
        return Exit::Wrong;
    }
    match act(&arguments.action, &folder, world, screen) {
        Ok(exit) => exit,
        Err(error) => screen.run_error(&error.into()),
    }
}

fn act(action: &Action, folder: &Path, world: &Arc<dyn World>, screen: &Screen) -> Result<Exit, StoreError> {
    let (store, warnings) = DiskStore::open(folder)?;
    screen.warnings(&warnings);
    match action {
        Action::Stats { json } => {
            let stats = store.stats()?;
            if *json {
                screen.print(&format!("{}\n", serde_json::json!(stats)));
            } else {
                screen.print(&held(&stats));
            }
            Ok(Exit::Complete)
        }
        Action::Verify { json } => {
            let verification = store.verify()?;
            let findings: Vec<String> = verification.findings.iter().map(ToString::to_string).collect();
            if *json {
                let told = serde_json::json!({
                    "replies": verification.replies, "objects": verification.objects, "findings": findings,
                });
                screen.print(&format!("{told}\n"));
            } else {
                let count = verification.replies;
                screen.print(&format!("{count} replies and {} objects read\n", verification.objects));
                findings.iter().for_each(|finding| screen.print(&format!("  {finding}\n")));
                screen.print(if findings.is_empty() { "all sound\n" } else { "" });
            }
            Ok(if verification.findings.is_empty() { Exit::Complete } else { Exit::Stopped })
        }
        Action::Export { path, tables } => {
            let exported = store.export(path, *tables)?;
            screen.print(&format!(
                "{} replies, {} events and {} objects written to {}\n",
                exported.replies,
                exported.events,
                exported.objects,
                path.display()
            ));
            damaged(&exported.damage, screen);
            Ok(Exit::Complete)
        }
        Action::Import { path } => {
            let imported = store.import(path)?;
            screen.print(&format!(
                "{} replies taken in, {} were here already, {} kept beside later ones\n",
                imported.replies, imported.known, imported.spare
            ));
            damaged(&imported.damage, screen);
            Ok(Exit::Complete)
        }
        Action::Gc { older_than, within, unreached_by, edition, choices, dry_run } => {
            let others = match (older_than, within) {
                (Some(days), _) => {
                    Others::Since(world.now().saturating_sub(Duration::from_secs(days * 86_400)))
                }
                (_, Some(megabytes)) => Others::Within(megabytes * 1_000_000),
                _ if !unreached_by.is_empty() => Others::None,
                // Replies cost money; unless told otherwise, all stay.
                (None, None) => Others::Since(Duration::ZERO),
            };
            let pins = match Pins::below(&sealed_below(folder, world), &store, &**world) {
                Ok(pins) => pins,
                Err(error) => return Ok(screen.session_error(&error)),
            };
            let overrides = match choices.overrides(screen) {
                Ok(overrides) => overrides,
                Err(exit) => return Ok(exit),
            };
            let reaching = Reaching { files: unreached_by, overrides: &overrides, editions: edition };
            let store = Arc::new(store);
            let reached = match reaching.calls(&store, world) {
                Ok(reached) => reached,
                Err(error) => {
                    screen.tell("nothing was removed:");
                    return Ok(screen.session_error(&error));
                }
            };
            let keep = Keep {
                call: &|key| pins.calls.contains(key) || reached.contains(key),
                others,
                object: &|object| pins.objects.contains(object),
                fact: &|_, _| false,
            };
            if *dry_run {
                let (kept, removed) = store.sorted_out(&keep)?;
                screen.print(&format!("{kept} replies and events would stay, {removed} would go\n"));
                return Ok(Exit::Complete);
            }
            let store = Arc::into_inner(store).ok_or(StoreError::Closed)?;
            let (store, collected) = store.collect(&keep)?;
            drop(store);
            screen.print(&format!(
                "{} replies and events kept, {} removed; {} before, {} now\n",
                collected.kept,
                collected.removed,
                size(collected.before),
                size(collected.after)
            ));
            Ok(Exit::Complete)
        }
    }
}

/// The folder whose seals count for a store: that of its project.
fn sealed_below(store: &Path, world: &Arc<dyn World>) -> PathBuf {
    match Project::find(&**world, store) {
        Ok(project) if project.stated => project.root,
        _ => store
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
            .to_owned(),
    }
}

fn damaged(damage: &[StoreWarning], screen: &Screen) {
    screen.warnings(damage);
}

fn held(stats: &StoreStats) -> String {
    let facts: u64 = stats.facts.values().sum();
    format!(
        "replies   {:>9}   {:>9} on disk, {} before compression\n\
         events    {:>9}\n\
         objects   {:>9}   {:>9} on disk\n\
         memos     {:>9}   {:>9} on disk\n\
         aside     {:>9}   {:>9}\n",
        stats.replies,
        size(stats.ledger_bytes),
        size(stats.plain_bytes),
        stats.events,
        stats.objects,
        size(stats.object_bytes),
        facts,
        size(stats.index_bytes),
        "",
        size(stats.aside_bytes),
    )
}

/// Bytes in the unit that suits them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
