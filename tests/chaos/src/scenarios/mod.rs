//! The scenarios, each one command.

mod bad_network;
mod disk_full;
mod file_cut_short;
mod kill_local_run;
mod kill_serve;
mod kill_workers;
mod local_aws_away;

use crate::Settings;
use crate::cloud::Cloud;
use crate::report::Report;

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Unless somebody says otherwise.
    pub(crate) users: u32,
    pub(crate) rounds: u32,
    pub(crate) play: Play,
}

/// How it is played.
#[derive(Clone, Copy)]
pub(crate) enum Play {
    /// On files.
    OnFiles(fn(Settings, &mut Report)),
    /// On a stack with a cohort: one serves all scenarios with as many users.
    OnAws(fn(Settings, &mut Cloud, &mut Report)),
}

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "kill-local-run",
        about: "kill -9 of `mindmate daily` at random moments, started again each time",
        users: 1_000,
        rounds: 40,
        play: Play::OnFiles(kill_local_run::play),
    },
    Scenario {
        name: "kill-serve",
        about: "kill -9 of `mindmate serve` while people write, some of them in crisis",
        users: 120,
        rounds: 60,
        play: Play::OnFiles(kill_serve::play),
    },
    Scenario {
        name: "disk-full",
        about: "the disk fills in the middle of a run, and while people write",
        users: 400,
        rounds: 20,
        play: Play::OnFiles(disk_full::play),
    },
    Scenario {
        name: "file-cut-short",
        about: "SQLite's file cut short or overwritten, its log cut short or gone",
        users: 200,
        rounds: 10,
        play: Play::OnFiles(file_cut_short::play),
    },
    Scenario {
        name: "kill-workers",
        about: "kill -9 of workers on a local AWS in the middle of what they hold",
        users: 200,
        rounds: 5,
        play: Play::OnAws(kill_workers::play),
    },
    Scenario {
        name: "local-aws-away",
        about: "the local AWS held still and restarted in the middle of a run",
        users: 200,
        rounds: 5,
        play: Play::OnAws(local_aws_away::play),
    },
    Scenario {
        name: "bad-network",
        about: "throttling, failures, resets, slow and cut answers between workers and the local AWS",
        users: 200,
        rounds: 5,
        play: Play::OnAws(bad_network::play),
    },
];
