//! The program `mindmate-load`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mindmate_load_tests::main()
}
