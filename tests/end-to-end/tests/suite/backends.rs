//! What the command line says of the two backends before any of them is spoken to.

use crate::program::{Program, Said};

/// A call in an environment of nothing but these variables.
fn run_in(program: &Program, environment: &[(&str, &str)], args: &[&str]) -> Said {
    let mut command = program.command(args);
    command.env_clear().envs(environment.iter().copied());
    command.output().unwrap().into()
}

#[test]
fn every_variable_that_aws_needs_is_named_at_once_with_where_it_comes_from() {
    let program = Program::new();
    let runs = ["--backend", "aws", "runs"];
    let said = run_in(&program, &[("APP_TABLE", "EmoCompanion")], &runs).exited(1);
    for name in [
        "RISK_ASSESSMENTS_TABLE",
        "INTERVENTIONS_TABLE",
        "ASSESSMENT_RUNS_TABLE",
        "ACTIVITY_TABLE",
        "ML_MODELS_BUCKET",
        "FAN_OUT_QUEUE_URL",
        "deploy-ml-stack.sh writes them all into .env: name that file with --env-file",
    ] {
        assert!(said.err.contains(name), "{name} is not in {said}");
    }
    assert!(!said.err.contains("APP_TABLE is not set"), "{said}");
    assert!(!program.data().exists(), "a command that only looks made a data directory");
}

#[test]
fn a_file_of_variables_is_read_and_the_environment_counts_more() {
    let program = Program::new();
    let text = "# the stack's\nexport APP_TABLE=\"EmoCompanion\"\nFAN_OUT_QUEUE_URL=nonsense # x\n";
    let path = program.write("stack.env", text);
    let args = ["--backend", "aws", "--env-file", path.to_str().unwrap(), "runs"];
    let said = run_in(&program, &[("FAN_OUT_QUEUE_URL", "also")], &args).exited(1);
    assert!(!said.err.contains("APP_TABLE is not set"), "{said}");
    said.complains("FAN_OUT_QUEUE_URL cannot be read").complains("found \"also\"");
    let path = program.write("bad.env", "A=1\nsecret\n");
    let args = ["--backend", "aws", "--env-file", path.to_str().unwrap(), "runs"];
    let said = run_in(&program, &[], &args).exited(1).complains("line 2: expected NAME=value");
    assert!(!said.err.contains("secret"), "{said}");
}

#[test]
fn a_worker_needs_the_variables_of_its_stages_alone() {
    let program = Program::new();
    let said = run_in(&program, &[], &["worker", "--stage", "run-report"]).exited(1);
    for name in ["ASSESSMENT_RUNS_TABLE", "OUTCOMES_STREAM", "OUTCOMES_DLQ_URL"] {
        assert!(said.err.contains(name), "{name} is not in {said}");
    }
    assert!(!said.err.contains("APP_TABLE"), "{said}");
    let two = ["worker", "--stage", "scoring", "--stage", "intervention"];
    let said = run_in(&program, &[], &two).exited(1);
    assert_eq!(said.err.matches("APP_TABLE is not set").count(), 1, "{said}");
    let said = run_in(&program, &[], &["worker", "--stage", "no-such-stage"]).exited(2);
    said.complains("feature-extraction");
    run_in(&program, &[], &["worker"]).exited(2).complains("--stage");
}

#[test]
fn what_one_backend_alone_can_do_is_refused_by_the_other() {
    let program = Program::new();
    let said = program.run(&["--env-file", ".env", "runs"]).exited(1);
    said.complains("expected --backend aws beside --env-file");
    program.run(&["daily", "--no-wait"]).exited(1).complains("expected --backend aws");
    let index = ["import", "--index-only", "x.json"];
    program.run(&index).exited(1).complains("on one machine the table is its own");
    let import = ["--backend", "aws", "import", "x.json"];
    program.run(&import).exited(1).complains("consents too");
    program.run(&["--backend", "aws", "cohort"]).exited(1).complains("--into-app-table");
    let policy = ["--backend", "aws", "daily", "--policy", "policy.toml"];
    program.run(&policy).exited(1).complains("the policy that they were built with");
    assert!(!program.data().exists(), "nothing was made");
}
