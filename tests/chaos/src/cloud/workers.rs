//! Worker processes: one for each stage that people wait for, and one for all others.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::Cloud;
use crate::program::{Running, Said};
use crate::report::{Fault, Report};
use crate::waits;

/// The processes by their stages.
pub(crate) const STAGES: [&[&str]; 4] = [
    &["feature-extraction"],
    &["scoring"],
    &["intervention"],
    &["fan-out", "sentiment", "activity-ingest", "run-report"],
];

/// How long after the first word to stop the second one comes.
const BETWEEN: Duration = Duration::from_millis(500);

/// How long a worker may take to finish what it holds, with room for a machine that has other
/// work.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running workers.
pub(crate) struct Workers {
    running: Vec<Worker>,
}

struct Worker {
    process: Running,
    command: Box<dyn Fn() -> Command>,
    log: PathBuf,
}

impl Workers {
    pub(super) fn start(cloud: &Cloud, endpoint: &str) -> Self {
        let start = |stages: &&[&str]| {
            let command = command(cloud, endpoint, stages);
            let log = cloud.program.file(stages[0]);
            Worker { process: Running::start(command(), &log), command, log }
        };
        Self { running: STAGES.iter().map(start).collect() }
    }

    /// `kill -9` of the worker of that place among [`STAGES`], and a new one in its stead. Says
    /// whether it was killed: one that has ended by itself is a fault.
    pub(crate) fn kill(&mut self, place: usize, report: &mut Report) -> bool {
        let Worker { process, command, log } = &mut self.running[place];
        let killed = process.kill();
        if !killed {
            report.fault(Fault::Unclear, format!("a worker ended by itself: {}", process.said()));
        }
        says_nothing_bad(process, report);
        *process = Running::start(command(), log);
        killed
    }

    /// Tells all to stop: each ends in order. Nothing is left to do, and who is told a second time
    /// does not wait for its long polls.
    pub(crate) fn stop(mut self, report: &mut Report) {
        for _ in 0..2 {
            for Worker { process, .. } in &mut self.running {
                if !process.has_ended() {
                    process.signal(Signal::TERM);
                }
            }
            // The system takes two that come at once for one.
            waits::pause(BETWEEN);
        }
        for Worker { mut process, .. } in self.running {
            let in_time = process.ends_within(PATIENCE);
            if !in_time {
                process.kill();
            }
            says_nothing_bad(&process, report);
            let said: Said = process.end();
            if !in_time || said.code != Some(0) {
                report.fault(Fault::Unclear, format!("a worker, told to stop: {said}"));
            }
        }
    }
}

fn says_nothing_bad(process: &Running, report: &mut Report) {
    if process.said().contains("panicked") {
        report.fault(Fault::Unclear, format!("a worker panicked: {}", process.said()));
    }
}

fn command(cloud: &Cloud, endpoint: &str, stages: &[&str]) -> Box<dyn Fn() -> Command> {
    let env_file = cloud.deployed.env_file();
    let (program, environment) = (cloud.program.binary(), cloud.deployed.local.environment());
    let bucket = cloud.deployed.local.endpoint();
    let (endpoint, stages) = (endpoint.to_owned(), stages.iter().map(ToString::to_string));
    let stages: Vec<String> = stages.collect();
    Box::new(move || {
        let mut command = Command::new(&program);
        command.arg("--env-file").arg(&env_file).arg("worker").envs(environment.clone());
        command.env("AWS_ENDPOINT_URL", &endpoint);
        // A bucket is a name below its host, which is none of `localhost`: past the network. A worker
        // reads its key there when it starts, and one that cannot is started again by who runs it.
        command.env("AWS_ENDPOINT_URL_S3", &bucket);
        for stage in &stages {
            command.arg("--stage").arg(stage);
        }
        command
    })
}
