//! A local AWS with the stack on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use mindmate_aws::{Aws, SdkConfig};
use mindmate_domain::{AsOf, StageName};
use mindmate_host::config::{Config, Program, Variable};
use mindmate_pipeline::{Clock as _, SystemClock};
use mindmate_testkit::LocalAws;
use mindmate_testkit::local_aws::python;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The functions, as `cargo build --workspace` leaves them beside the tests.
const FUNCTIONS: [&str; 13] = [
    "mindmate-orchestrator",
    "mindmate-training-data",
    "mindmate-model-promotion",
    "mindmate-model-monitor",
    "mindmate-fan-out",
    "mindmate-feature-extraction",
    "mindmate-scoring",
    "mindmate-intervention",
    "mindmate-realtime-trigger",
    "mindmate-sentiment",
    "mindmate-activity-ingest",
    "mindmate-run-report",
    "mindmate-run-closing",
];

/// How long the emulator may take for what is waited for, and how often that is looked at.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(250);

/// Where what reads queues and streams for functions is listed.
const MAPPINGS: &str = "/2015-03-31/event-source-mappings/";

/// The fewest that SQS lets a mapping ask for.
const BATCHES_AT_ONCE: u32 = 2;

/// What the stack's functions are.
#[derive(Debug, Clone, Copy)]
pub enum Functions<'a> {
    /// As built, in this folder.
    In(&'a Path),
    /// Programs that only fail: for a stack whose work is done by workers.
    Absent,
}

/// The stack, deployed.
pub struct Deployed {
    /// Where it is.
    pub local: LocalAws,
    /// A connection that its counts of calls leave out.
    pub sdk: SdkConfig,
    /// The names of its resources.
    pub config: Config,
    /// Its ports.
    pub aws: Aws,
    /// The `asOf` of the run that its schedule starts.
    pub as_of: AsOf,
    /// Where this test has its files.
    pub folder: TempDir,
    program: PathBuf,
}

impl Deployed {
    /// A fresh AWS with the stack, whose schedules take it to be ten minutes before the latest
    /// 06:00 UTC. `program` is what speaks to it as `mindmate`; `options` are the script's.
    pub async fn with(program: &Path, functions: Functions<'_>, options: &[&str]) -> Self {
        let now = SystemClock.now();
        let as_of = AsOf::latest_daily(now);
        let local = LocalAws::start();
        local.shift_schedules(
            as_of.instant().duration_since(now) - 10 * jiff::SignedDuration::from_mins(1),
        );
        let folder = tempfile::tempdir().unwrap();
        lay_out(functions, &artifacts(folder.path()));
        let output = script(&local, folder.path(), options).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{}", local.log());
        let config = config(&folder.path().join("env"));
        let sdk = sdk(&local).await;
        let aws = Aws::new(sdk.clone(), mindmate_host::aws::names(&config));
        let deployed = Self { local, sdk, config, aws, as_of, folder, program: program.to_owned() };
        deployed.keep_to_its_pace();
        deployed
    }

    /// The emulator is one process: fifty batches at once would wait on each other until calls run
    /// into their time limits, and how much is then tried again says how fast the machine is.
    fn keep_to_its_pace(&self) {
        let limit = json!({ "ScalingConfig": { "MaximumConcurrency": BATCHES_AT_ONCE } });
        for mapping in self.mappings() {
            if mapping["EventSourceArn"].as_str().unwrap().starts_with("arn:aws:sqs:") {
                self.local.answers("PUT", &path_of(&mapping), &limit.to_string());
            }
        }
    }

    /// Takes the functions off their queues and streams; says of how many.
    pub fn without_functions(&self) -> usize {
        let mappings = self.mappings();
        for mapping in &mappings {
            self.local.answers("DELETE", &path_of(mapping), "");
        }
        mappings.len()
    }

    fn mappings(&self) -> Vec<Value> {
        let listed = self.local.answers("GET", MAPPINGS, "");
        let mut listed: Value = serde_json::from_str(&listed).unwrap();
        serde_json::from_value(listed["EventSourceMappings"].take()).unwrap()
    }

    /// Now they take it to be 06:00: the daily one fires.
    pub fn strike_six(&self) {
        self.local.shift_schedules(self.as_of.instant().duration_since(SystemClock.now()));
    }

