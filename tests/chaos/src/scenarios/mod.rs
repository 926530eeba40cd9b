//! The scenarios, each one command.

mod disk_full;
mod file_cut_short;
mod kill_local_run;
mod kill_serve;

use crate::Settings;
use crate::report::Report;

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Unless somebody says otherwise.
    pub(crate) users: u32,
    pub(crate) rounds: u32,
    pub(crate) play: fn(Settings, &mut Report),
}

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "kill-local-run",
        about: "kill -9 of `mindmate daily` at random moments, started again each time",
        users: 1_000,
        rounds: 40,
        play: kill_local_run::play,
    },
    Scenario {
        name: "kill-serve",
        about: "kill -9 of `mindmate serve` while people write, some of them in crisis",
        users: 120,
        rounds: 60,
        play: kill_serve::play,
    },
    Scenario {
        name: "disk-full",
        about: "the disk fills in the middle of a run, and while people write",
        users: 400,
        rounds: 20,
        play: disk_full::play,
    },
    Scenario {
        name: "file-cut-short",
        about: "SQLite's file cut short or overwritten, its log cut short or gone",
        users: 200,
        rounds: 10,
        play: file_cut_short::play,
    },
];
