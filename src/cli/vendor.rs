//! `tgp vendor`

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::project::vendor::vendor;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Copy the packages into vendor/, so that neither the network nor a neighbouring folder is asked
#[derive(Args)]
#[command(after_help = "\
From then on the copies are used. Run it again to take over a change. Keep vendor/ and tgp.lock \
with the project; a copy that was edited is refused.")]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let project = match screen.stated_project(&**world, Path::new(".")) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    match vendor(&**world, &project) {
        Ok(copies) => {
            for copy in &copies {
                let folder = copy.folder.strip_prefix(&project.root).unwrap_or(&copy.folder);
                let (name, version) = (&copy.package.name, &copy.package.version);
                screen.print(&format!("{name} {version}  {}\n", folder.display()));
            }
            if copies.is_empty() {
                screen.tell("tgp.toml asks for no packages");
            }
            Exit::Complete
        }
        Err(error) => screen.project_error(&error),
    }
}
