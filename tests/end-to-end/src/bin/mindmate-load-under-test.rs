//! The program `mindmate-load` with AWS.

use std::process::ExitCode;

fn main() -> ExitCode {
    mindmate_load_tests::main()
}
