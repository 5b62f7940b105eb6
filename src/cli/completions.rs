//! `tgp completions`

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;
use super::exit::Exit;
use super::screen::Screen;

/// Print what a shell needs to complete tgp's commands and options
#[derive(Args)]
#[command(after_help = "\
Examples:
  tgp completions bash > ~/.local/share/bash-completion/completions/tgp
  tgp completions zsh > ~/.zfunc/_tgp
  tgp completions fish > ~/.config/fish/completions/tgp.fish")]
pub(super) struct Arguments {
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> Exit {
    let mut script = Vec::new();
    generate(arguments.shell, &mut Cli::command(), "tgp", &mut script);
    screen.print(&String::from_utf8_lossy(&script));
    Exit::Complete
}
