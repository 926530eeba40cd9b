//! How long functions take from the start of their process to their first poll for work, and how
//! much memory they have then.
//!
//! ```text
//! for one in fan-out orchestrator run-report; do cargo build --profile function -p mindmate-$one; done
//! cargo build --release -p mindmate-host --example idle_function
//! cargo run --release -p mindmate-host --example measure_start -- target/release/examples/idle_function target/function/mindmate-fan-out …
//! ```

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "who measures stands before it")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mindmate_domain::StageName;
use mindmate_host::config::Program;
use mindmate_testkit::RuntimeApi;
use tokio::process::Command;

/// Starts of each function.
const STARTS: usize = 60;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let functions: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    assert!(!functions.is_empty(), "expected the paths of functions, found none");
    println!("{:<32} {:>8} {:>8} {:>8} {:>9}", "function", "p50 ms", "p90 ms", "MB", "RSS MB");
    let mut measured = vec![(Vec::new(), 0); functions.len()];
    for _ in 0..STARTS {
        // By turns, so that a busy moment of the machine is everybody's.
        for (function, (times, memory)) in functions.iter().zip(&mut measured) {
            let (time, rss) = start(function).await;
            times.push(time);
            *memory = rss;
        }
    }
    for (function, (mut times, memory)) in functions.iter().zip(measured) {
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1_000.0;
        let size = std::fs::metadata(function).unwrap().len() as f64 / 1e6;
        let name = function.file_name().unwrap().to_string_lossy();
        let rss = f64::from(memory) / 1_024.0;
        println!("{name:<32} {:>8.2} {:>8.2} {size:>8.1} {rss:>9.1}", at(50), at(90));
    }
}

#[expect(clippy::disallowed_methods, reason = "a real process is measured by the real time")]
async fn start(function: &PathBuf) -> (Duration, u32) {
    let api = RuntimeApi::start().await;
    let programs = StageName::ALL.map(Program::Stage).into_iter();
    let needed = programs.chain([Program::Orchestrator, Program::TrainingData]);
    let needed = needed.flat_map(Program::needs).map(|one| (one.name(), one.example()));
    let started = Instant::now();
    let mut child = Command::new(function)
        .env_clear()
        .envs(needed)
        .envs(api.environment())
        .envs([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ])
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .expect("a function that can be started");
    tokio::select! {
        () = api.polled(1) => {}
        ended = child.wait() => panic!("the function ended before its first poll: {ended:?}"),
    }
    let took = started.elapsed();
    let rss = resident(child.id().expect("it runs"));
    child.kill().await.expect("it ends");
    (took, rss)
}

/// The resident set in KiB.
fn resident(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
