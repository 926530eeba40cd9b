//! The schedule fires, the functions do the work, the ledger closes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mindmate_contracts::QueueName;
use mindmate_domain::{Assessment, RunId, UserId};
use mindmate_embedded::{Embedded, Options};
use mindmate_end_to_end_tests::deployed::Deployed;
use mindmate_host::config::Variable;
use mindmate_pipeline::ports::AssessmentStore;
use mindmate_pipeline::{Clock as _, SystemClock};
use mindmate_run_report::{Closing, Summary, close};
use mindmate_testkit::conformance::samples::message_of_tomorrow;
use serde_json::Value;

use crate::{NO_REALTIME, alone, deploy, letters};

const USERS: &str = "60";

/// Most calls a user that a day may make, by operation: what is called for each user by itself, with
/// room for batches that come out small. What is not named here is not called at all.
const MOST_A_USER: [(&str, f64); 11] = [
    // The profile once a stage, guards, the run and its pages; and of each text that has no
    // sentiment yet, of which this cohort has one or two a user: text, profile, sentiment.
    ("DynamoDB_20120810.GetItem", 14.0),
    // Seven ranges of a history and four of odd keys, the last level at fan-out, the last known one.
    ("DynamoDB_20120810.Query", 17.0),
    // The assessment; chats and reviews of some; those sentiments.
    ("DynamoDB_20120810.PutItem", 4.0),
    // Interventions of some.
    ("DynamoDB_20120810.TransactWriteItems", 1.0),
    // Marks of the ledger, and who was delivered to.
    ("DynamoDB_20120810.UpdateItem", 4.0),
    ("AmazonSQS.SendMessageBatch", 1.5),
    ("Kinesis_20131202.PutRecords", 1.0),
    // One notice a run, however many users it has.
    ("sns.POST", 0.05),
    // The one poison message.
    ("AmazonSQS.SendMessage", 0.1),
    ("AmazonSQS.DeleteMessageBatch", 0.1),
    // What is tried again, since a busy machine answered too late.
    (RETRY, 0.5),
];

/// Called once for each delivery that is tried again. Its work is done again too, so that what is
/// bounded is the calls of a delivery.
const RETRY: &str = "AmazonSQS.ChangeMessageVisibility";

/// R5.1 to R5.6 on AWS, and the same to the last digit as on one machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_aws_closes_its_ledger_and_says_what_one_machine_says() {
    let deployed = deploy(&[NO_REALTIME]).await;
    let export = deployed.cohort(USERS);
    let poison = message_of_tomorrow(QueueName::Assessments, 1);
    for sent in deployed.aws.publisher().publish(&[poison]).await {
        sent.unwrap();
    }
    let alone = alone().await;
    let before = calls(&deployed);
    deployed.strike_six();

    let summary = closed(&deployed).await;
    drop(alone);
    makes_no_more_calls_than_it_must(&before, &calls(&deployed), &summary);
    assert!(summary.ledger.enqueued > 40, "{summary:?}");
    assert_eq!(summary.ledger.dead_lettered, 0, "{summary:?}");
    assert_eq!(
        summary.ledger.assessed + summary.ledger.skipped,
        summary.ledger.enqueued,
        "{summary:?}"
    );
    poison_lies_in_its_queue_with_its_cause(&deployed).await;
    let replay = letters::what_failed_is_played_back_once_it_is_mended(&deployed).await;
    same_on_one_machine(&deployed, &export, &summary).await;
    an_operator_sees_it(&deployed, &summary);
    who_could_be_learned_from_is_counted(&deployed);
    a_second_deployment_changes_nothing(&deployed);
    replay.got_through(&deployed).await;
    letters::are_kept_where_their_queue_is_gone(&deployed).await;
}

/// How often each operation was called, but by the test itself and by Lambda's pollers.
fn calls(deployed: &Deployed) -> BTreeMap<String, u64> {
    serde_json::from_str(&deployed.local.calls()).unwrap()
}

/// Counted: a call that is made once too often for each user shows here.
fn makes_no_more_calls_than_it_must(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    summary: &Summary,
) {
    let made = |operation| {
        let of = |counts: &BTreeMap<String, u64>| counts.get(operation).copied().unwrap_or(0);
        of(after) - of(before)
    };
    let mut too_many = Vec::new();
    let users = (summary.ledger.enqueued + made(RETRY)) as f64;
    for operation in after.keys().map(String::as_str) {
        let a_user = made(operation) as f64 / users;
        println!("{operation:<40} {:>8.0} calls per 1,000 users", a_user * 1_000.0);
        // Functions read their key at their start, however many users there are.
        if !operation.starts_with("s3.") {
            let most = MOST_A_USER.iter().find(|(name, _)| *name == operation);
            let most = most.map_or(0.0, |(_, most)| *most);
            if a_user > most {
                too_many.push(format!("{operation}: {a_user:.2} calls a user, at most {most}"));
            }
        }
    }
    assert!(too_many.is_empty(), "{too_many:?}");
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
    deployed.says(&["import", export.to_str().unwrap()]);
    let end = deployed.as_of.to_string();
    let said = deployed.says(&["--format", "json", "daily", "--as-of", &end]);
    let local: Summary = serde_json::from_str(&said).unwrap();
    assert_eq!(local.ledger, summary.ledger);
    assert_eq!(local.interventions, summary.interventions);

    let database = deployed.folder.path().join("data/mindmate.db");
    let backend = Embedded::open(&database, Arc::new(SystemClock), Options::default()).unwrap();
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

/// What was done by functions is seen from the command line.
fn an_operator_sees_it(deployed: &Deployed, summary: &Summary) {
    let run = RunId::daily(deployed.as_of).to_string();
    let shown = deployed.says_on_aws(&["--format", "json", "runs", &run]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["summary"]["ledger"]["assessed"], summary.ledger.assessed);
    let audit = deployed.says_on_aws(&["audit", "verify"]);
    assert!(audit.contains("holds together"), "{audit}");
}

/// R2.1, R2.7: the cohort's forty days are too short for anybody.
fn who_could_be_learned_from_is_counted(deployed: &Deployed) {
    let answer = deployed.fire("mindmate-prepareTrainingData", deployed.as_of);
    assert_eq!((&answer["users"], &answer["eligible"]), (&60.into(), &0.into()), "{answer}");
    assert_eq!(answer["enough"], false);
    assert_eq!(answer["lack"], serde_json::json!({"of": "users", "found": 0, "fewest": 100}));
}

fn a_second_deployment_changes_nothing(deployed: &Deployed) {
    let before = std::fs::read(deployed.env_file()).unwrap();
    let output = deployed.script(&[]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("no changes"), "{said}");
    assert_eq!(std::fs::read(deployed.env_file()).unwrap(), before);
}
