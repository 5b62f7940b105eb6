//! `tgp new`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::project::scaffold::scaffold;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Make a project that runs at once, offline
#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to make; its name is the pipeline's
    name: PathBuf,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let folder = &arguments.name;
    if world.stamp(folder).is_ok() {
        screen.error(&format!("`{}` is there already", folder.display()), Some("choose another name"));
        return Exit::Wrong;
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let files = scaffold(&name);
    for (path, text) in &files {
        if let Err(error) = world.write(&folder.join(path), text.as_bytes()) {
            screen.error(&format!("`{}` can't be written: {error}", folder.join(path).display()), None);
            return Exit::Stopped;
        }
    }
    let pipeline =
        files.iter().map(|(path, _)| path).find(|path| path.extension().is_some_and(|e| e == "tgp"));
    let pipeline = pipeline.cloned().unwrap_or_default();
    screen.print(&format!(
        "Made {}. Now:\n\n  cd {0}\n  tgp run {}\n  tgp test {1}\n",
        folder.display(),
        pipeline.display()
    ));
    Exit::Complete
}
