//! How the program ends.

use std::process::ExitCode;

/// The program's exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Complete,
    /// The file or the command line is wrong.
    Wrong,
    /// The run could not go on.
    Stopped,
    /// Finished, with rows missing.
    Missing,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Complete => 0,
            Exit::Wrong => 1,
            Exit::Stopped => 2,
            Exit::Missing => 3,
        })
    }
}
