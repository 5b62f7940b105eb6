//! `tgp diff`

use std::sync::Arc;

use clap::Args;

use crate::report::paint::{Look, painted};
use crate::session::difference::{Again, Change, Compared, Difference, Line, compare, side};
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
        let read = |named: &str| side(named, &overrides, world);
        let both = read(&arguments.old).and_then(|old| compare(&old, &read(&arguments.new)?));
        both.map_err(|error| screen.session_error(&error))
    });
    match compared {
        Ok(difference) if arguments.json => {
            let nodes = difference.nodes.iter().filter_map(|node| serde_json::to_string(node).ok());
            let items = difference.items.iter().filter_map(|item| serde_json::to_string(item).ok());
            screen.print(&items.chain(nodes).map(|line| line + "\n").collect::<String>());
            Exit::Complete
        }
        Ok(difference) => {
            screen.print(&told(&difference, screen.colour_output));
            Exit::Complete
        }
        Err(exit) => exit,
    }
}

fn told(difference: &Difference, colour: bool) -> String {
    let mut out = String::new();
    for item in &difference.items {
        let title = format!("{} {}", item.what, item.name);
        out.push_str(&format!(
            "{}\n{}\n",
            painted(title.trim_end(), Look::Bold, colour),
            lines(&item.lines, colour)
        ));
    }
    let nodes = &difference.nodes;
    let widest = |part: fn(&Compared) -> usize| nodes.iter().map(part).max().unwrap_or(0);
    let kinds = widest(|node| node.kind.chars().count());
    let names = widest(|node| node.node.chars().count());
    let what: Vec<String> = nodes.iter().map(what).collect();
    let wide = what.iter().map(|what| what.chars().count()).max().unwrap_or(0);
    for (node, what) in nodes.iter().zip(&what) {
        let look = match node.change {
            Change::Same | Change::Renamed { .. } | Change::OtherColumns => Look::Dim,
            _ => Look::Bold,
        };
        let line = format!(
            "{}  {:<names$}  {}  {}",
            painted(&format!("{:<kinds$}", node.kind), Look::Dim, colour),
            node.node,
            painted(&format!("{what:<wide$}"), look, colour),
            again(node)
        );
        out.push_str(&format!("{}\n", line.trim_end()));
        if let Change::Changed { lines: changed, .. } = &node.change {
            out.push_str(&lines(changed, colour));
        }
    }
    if !difference.asides.is_empty() {
        out.push_str(&format!(
            "\nAlso different, and no number depends on it: {}\n",
            difference.asides.join(", ")
        ));
    }
    out.push_str(&format!("\n{}\n", summary(nodes)));
    out
}

fn what(node: &Compared) -> String {
    match &node.change {
        Change::Same => "same".to_owned(),
        Change::Renamed { from } => format!("same, was called {from}"),
        Change::Added => "new".to_owned(),
        Change::Removed => "gone".to_owned(),
        Change::OtherColumns => "same, on other columns".to_owned(),
        Change::Changed { by, .. } if by.is_empty() => "changed".to_owned(),
        Change::Changed { lines, by } if lines.is_empty() => format!("changed with {}", by.join(", ")),
        Change::Changed { by, .. } => format!("changed, also with {}", by.join(", ")),
    }
}

/// What runs of a node, and who is asked for it.
fn again(node: &Compared) -> String {
    let asks = match node.asks.as_slice() {
        [] => String::new(),
        asks => format!(", asks {}", asks.join(", ")),
    };
    let dropped = match node.dropped.as_slice() {
        [] => String::new(),
        dropped => format!("asks {} no more", dropped.join(", ")),
    };
    match node.again {
        Again::Nothing => dropped,
        Again::WhereRowsDiffer => format!("runs again where rows differ{asks}"),
        Again::All => format!("runs again{asks}"),
        Again::AddedModels => {
            let dropped = if dropped.is_empty() { dropped } else { format!("; {dropped}") };
            format!("asks {} alone{dropped}", node.asks.join(", "))
        }
    }
}

fn lines(lines: &[Line], colour: bool) -> String {
    let (red, green, plain) = if colour { ("\x1b[31m", "\x1b[32m", "\x1b[0m") } else { ("", "", "") };
    let each = lines.iter().map(|line| match line {
        Line::Was(text) => format!("    {red}- {}{plain}\n", text.trim_start()),
        Line::Is(text) => format!("    {green}+ {}{plain}\n", text.trim_start()),
    });
    each.collect()
}

fn summary(nodes: &[Compared]) -> String {
    let again: Vec<&Compared> = nodes.iter().filter(|node| node.again != Again::Nothing).collect();
    let asking = again.iter().filter(|node| !node.asks.is_empty()).count();
    let runs = match again.len() {
        0 => return "Nothing would run again.".to_owned(),
        1 => "1 node would run again".to_owned(),
        count => format!("{count} nodes would run again"),
    };
    match asking {
        0 => format!("{runs}, and nobody is asked."),
        asking => format!("{runs}, {asking} of them with calls: those that are not on record."),
    }
}
