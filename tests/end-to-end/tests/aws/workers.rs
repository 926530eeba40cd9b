//! The same stages as long-polling workers, in containers or anywhere else.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::deployed::Deployed;

/// A worker with every stage carries a day that the command line starts, and ends when it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_carries_a_day_and_ends_by_sigterm() {
    let deployed = Deployed::fresh().await;
    without_functions(&deployed);
    deployed.cohort("40");
    let env_file = deployed.env_file();
    let mut args = vec!["--log", "info", "--env-file", env_file.to_str().unwrap(), "worker"];
    for stage in ["fan-out", "feature-extraction", "scoring", "intervention", "run-report"] {
        args.extend(["--stage", stage]);
    }
    let mut worker = deployed.program(&args);
    let mut worker = worker.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();

    let said = deployed.says_on_aws(&["--format", "json", "daily", "--timeout", "120s"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["closed"], true, "{said}");
    assert!(said["ledger"]["assessed"].as_u64().unwrap() > 25, "{said}");
    assert_eq!(said["ledger"]["missing"], 0, "{said}");

    let pid = Pid::from_raw(i32::try_from(worker.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = worker.wait().unwrap();
    assert!(ended.success(), "{ended}");
}

/// Takes the functions off their queues and streams.
fn without_functions(deployed: &Deployed) {
    let query = "EventSourceMappings[].UUID";
    let listed = ["lambda", "list-event-source-mappings", "--output", "text", "--query", query];
    let mappings = deployed.cli(&listed);
    assert_eq!(mappings.split_whitespace().count(), 8, "seven queues and a stream: {mappings}");
    for mapping in mappings.split_whitespace() {
        deployed.cli(&["lambda", "delete-event-source-mapping", "--uuid", mapping]);
    }
}
