//! `tgp lsp`

use std::sync::Arc;

use clap::Args;
use lsp_server::Connection;

use crate::lsp::serve;
use crate::world::World;

use super::exit::Exit;
use super::screen::Screen;

/// Serve an editor over standard input and output: mistakes as they are typed, layout, and types
///
/// It speaks the Language Server Protocol. Editors start it themselves; see docs/editors.md.
#[derive(Args)]
pub(super) struct Arguments {
    /// Standard input and output, which is the only way; many editors say it all the same
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let _ = arguments.stdio;
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection, world.clone());
    // The threads end when nothing can be sent to them any more.
    drop(connection);
    match served.and_then(|()| Ok(threads.join()?)) {
        Ok(()) => Exit::Complete,
        Err(error) => {
            screen.error(&format!("the editor's connection broke: {error}"), None);
            Exit::Stopped
        }
    }
}
