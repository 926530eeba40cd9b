//! The program `mindmate`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mindmate_cli::main()
}
