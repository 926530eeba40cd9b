//! The stack on a local AWS, with a cohort in it whose day nobody has assessed yet.
//!
//! The stack is the script's, by the template; the work is done by workers, so that its functions
//! are taken off their queues. What it is before the run is kept, and each round begins with that.

mod network;
mod picture;
mod workers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use mindmate_contracts::QueueName;
use mindmate_contracts::app_table::{Attribute, USER_PREFIX, write_line};
use mindmate_domain::intervention::DeliveryStatus;
use mindmate_domain::{AsOf, UserId};
use mindmate_embedded::{Embedded, Options};
use mindmate_end_to_end_tests::deployed::{Deployed, Functions};
use mindmate_host::config::Variable;
use mindmate_pipeline::ports::QueueDepth;
use mindmate_pipeline::{Clock as _, SystemClock};

pub(crate) use self::network::Network;
use self::picture::{MANY, picture};
pub(crate) use self::workers::{STAGES, Workers};
use crate::program::{Program, Running, Said};

/// The queues' visibility timeout where nobody asks for another. The stack's own, six minutes and
/// more, is six times what a function may take; a worker that is killed leaves its messages hidden
/// for that long.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(15);

/// No scenario's round takes as long as this, and the cohort's assessments must not grow too old to
/// be acted on meanwhile: then a human is asked instead (safety 7).
const ROOM: SignedDuration = SignedDuration::from_mins(30);

/// More users than any cohort here has.
const ALL: usize = 1_000_000;

/// A stack and its cohort.
pub(crate) struct Cloud {
    pub(crate) deployed: Deployed,
    runtime: tokio::runtime::Runtime,
    program: Program,
    users: Vec<UserId>,
    /// What a run leaves that nobody disturbs: the one on one machine, whose stores say the same.
    expected: String,
    /// What it held before the run.
    before: PathBuf,
}

impl Cloud {
    /// A stack with so many invented people.
    pub(crate) fn with_cohort(users: u32) -> Self {
        let now = SystemClock.now();
        let fresh = AsOf::latest_daily(now) == AsOf::latest_daily(now + ROOM);
        assert!(fresh, "expected a start more than {ROOM:#} before 06:00 UTC, found {now}");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let program = Program::new();
        let binary = program.binary();
        let deploy = Deployed::with(&binary, Functions::Absent, &["--no-realtime"]);
        let mut deployed = runtime.block_on(deploy);
        assert_eq!(deployed.without_functions(), 10, "eight queues and two streams");
        let export = deployed.cohort(&users.to_string());
        runtime.block_on(hide_for(&deployed, VISIBILITY));
        let export = runtime.block_on(with_sentiments(&deployed, &export));
        let (users, expected) = runtime.block_on(on_one_machine(&deployed, &export));
        let before = program.file("before");
        deployed.local.end();
        copy(&deployed.local.kept(), &before);
        Self { deployed, runtime, program, users, expected, before }
    }

    /// Puts everything back to what it was before the run.
    pub(crate) fn begin_anew(&mut self) {
        let local = &mut self.deployed.local;
        if local.is_there() {
            local.end();
        }
        std::fs::remove_dir_all(local.kept()).unwrap();
        copy(&self.before, &local.kept());
        local.start_again();
    }

    /// What is taken is hidden for so long from now on.
    pub(crate) fn hide_for(&self, visibility: Duration) {
        self.runtime.block_on(hide_for(&self.deployed, visibility));
    }

    pub(crate) fn expected(&self) -> &str {
        &self.expected
    }

    /// What is in the stores now.
    pub(crate) fn found(&self) -> String {
        self.runtime.block_on(picture(&self.deployed.aws.ports(), &self.users, self.deployed.as_of))
    }

