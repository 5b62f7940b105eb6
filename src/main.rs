//! The program `tgp`: arguments in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    tgp::cli::main()
}
