//! `tgp diff`

use std::sync::Arc;

use clap::Args;

use crate::session::SessionError;
use crate::session::difference::{Change, Compared, compare, side};
use crate::world::World;

use super::choices::ProgramChoices;
use super::exit::Exit;
use super::screen::Screen;

/// Say what differs in meaning between two versions of a file, and what would run again
///
/// Layout, comments, names and the order of nodes are no difference.
#[derive(Args)]
#[command(after_help = "Examples:\n  tgp diff old.tgp new.tgp\n  tgp diff HEAD:jailbreak.tgp jailbreak.tgp")]
pub(super) struct Arguments {
    /// The older version: a file, or REVISION:FILE of a git repository
    old: String,

    /// The newer version
    new: String,

    #[arg(long)]
    json: bool,

    #[command(flatten)]
    program: ProgramChoices,
}

pub(super) fn run(arguments: &Arguments, world: &Arc<dyn World>, screen: &Screen) -> Exit {
    let compared = arguments.program.overrides(screen).and_then(|overrides| {
        let read = |named: &str| side(named, &overrides, world)?.sound();
        let both = read(&arguments.old).and_then(|old| Ok((old, read(&arguments.new)?)));
        both.map(|(old, new)| compare(&old, &new)).map_err(|error: SessionError| screen.session_error(&error))
    });
    match compared {
        Ok(nodes) if arguments.json => {
            let lines = nodes.iter().filter_map(|node| serde_json::to_string(node).ok());
            screen.print(&lines.map(|line| line + "\n").collect::<String>());
            Exit::Complete
        }
        Ok(nodes) => {
            screen.print(&told(&nodes));
            Exit::Complete
        }
        Err(exit) => exit,
    }
}

fn told(nodes: &[Compared]) -> String {
    let wide = nodes.iter().map(|node| node.node.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for node in nodes {
        let (what, lines) = match &node.change {
            Change::Same => ("same".to_owned(), Vec::new()),
            Change::Renamed { from } => (format!("was called {from}"), Vec::new()),
            Change::Added => ("new".to_owned(), Vec::new()),
            Change::Removed => ("gone".to_owned(), Vec::new()),
            Change::Changed { was, is } => {
                let was = was.iter().map(|line| format!("    - {line}\n"));
                ("changed".to_owned(), was.chain(is.iter().map(|line| format!("    + {line}\n"))).collect())
            }
        };
        let runs = if node.runs { "runs again" } else { "" };
        out.push_str(format!("{:<wide$}  {runs:<10}  {what}", node.node).trim_end());
        out.push('\n');
        out.extend(lines);
    }
    let again = nodes.iter().filter(|node| node.runs).count();
    out.push_str(&match again {
        0 => "\nNothing would run again.\n".to_owned(),
        1 => "\n1 node would run again.\n".to_owned(),
        _ => format!("\n{again} nodes would run again.\n"),
    });
    out
}
