//! A bad network between workers and AWS: `microburst`, which knows AWS's protocols, as a process
//! of its own on 127.0.0.1.
//!
//! It stands beside the local AWS among the tools of the tests. Generic proxies cannot throttle: an
//! SDK reads the code out of the answer's body before it slows down.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mindmate_testkit::local_aws::python;
use mindmate_testkit::net::{ask, free_address};
use serde_json::{Value, json};

use crate::waits;

/// What is run by Python.
const LAUNCHER: &str = include_str!("network.py");

const RULES: &str = "/_microburst/rules";

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The share of calls that each kind of fault hits.
const SHARE: f64 = 0.02;

/// A running one. It ends when it is dropped, or when this process does.
pub(crate) struct Network {
    address: SocketAddr,
    process: Child,
}

impl Network {
    pub(super) fn start(upstream: &str, seed: u64, config: &Path) -> Self {
        let address = free_address();
        let rules: Vec<Value> = faults().into_iter().map(|(_, rule)| rule).collect();
        std::fs::write(config, json!({"rules": rules}).to_string()).unwrap();
        let process = Command::new(python())
            .args(["-c", LAUNCHER, &address.port().to_string(), upstream, &seed.to_string()])
            .arg(config)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let network = Self { address, process };
        let answers = || TcpStream::connect(address).ok();
        assert!(waits::eventually(PATIENCE, answers).is_some(), "microburst does not answer");
        network
    }

    /// Where workers find AWS behind it.
    pub(crate) fn endpoint(&self) -> String {
        // By its name: of a host with dots it looks which of all AWS's services that is, and reads
        // their models for ten seconds.
        format!("http://localhost:{}", self.address.port())
    }

    /// From now on nothing goes wrong. Gives how often each kind of fault came before.
    pub(crate) fn calm_down(&self) -> Vec<(&'static str, u64)> {
        let rules: Value = serde_json::from_str(&ask(self.address, "GET", RULES, "")).unwrap();
        ask(self.address, "DELETE", RULES, "[]");
        let came = rules.as_array().unwrap().iter().map(|rule| rule["fired_count"].as_u64());
        faults().into_iter().zip(came).map(|((name, _), came)| (name, came.unwrap())).collect()
    }

    /// How many calls went to it.
    pub(crate) fn calls(&self) -> u64 {
        let stats = ask(self.address, "GET", "/_microburst/stats", "");
        let stats: Value = serde_json::from_str(&stats).unwrap();
        stats["requests"]["total"].as_u64().unwrap()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            drop(self.process.wait());
        }
    }
}

/// What goes wrong, by its name among the figures. The first whose chance comes is what a call
/// meets.
fn faults() -> [(&'static str, Value); 7] {
    let throttle = |service: &str, code: &str| {
        let error = json!({"code": code, "status": 400});
        json!({"service": service, "probability": SHARE, "error": error})
    };
    let any = |what: &str, how: Value| json!({"service": "*", "probability": SHARE, what: how});
    [
        ("throttled.dynamodb", throttle("dynamodb", "ProvisionedThroughputExceededException")),
        ("throttled.sqs", throttle("sqs", "RequestThrottled")),
        ("throttled.kinesis", throttle("kinesis", "ProvisionedThroughputExceededException")),
        ("failed", any("error", json!({"code": "InternalFailure", "status": 500}))),
        ("reset", any("reset", json!(true))),
        // Some longer than a call waits.
        ("slow", any("latency", json!({"min": 100, "max": 7_000}))),
        // It happened, and the answer never came: whoever calls again does it twice.
        ("doneAndCutOff", any("response", json!({"abort_bytes": 0}))),
    ]
}
