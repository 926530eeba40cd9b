//! Runs seeds by hand: `cargo run --release -p mindmate-simulation-tests -- --seeds 10000`.

use std::process::ExitCode;

use clap::Parser;
use mindmate_simulation_tests::{Broken, Report, run, run_many};

/// Simulates whole days of the pipeline from seeds.
#[derive(Parser)]
struct Arguments {
    /// One seed.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// With a part that is broken on purpose.
    #[arg(long)]
    broken: Option<Broken>,
    /// Prints all that happens; with one seed only.
    #[arg(long, requires = "seed")]
    trace: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let report = match arguments.seed {
        Some(seed) => {
            let mut report = Report::default();
            report.add(run(seed, arguments.broken, arguments.trace));
            report
        }
        None => run_many(arguments.from, arguments.seeds, arguments.broken, |done| {
            if done % 500 == 0 {
                eprintln!("{done} of {} seeds", arguments.seeds);
            }
        }),
    };
    println!("{}", report.table());
    print!("{}", report.failures(arguments.broken));
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
