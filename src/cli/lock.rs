//! `tgp lock`

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::project::lock::lock;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Pin the packages that tgp.toml asks for, by content, in tgp.lock
#[derive(Args)]
#[command(after_help = "\
A package is used as tgp.lock pins it or not at all. Keep tgp.lock with the project: a pipeline, \
its data and its lock are enough to get the same numbers elsewhere. A package whose content \
changed under the same version is refused.")]
pub(super) struct Arguments {
    /// Write nothing; fail where the lock would change, as a check before merging
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
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
