//! `mindmate-chaos SCENARIO`: plays a disturbance on real processes of the program and says what it
//! came to. Called by the name `mindmate` it is that program: it disturbs itself.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|name| name == "mindmate") {
        return mindmate_cli::main();
    }
    mindmate_chaos_tests::main()
}
