//! `tgp lock --accept`: what is there now, of a remote source that changed.

use std::path::Path;
use std::sync::Arc;

use crate::project::Project;
use crate::project::remote::accept;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Forgets what is pinned of an address in the project of the working folder.
pub(super) fn run(address: &str, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let project = match Project::find(&**world, Path::new(".")) {
        Ok(project) => project,
        Err(refused) => return screen.diagnostics(&refused.diagnostics, &refused.sources),
    };
    match accept(&**world, &project.root, address) {
        Ok(0) => {
            let help = "give the address as the file that reads it writes it, in the project's folder";
            screen.error(&format!("tgp.lock pins nothing of `{address}`"), Some(help));
            Exit::Wrong
        }
        Ok(_) => {
            screen.tell(&format!("`{address}` is pinned no longer; the next run pins what is there then"));
            Exit::Complete
        }
        Err(error) => {
            screen.error(&error.to_string(), None);
            Exit::Stopped
        }
    }
}
