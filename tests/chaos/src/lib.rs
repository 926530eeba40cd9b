//! Chaos on real processes: what is killed, starved or cut off here is what an operator runs.
//!
//! ```sh
//! cargo run --release -p mindmate-chaos-tests -- list
//! cargo run --release -p mindmate-chaos-tests -- kill-local-run --users 1000 --rounds 40 --seed 7
//! cargo run --release -p mindmate-chaos-tests -- kill-workers local-aws-away bad-network
//! ```
//!
//! | what comes in | what goes out | what fails, and what then happens |
//! | --- | --- | --- |
//! | scenarios' names, how many users and rounds, a seed | of each, figures as text and, on its last line, as JSON | something lost or twice, a panic, or an error that helps nobody: named, and exit code 1 |
//!
//! Judged is by what the stores hold afterwards, against those of a run that nobody disturbed
//! (`mindmate_end_to_end_tests::stores`), by the chats, by the queues and by the audit trail. Those on
//! AWS stand on the stack as the script deploys it on a local AWS, which `tests/tools` installs. The
//! seed decides when and where it strikes; how fast the machine is decides what that hits, so that a
//! seed does not repeat a run to the letter.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a scenario that cannot be played fails by panicking"
)]

mod cloud;
mod cloud_judge;
mod judge;
mod program;
mod report;
mod scenarios;
mod waits;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cloud::Cloud;
use crate::report::Report;
use crate::scenarios::{Play, SCENARIOS, Scenario};

/// Plays a disturbance on real processes and says what it came to: nothing may be lost, nothing may
/// come twice.
#[derive(clap::Parser)]
#[command(name = "mindmate-chaos")]
struct Args {
    /// Scenarios by their names, played one after another; `list` tells them; `all` are all
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How many invented people
    #[arg(long)]
    users: Option<u32>,
    /// How often it is played, or how often it strikes
    #[arg(long)]
    rounds: Option<u32>,
    /// What decides when and where it strikes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where `disk-full` may mount: it calls itself with this, in mounts of its own
    #[arg(long, hide = true)]
    own_mounts: bool,
}

/// How a scenario is played.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    users: u32,
    rounds: u32,
    seed: u64,
    #[serde(skip)]
    own_mounts: bool,
}

/// Reads the command line, plays, and gives the exit code: 1 where anything was lost, came twice, or
/// was not said clearly; 2 where there is no such scenario.
pub fn main() -> ExitCode {
    let args = Args::parse();
    if args.scenarios == ["list"] {
        for scenario in &SCENARIOS {
            println!("{:<18} {}", scenario.name, scenario.about);
        }
        return ExitCode::SUCCESS;
    }
    let mut chosen = Vec::new();
    for name in &args.scenarios {
        let of_name = |scenario: &&Scenario| name == "all" || name == scenario.name;
        let before = chosen.len();
        chosen.extend(SCENARIOS.iter().filter(of_name));
        if chosen.len() == before {
            eprintln!("error: expected scenarios that `list` tells, found {name}");
            return ExitCode::from(2);
        }
    }
    if play(&chosen, &args) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one after another; says whether all was good.
fn play(chosen: &[&Scenario], args: &Args) -> bool {
    let (mut good, mut stack) = (true, None);
    for scenario in chosen {
        let settings = Settings {
            users: args.users.unwrap_or(scenario.users),
            rounds: args.rounds.unwrap_or(scenario.rounds),
            seed: args.seed,
            own_mounts: args.own_mounts,
        };
        let mut report = Report::new(scenario.name, settings);
        match scenario.play {
            Play::OnFiles(play) => play(settings, &mut report),
            Play::OnAws(play) => {
                let users = settings.users;
                let kept = stack.take().filter(|(of, _)| *of == users);
                let (_, cloud) =
                    stack.insert(kept.unwrap_or_else(|| (users, Cloud::with_cohort(users))));
                play(settings, cloud, &mut report);
            }
        }
        // Where it was played by another process, that one has told.
        if !report.is_told() {
            report.tell();
        }
        good &= report.is_good();
    }
    good
}
