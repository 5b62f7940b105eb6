//! `tgp seal`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::session::derived::Derived;
use crate::session::seal::ENDING;
use crate::session::sealing::{Given, seal};
use crate::session::{Opened, SessionError};
use crate::store::{DiskStore, Store};
use crate::world::World;

use super::choices::RunChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Pin what a finished run's numbers rest on, in a file to publish with them
///
/// Everything is derived again from the replies on record, without asking anybody; the seal holds
/// the hashes of the program, its packages, its data and its tables, the models as their providers
/// reported them, and the numbers. `tgp verify` holds a seal against the record at any later time.
#[derive(Args)]
pub(super) struct Arguments {
    file: PathBuf,

    /// Where to write it; beside the file unless told otherwise
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,

    #[command(flatten)]
    choices: RunChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let opening = match arguments.choices.opening(screen) {
        Ok(opening) => opening,
        Err(exit) => return exit,
    };
    let path = arguments.output.clone().unwrap_or_else(|| arguments.file.with_extension(ENDING));
    let outcome = (|| {
        let opened = Opened::new(&arguments.file, &opening.overrides, world)?;
        opened.sound()?;
        let (store, warnings) = DiskStore::open(&opened.store_folder(&opening))?;
        screen.warnings(&warnings);
        let store = Arc::new(store);
        let derived = Derived::from_record(store.clone(), &opened, &opening, world)?;
        if derived.absent > 0 {
            screen.error(
                &format!("{} are not on record: the run is not finished", counted(derived.absent)),
                Some(&format!("run `tgp run {}` to its end first", arguments.file.display())),
            );
            return Ok(Exit::Stopped);
        }
        let program = &arguments.choices.program;
        let given = Given { set: program.set.clone(), bind: program.bind.clone() };
        let sealed = seal(&derived, &opened, &opening, &given, &*store, &**world, &path)?;
        sealed.write(&**world, &path)?;
        store.flush()?;
        let scores = match sealed.marks.len() {
            0 => String::new(),
            1 => "1 score and ".to_owned(),
            count => format!("{count} scores and "),
        };
        screen.tell(&format!(
            "{}: {scores}{} numbers in {} tables, resting on {} replies of {} models and {} files.",
            path.display(),
            sealed.figures.len(),
            sealed.nodes.len(),
            sealed.replies.count,
            sealed.models.len(),
            sealed.texts.len() + sealed.data.len(),
        ));
        let failed: u64 = sealed.nodes.iter().map(|node| node.failed).sum();
        Ok(if failed > 0 { Exit::Missing } else { Exit::Complete })
    })();
    outcome.unwrap_or_else(|error: SessionError| screen.session_error(&error))
}

fn counted(calls: u64) -> String {
    if calls == 1 { "the reply to 1 call".to_owned() } else { format!("the replies to {calls} calls") }
}
