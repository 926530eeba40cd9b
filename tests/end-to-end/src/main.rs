//! The program `mindmate` with its crash points on.

use std::process::ExitCode;

fn main() -> ExitCode {
    mindmate_cli::main()
}
