//! The schedule fires, the functions do the work, the ledger closes.

use std::path::{Path, PathBuf};
use std::process::Command;

use mindmate_contracts::QueueName;
use mindmate_domain::{Assessment, RunId, UserId};
use mindmate_embedded::{Embedded, Options};
use mindmate_host::config::Variable;
use mindmate_pipeline::ports::AssessmentStore;
use mindmate_pipeline::{Clock as _, SystemClock};
use mindmate_run_report::{Closing, Summary, close};
use mindmate_testkit::conformance::samples::message_of_tomorrow;
use serde_json::Value;

use crate::deployed::{Deployed, script};

const USERS: &str = "60";

/// R5.1 to R5.6 on AWS, and the same to the last digit as on one machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_aws_closes_its_ledger_and_says_what_one_machine_says() {
    let deployed = Deployed::fresh().await;
    let export = cohort(&deployed);
    deployed.import(&export).await;
    let poison = message_of_tomorrow(QueueName::Assessments, 1);
    for sent in deployed.aws.publisher().publish(&[poison]).await {
        sent.unwrap();
    }
    deployed.strike_six();

    let summary = closed(&deployed).await;
    assert!(summary.ledger.enqueued > 40, "{summary:?}");
    assert_eq!(summary.ledger.dead_lettered, 0, "{summary:?}");
    assert_eq!(
        summary.ledger.assessed + summary.ledger.skipped,
        summary.ledger.enqueued,
        "{summary:?}"
    );
    poison_lies_in_its_queue_with_its_cause(&deployed).await;
    same_on_one_machine(&deployed, &export, &summary).await;
    a_second_deployment_changes_nothing(&deployed);
}

/// A cohort that ends at the run's `asOf`, as an export.
fn cohort(deployed: &Deployed) -> PathBuf {
    let export = deployed.folder.path().join("cohort.jsonl");
    let end = deployed.as_of.to_string();
    let export_text = export.to_str().unwrap();
    let args = ["cohort", "--users", USERS, "--days", "40", "--end", &end, "--export", export_text];
    mindmate(deployed, &args);
    export
}

fn mindmate(deployed: &Deployed, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mindmate-under-test"))
        .arg("--data")
        .arg(data(deployed))
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn data(deployed: &Deployed) -> PathBuf {
    deployed.folder.path().join("data")
}

async fn closed(deployed: &Deployed) -> Summary {
    let id = RunId::daily(deployed.as_of);
    let ledger = deployed.aws.ledger();
    let assessments = deployed.aws.assessments();
    let look = async || {
        let run = ledger.run(&id).await.unwrap()?;
        match close(&*ledger, &*assessments, &run, SystemClock.now()).await.unwrap() {
            Closing::Closed(summary) => Some(summary),
            Closing::Open { .. } => None,
        }
    };
    deployed.eventually("a closed ledger", look).await
}

async fn poison_lies_in_its_queue_with_its_cause(deployed: &Deployed) {
    let sqs = aws_sdk_sqs::Client::new(&deployed.sdk);
    let url = deployed.variable(Variable::Dlq(QueueName::Assessments));
    let letters = sqs.receive_message().queue_url(url).max_number_of_messages(10);
    let letters = letters.message_attribute_names("All").send().await.unwrap();
    let letters = letters.messages.unwrap_or_default();
    assert_eq!(letters.len(), 1, "one poison message, one dead letter");
    let attributes = letters[0].message_attributes.as_ref().unwrap();
    let of = |name: &str| attributes[name].string_value.as_deref().unwrap();
    assert_eq!((of("stage"), of("attempts")), ("feature-extraction", "1"));
    assert_eq!(of("code"), "unknown-type");
    assert!(of("cause").contains("v9"), "{}", of("cause"));
}

async fn same_on_one_machine(deployed: &Deployed, export: &Path, summary: &Summary) {
    mindmate(deployed, &["import", export.to_str().unwrap()]);
    let end = deployed.as_of.to_string();
    let said = mindmate(deployed, &["--format", "json", "daily", "--as-of", &end]);
    let local: Summary = serde_json::from_str(&said).unwrap();
    assert_eq!(local.ledger, summary.ledger);
    assert_eq!(local.interventions, summary.interventions);

    let clock = std::sync::Arc::new(SystemClock);
    let database = data(deployed).join("mindmate.db");
    let backend = Embedded::open(&database, clock, Options::default()).unwrap();
    let everybody = backend.training().users(SystemClock.now(), None, 10_000).await.unwrap();
    let users: Vec<UserId> = everybody.users.into_iter().map(|one| one.user).collect();
    let here = assessments(&*backend.assessments(), &users, deployed).await;
    let there = assessments(&*deployed.aws.assessments(), &users, deployed).await;
    assert_eq!(here.len() as u64, summary.ledger.assessed);
    assert_eq!(here, there);
}

/// As they are stored, but for the time of the day.
async fn assessments(
    store: &dyn AssessmentStore,
    users: &[UserId],
    deployed: &Deployed,
) -> Vec<Value> {
    let found: Vec<Assessment> = store.get_many(users, deployed.as_of).await.unwrap();
    let without_times = found.iter().map(|assessment| {
        let mut json = serde_json::to_value(assessment).unwrap();
        let object = json.as_object_mut().unwrap();
        assert!(object.remove("createdAt").is_some() && object.remove("expiresAt").is_some());
        json
    });
    without_times.collect()
}

fn a_second_deployment_changes_nothing(deployed: &Deployed) {
    let env_file = deployed.folder.path().join("env");
    let before = std::fs::read(&env_file).unwrap();
    let output = script(&deployed.local, deployed.folder.path(), &[]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("no changes"), "{said}");
    assert_eq!(std::fs::read(&env_file).unwrap(), before);
}