    /// The program with what it needs to speak to this AWS.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder.path().join("data"));
        command.args(args).envs(self.local.environment()).stdin(Stdio::null());
        command
    }

    /// The program on one machine or, with these before it, on AWS; what it says, if it succeeds.
    pub fn says(&self, args: &[&str]) -> String {
        let output = self.program(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}\n{}", self.local.log());
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same on AWS.
    pub fn says_on_aws(&self, args: &[&str]) -> String {
        let env_file = self.env_file();
        self.says(&[&on_aws(&env_file), args].concat())
    }

    /// The program on AWS, however it ends.
    pub fn program_on_aws(&self, args: &[&str]) -> Command {
        let env_file = self.env_file();
        self.program(&[&on_aws(&env_file), args].concat())
    }

    /// The file of variables that the script wrote.
    pub fn env_file(&self) -> PathBuf {
        self.folder.path().join("env")
    }

    /// A command of the AWS CLI; what it says.
    pub fn cli(&self, args: &[&str]) -> String {
        let tools = python().parent().unwrap().join("aws");
        let output = Command::new(tools).args(args).envs(self.local.environment()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Has a function do the task of its schedule, as if it had fired then; what it answers.
    pub fn fire(&self, function: &str, due: AsOf) -> Value {
        let answer = self.folder.path().join("answer");
        let event = json!({
            "id": "1", "source": "aws.events", "detail-type": "Scheduled Event", "resources": [],
            "detail": {}, "version": "0", "account": "000000000000", "region": "us-east-1",
            "time": due,
        });
        let event = event.to_string();
        let invoke = ["lambda", "invoke", "--function-name", function, "--payload", &event];
        self.cli(&[&invoke[..], &[answer.to_str().unwrap()]].concat());
        serde_json::from_slice(&std::fs::read(answer).unwrap()).unwrap()
    }

    /// The script that deployed it, with these options more.
    pub fn script(&self, options: &[&str]) -> Command {
        script(&self.local, self.folder.path(), options)
    }

    /// A cohort that ends at the run's `asOf`, as an export, which is imported into AWS.
    pub fn cohort(&self, users: &str) -> PathBuf {
        let export = self.folder.path().join("cohort.jsonl");
        let (end, path) = (self.as_of.to_string(), export.to_str().unwrap());
        self.says(&["cohort", "--users", users, "--days", "40", "--end", &end, "--export", path]);
        self.says_on_aws(&["import", "--into-app-table", path]);
        export
    }

    /// The value of a variable that the script wrote.
    pub fn variable(&self, variable: Variable) -> &str {
        self.config.value(variable).unwrap()
    }

    /// Looks until there is something to see.
    pub async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let give_up = SystemClock.now() + PATIENCE;
        while SystemClock.now() < give_up {
            if let Some(seen) = look().await {
                return seen;
            }
            SystemClock.sleep(LOOK).await;
        }
        panic!("expected {what} within {PATIENCE:?}; the local AWS said:\n{}", self.local.log());
    }
}

fn on_aws(env_file: &Path) -> [&str; 4] {
    ["--backend", "aws", "--env-file", env_file.to_str().unwrap()]
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn script(local: &LocalAws, folder: &Path, options: &[&str]) -> Command {
    let tools = python().parent().unwrap().to_owned();
    let path = format!("{}:{}", tools.display(), env!("PATH"));
    let mut command = Command::new(root().join("infrastructure/deploy-ml-stack.sh"));
    command
        .args(["--yes", "--create-app-table", "--budget", "0"])
        // The local AWS has no Comprehend.
        .args(["--parameter", "SentimentAnalyzer=local", "--artifacts"])
        .arg(artifacts(folder))
        .arg("--env-file")
        .arg(folder.join("env"))
        .args(options)
        .envs(local.environment())
        .env("PATH", path);
    command
}

fn artifacts(folder: &Path) -> PathBuf {
    folder.join("functions")
}

/// Puts the functions where the script takes them from.
fn lay_out(functions: Functions<'_>, artifacts: &Path) {
    std::fs::create_dir_all(artifacts).unwrap();
    for name in FUNCTIONS {
        let to = artifacts.join(name);
        let Functions::In(built) = functions else {
            std::fs::write(to, format!("#!/bin/sh\n# {name}\nexit 1\n")).unwrap();
            continue;
        };
        let from = built.join(name);
        assert!(from.exists(), "expected {}: cargo build --workspace", from.display());
        // Without what debuggers read they are quick to upload.
        let strip = Command::new("strip").arg("-o").arg(&to).arg(&from).status().unwrap();
        assert!(strip.success(), "{name} cannot be stripped");
    }
}

/// Reads the file of variables as a shell does.
fn config(env_file: &Path) -> Config {
    let text = std::fs::read_to_string(env_file).unwrap();
    let pairs: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let value = |name: &str| {
        let (_, value) = pairs.iter().find(|(found, _)| *found == name)?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    let programs = StageName::ALL.map(Program::Stage).into_iter();
    let programs = programs.chain([
        Program::Orchestrator,
        Program::TrainingData,
        Program::JudgeModel,
        Program::ModelMonitor,
        Program::RunClosing,
    ]);
    let needed: Vec<Variable> = programs.flat_map(Program::needs).collect();
    Config::read(value, &needed).unwrap()
}

async fn sdk(local: &LocalAws) -> SdkConfig {
    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_sqs::config::Credentials;
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("onlooker", "test", None, None, "tests"))
        .endpoint_url(local.endpoint())
        .load()
        .await
}

fn path_of(mapping: &Value) -> String {
    format!("{MAPPINGS}{}", mapping["UUID"].as_str().unwrap())
}