    /// The command line on this stack.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let env_file = self.deployed.env_file();
        let aws = ["--backend", "aws", "--format", "json", "--env-file"];
        let env_file = [env_file.to_str().unwrap()];
        self.deployed.program(&[&aws[..], &env_file, args].concat())
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().unwrap().into()
    }

    /// Starts the day's run, or takes it up, and follows it.
    pub(crate) fn daily(&self) -> Running {
        Running::start(self.command(&["daily", "--timeout", "900s"]), &self.program.file("daily"))
    }

    /// The workers, which find AWS at this endpoint.
    pub(crate) fn workers(&self, endpoint: &str) -> Workers {
        Workers::start(self, endpoint)
    }

    /// A bad network before this AWS.
    pub(crate) fn network(&self, seed: u64) -> Network {
        Network::start(&self.deployed.local.endpoint(), seed, &self.program.file("network"))
    }

    /// The seconds of processor time that the local AWS has used, where the system tells.
    pub(crate) fn busy_seconds(&self) -> Option<f64> {
        let stat = format!("/proc/{}/stat", self.deployed.local.process_id());
        let stat = std::fs::read_to_string(stat).ok()?;
        // After the name, which may hold blanks; user and system time are fields 14 and 15 of
        // proc(5).
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = fields.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok());
        Some(ticks.sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    pub(crate) fn depth(&self, queue: QueueName) -> QueueDepth {
        self.runtime.block_on(self.deployed.aws.queue(queue).depth()).unwrap()
    }

    /// The ids of all interventions that were delivered.
    pub(crate) fn delivered(&self) -> BTreeSet<String> {
        let delivered = async |user: &UserId| {
            let made = self.deployed.aws.interventions().latest(user, MANY).await.unwrap();
            let ids = made.into_iter().filter(|one| one.status != DeliveryStatus::Pending);
            ids.map(|one| one.intervention.id().to_string()).collect::<Vec<_>>()
        };
        let of = |user: &UserId| self.runtime.block_on(delivered(user));
        self.users.iter().flat_map(of).collect()
    }

    /// Everybody's keys in the app's table.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = async |user: &UserId| {
            let items = self.deployed.aws.items(user).await.unwrap();
            items.into_iter().map(|(sk, _)| sk).collect::<Vec<_>>()
        };
        self.users.iter().flat_map(|user| self.runtime.block_on(keys(user))).collect()
    }
}

async fn hide_for(deployed: &Deployed, visibility: Duration) {
    let sqs = aws_sdk_sqs::Client::new(&deployed.sdk);
    let name = aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout;
    for queue in QueueName::ALL {
        let set = sqs.set_queue_attributes().queue_url(deployed.variable(Variable::Queue(queue)));
        let seconds = visibility.as_secs().to_string();
        set.attributes(name.clone(), seconds).send().await.unwrap();
    }
}

/// Gives the cohort the sentiments that a run of it asks for, on AWS too, and gives its export with them.
///
/// A text without one is left out of what the run that asks makes of it, and taken in where a message
/// comes again when the answer is there. Both are right, and they differ.
async fn with_sentiments(deployed: &Deployed, export: &Path) -> PathBuf {
    let (data, users) = assessed_on_one_machine(deployed, export).await;
    let mut lines = std::fs::read_to_string(export).unwrap();
    for user in &users {
        let items = data.items(user).await.unwrap();
        let sentiments = items.into_iter().filter(|(sk, _)| sk.starts_with("SENTIMENT#"));
        for (sk, mut item) in sentiments {
            item.insert(
                "PK".to_owned(),
                Attribute::text(format!("{USER_PREFIX}{}", user.as_str())),
            );
            item.insert("SK".to_owned(), Attribute::text(sk));
            lines += &(write_line(&item).unwrap() + "\n");
        }
    }
    drop(data);
    std::fs::remove_dir_all(deployed.folder.path().join("data")).unwrap();
    let whole = export.with_file_name("with-sentiments.jsonl");
    std::fs::write(&whole, lines).unwrap();
    deployed.says_on_aws(&["import", "--into-app-table", whole.to_str().unwrap()]);
    whole
}

/// Assesses the same cohort on one machine; gives everybody, and what its stores say.
async fn on_one_machine(deployed: &Deployed, export: &Path) -> (Vec<UserId>, String) {
    let (here, users) = assessed_on_one_machine(deployed, export).await;
    let expected = picture(&here.ports(), &users, deployed.as_of).await;
    (users, expected)
}

async fn assessed_on_one_machine(deployed: &Deployed, export: &Path) -> (Embedded, Vec<UserId>) {
    deployed.says(&["import", export.to_str().unwrap()]);
    deployed.says(&["daily", "--as-of", &deployed.as_of.to_string()]);
    let database = deployed.folder.path().join("data/mindmate.db");
    let here = Embedded::open(&database, Arc::new(SystemClock), Options::default()).unwrap();
    let everybody = here.training().users(SystemClock.now(), None, ALL).await.unwrap();
    (here, everybody.users.into_iter().map(|one| one.user).collect())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
