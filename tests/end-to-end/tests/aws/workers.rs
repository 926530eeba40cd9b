//! The same stages as long-polling workers, in containers or anywhere else.

use std::process::{Child, Stdio};

use mindmate_domain::StageName;
use mindmate_end_to_end_tests::deployed::Deployed;
use mindmate_pipeline::{Clock as _, SystemClock};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{NO_REALTIME, alone, deploy, load, watch};

/// How many users there are, for who measures; a test takes few.
const USERS: &str = "MINDMATE_WORKER_USERS";

/// A worker with every stage carries a day that the command line starts, then a load, and ends when it is told. Afterwards
/// the model is watched on the same stack: one more deployment would take a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_carries_a_day_and_ends_by_sigterm() {
    let deployed = deploy(&[NO_REALTIME, "--parameter", watch::IMAGE]).await;
    assert_eq!(deployed.without_functions(), 10, "eight queues and two streams");
    deployed.cohort(&users());
    let env_file = deployed.env_file();
    let mut args = vec!["--log", "info", "--env-file", env_file.to_str().unwrap(), "worker"];
    // All but the one that follows the app's table, whose stream only a function reads.
    let stages = StageName::ALL.into_iter().filter(|stage| *stage != StageName::RealtimeTrigger);
    for stage in stages {
        args.extend(["--stage", stage.name()]);
    }
    // Into a file: nobody reads a pipe, and a full one would hold the worker still.
    let log = std::fs::File::create(env_file.with_file_name("worker.log")).unwrap();
    let mut worker = deployed.program(&args);
    let mut worker = Worker(worker.stdout(Stdio::null()).stderr(log).spawn().unwrap());

    let alone = alone().await;
    let (began, busy_before) = (SystemClock.now(), busy_seconds(&deployed));
    let said = deployed.says_on_aws(&["--format", "json", "daily", "--timeout", "600s"]);
    drop(alone);
    let said: Value = serde_json::from_str(&said).unwrap();
    let seconds = SystemClock.now().duration_since(began).as_secs_f64();
    if let (Some(before), Some(after)) = (busy_before, busy_seconds(&deployed)) {
        let (users, busy) = (&said["ledger"]["enqueued"], after - before);
        println!("{users} users in {seconds:.1} s, of which the local AWS worked {busy:.1} s");
    }
    assert_eq!(said["closed"], true, "{said}");
    assert!(said["ledger"]["assessed"].as_u64().unwrap() > 25, "{said}");
    assert_eq!(said["ledger"]["missing"], 0, "{said}");
    load::closes_its_ledger(&deployed, &users());

    let pid = Pid::from_raw(i32::try_from(worker.0.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = worker.0.wait().unwrap();
    assert!(ended.success(), "{ended}");
    watch::what_falls_short_starts_one_training(&deployed).await;
}

/// A worker that ends with the test, however that ends.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // Either fails where it has ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "who measures says how many")]
fn users() -> String {
    std::env::var(USERS).unwrap_or_else(|_| "40".to_owned())
}

/// The seconds of processor time that the local AWS has used, where the system tells.
fn busy_seconds(deployed: &Deployed) -> Option<f64> {
    let stat = format!("/proc/{}/stat", deployed.local.process_id());
    let stat = std::fs::read_to_string(stat).ok()?;
    // After the name, which may hold blanks; user and system time are fields 14 and 15 of proc(5).
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}
