//! Dead letters on AWS, from the command line, as part of a day: played back once their cause is
//! mended, warned of before they are gone, kept where their queue is gone.

use std::process::{Child, Output, Stdio};

use aws_sdk_sqs::types::QueueAttributeName;
use mindmate_contracts::messages::{AssessmentRequested, Request, Trigger};
use mindmate_contracts::{Channel, QueueName};
use mindmate_domain::{AsOf, StageName, UserId};
use mindmate_end_to_end_tests::deployed::Deployed;
use mindmate_host::config::Variable;
use mindmate_pipeline::{Clock as _, Outbox, SystemClock};
use serde_json::{Value, json};

const USER: &str = "dora";
const QUEUE: QueueName = QueueName::Scoring;
const REPLAY: [&str; 6] = ["dlq", "replay", "scoring", "--yes", "--by", "ada"];

/// A replay that is on its way, of the letter that asks for this assessment.
pub(crate) struct Replaying {
    child: Child,
    as_of: AsOf,
}

/// What the table holds of somebody cannot be read, so that scoring gives them up. A replay before
/// that is mended stops at its canary; then it is mended, and the next replay begins.
pub(crate) async fn what_failed_is_played_back_once_it_is_mended(deployed: &Deployed) -> Replaying {
    let as_of = AsOf::just_after(SystemClock.now());
    let key = json!({"userId": {"S": USER}, "timestamp": {"S": as_of.to_string()}}).to_string();
    let table = deployed.variable(Variable::RiskAssessmentsTable);
    let at = ["--table-name", table];
    deployed.cli(&[&["dynamodb", "put-item", "--item", &key], &at[..]].concat());
    ask_for(deployed, as_of).await;
    let letters = deployed.aws.dead_letters_of(Channel::Queue(QUEUE));
    let there = async || (letters.standing().await.unwrap().visible == 1).then_some(());
    deployed.eventually("a dead letter of scoring", there).await;

    is_warned_of_before_it_is_gone(deployed).await;
    let back = deployed.program_on_aws(&REPLAY).output().unwrap();
    assert_eq!(back.status.code(), Some(7), "{}", said(&back));
    assert!(said(&back).contains("1 of them came back"), "{}", said(&back));

    deployed.cli(&[&["dynamodb", "delete-item", "--key", &key], &at[..]].concat());
    let mut replay = deployed.program_on_aws(&REPLAY);
    let child = replay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Replaying { child, as_of }
}

async fn ask_for(deployed: &Deployed, as_of: AsOf) {
    let request = Request {
        user_id: UserId::new(USER).unwrap(),
        as_of,
        run: None,
        trigger: Trigger::Realtime,
        urgent: false,
        historical: false,
    };
    let message = AssessmentRequested { request, seen: Vec::new() };
    let outbox = Outbox::new(StageName::FanOut, SystemClock.now());
    let message = outbox.to_queue(QueueName::Assessments, "test/dora".to_owned(), &message);
    for sent in deployed.aws.publisher().publish(&[message.unwrap()]).await {
        sent.unwrap();
    }
}

/// The list names cause and stage, and warns: this queue keeps its letters for an hour.
async fn is_warned_of_before_it_is_gone(deployed: &Deployed) {
    let sqs = aws_sdk_sqs::Client::new(&deployed.sdk);
    let dlq = deployed.variable(Variable::Dlq(QUEUE));
    let hour = (QueueAttributeName::MessageRetentionPeriod, "3600");
    let set = sqs.set_queue_attributes().queue_url(dlq).attributes(hour.0, hour.1);
    set.send().await.unwrap();
    let list = deployed.says_on_aws(&["dlq", "list"]);
    assert!(list.contains("1  store-unreadable by scoring"), "{list}");
    assert!(list.contains("WARNING: letters of scoring are gone in 5"), "{list}");
    assert!(
        !list.contains("WARNING: letters of assessments"),
        "two weeks are left of these: {list}"
    );
}

impl Replaying {
    /// The canary is through, and the assessment is there.
    pub(crate) async fn got_through(self, deployed: &Deployed) {
        let output = self.child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert!(
            said(&output).contains("1 letters of scoring are played back"),
            "{}",
            said(&output)
        );
        let user = [UserId::new(USER).unwrap()];
        let made = deployed.aws.assessments().get_many(&user, self.as_of).await.unwrap();
        assert_eq!(made.len(), 1);
        assert_eq!(row(deployed, QUEUE)["letters"], 0);
    }
}

/// A replay into a queue that is gone moves nothing and says what to do; and one place that cannot
/// be looked at hides no other.
pub(crate) async fn are_kept_where_their_queue_is_gone(deployed: &Deployed) {
    let sqs = aws_sdk_sqs::Client::new(&deployed.sdk);
    let gone = QueueName::Assessments;
    let queue = deployed.variable(Variable::Queue(gone));
    sqs.delete_queue().queue_url(queue).send().await.unwrap();
    let replay = ["dlq", "replay", gone.name(), "--yes", "--by", "ada"];
    let refused = deployed.program_on_aws(&replay).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    for words in
        ["expected the queue assessments", "queue does not exist", "deploy the stack again"]
    {
        assert!(said(&refused).contains(words), "{words}: {}", said(&refused));
    }
    assert_eq!(row(deployed, gone)["letters"], 1, "the poison message of the morning");

    let dlq = deployed.variable(Variable::Dlq(gone));
    sqs.delete_queue().queue_url(dlq).send().await.unwrap();
    let list = deployed.program_on_aws(&["dlq", "list"]).output().unwrap();
    assert_eq!(list.status.code(), Some(1), "{}", said(&list));
    let words = said(&list);
    assert!(words.contains("cannot be looked at") && words.contains("in the 10 others"), "{words}");
}

fn row(deployed: &Deployed, queue: QueueName) -> Value {
    let list = deployed.says_on_aws(&["--format", "json", "dlq", "list"]);
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    list.into_iter().find(|row| row["queue"] == queue.name()).unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}
