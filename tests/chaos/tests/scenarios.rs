//! The scenarios, small: each ends with nothing lost, nothing twice, and every error clear. Those on
//! AWS want `tests/tools` once, and somebody who asks for them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;

/// Plays scenarios one after another and gives the figures of each.
#[track_caller]
fn played<const N: usize>(scenarios: [&str; N], users: &str, rounds: &str) -> [Value; N] {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mindmate-chaos"));
    command.args(scenarios).args(["--users", users, "--rounds", rounds]);
    let output = command.output().unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let told = out.lines().filter(|line| line.starts_with('{'));
    let figures = told.map(|line| {
        let told: Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["good"], true, "{told}");
        told["figures"].clone()
    });
    figures.collect::<Vec<_>>().try_into().unwrap()
}

/// R1, invariants 1 and 3: what is killed goes on.
#[test]
fn a_local_run_killed_at_random_moments_loses_nothing() {
    let [figures] = played(["kill-local-run"], "160", "4");
    assert!(figures["kills"].as_u64().unwrap() >= 4, "{figures}");
}

/// Safety 4: everybody in crisis is reached, once, whatever dies.
#[test]
fn everybody_in_crisis_is_reached_though_the_stages_are_killed() {
    let [figures] = played(["kill-serve"], "12", "5");
    assert_eq!(figures["reached"], figures["inCrisis"], "{figures}");
    assert!(figures["killedWithWorkInHand"].as_u64().unwrap() >= 1, "{figures}");
}

#[test]
fn a_full_disk_is_told_and_waited_out() {
    let [figures] = played(["disk-full"], "60", "3");
    assert!(figures["stopped"].as_u64().unwrap() >= 1, "{figures}");
}

#[test]
fn a_damaged_file_is_never_taken_for_a_whole_one() {
    let [figures] = played(["file-cut-short"], "40", "1");
    assert_eq!(figures["cutToNothing.found"], 1, "{figures}");
}

/// R5.5, invariants 1 to 3, of real workers on one stack.
#[test]
#[ignore = "deploys a stack and plays for minutes: cargo test --workspace --test scenarios -- --ignored"]
fn workers_that_are_killed_cut_off_or_badly_connected_lose_nothing() {
    let scenarios = ["kill-workers", "local-aws-away", "bad-network"];
    let [killed, away, network] = played(scenarios, "16", "1");
    assert!(killed["kills"].as_u64().unwrap() >= 1, "{killed}");
    assert!(away["away"].as_u64().unwrap() >= 1, "{away}");
    assert!(network["doneAndCutOff"].as_u64().unwrap() >= 1, "{network}");
}
