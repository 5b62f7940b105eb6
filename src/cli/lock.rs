//! `tgp lock`

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::project::Project;
use crate::project::lock::lock;
use crate::project::remote::accept;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Pin the packages that tgp.toml asks for, by content, in tgp.lock
///
/// Remote sources are pinned there by the first run that reads them.
#[derive(Args)]
#[command(after_help = "\
A package is used as tgp.lock pins it or not at all. Keep tgp.lock with the project: a pipeline, \
its data and its lock are enough to get the same numbers elsewhere. A package whose content \
changed under the same version is refused.")]
pub(super) struct Arguments {
    /// Write nothing; fail where the lock would change, as a check before merging
    #[arg(long)]
    check: bool,

    /// Forget what is pinned of a remote source: the next run pins what is there then
    #[arg(long, value_name = "ADDRESS", conflicts_with = "check")]
    accept: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    if !arguments.accept.is_empty() {
        return accepted(&arguments.accept, world, screen);
    }
    let project = match screen.stated_project(&**world, Path::new(".")) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    match lock(&**world, &project, arguments.check) {
        Ok(locked) => {
            for difference in &locked.differences {
                screen.print(&format!("{difference}\n"));
            }
            if locked.differences.is_empty() {
                screen.tell(&match locked.lock.packages.len() {
                    0 => "tgp.toml asks for no packages".to_owned(),
                    1 => "tgp.lock is up to date: 1 package".to_owned(),
                    count => format!("tgp.lock is up to date: {count} packages"),
                });
            }
            Exit::Complete
        }
        Err(error) => screen.project_error(&error),
    }
}

/// A file's own folder is a project too: its remote sources are pinned beside it.
fn accepted(addresses: &[String], world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let project = match Project::find(&**world, Path::new(".")) {
        Ok(project) => project,
        Err(refused) => return screen.diagnostics(&refused.diagnostics, &refused.sources),
    };
    for address in addresses {
        match accept(&**world, &project.root, address) {
            Ok(0) => {
                let help = "give the address as it is written after `read`, from within the project";
                screen.error(&format!("tgp.lock pins nothing of `{address}`"), Some(help));
                return Exit::Wrong;
            }
            Ok(_) => {
                screen
                    .tell(&format!("`{address}` is pinned no longer; the next run pins what is there then"));
            }
            Err(error) => return screen.project_error(&error),
        }
    }
    Exit::Complete
}
