//! The model that serves is looked at, and a training starts where it falls short: on a stack whose day is over.

use jiff::SignedDuration;
use mindmate_contracts::app_table::ExportLine;
use mindmate_domain::{AsOf, Consents, RiskLevel, RiskScore, UserId};
use mindmate_end_to_end_tests::deployed::Deployed;
use mindmate_testkit::conformance::samples::{assessment, mood, profile, stored};
use serde_json::{Value, json};

/// What makes the stack have a state machine of trainings: nothing pulls the image.
pub(crate) const IMAGE: &str =
    "TrainingImageUri=000000000000.dkr.ecr.us-east-1.amazonaws.com/mindmate-training:1";

const FUNCTION: &str = "mindmate-monitorModel";
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:MindMate-Retraining";
const ASKED: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:MindMate-AskedTraining";

/// Half of them are in a crisis: thirty of each it takes to say anything.
const PEOPLE: u32 = 64;

/// R7.3, R7.7: the rules serve, and have their scores upside down. The function says so, the rule hears it, and
/// however often the day is told, one training comes of it.
pub(crate) async fn what_falls_short_starts_one_training(deployed: &Deployed) {
    who_is_scored_upside_down(deployed).await;
    let today = deployed.as_of;
    let answer = deployed.fire(FUNCTION, today);
    assert_eq!(answer["verdict"], "degraded", "{answer}");
    assert_eq!((&answer["startsTraining"], &answer["told"]), (&true.into(), &true.into()));
    the_day_is_written_down(deployed, today).await;
    tell_the_bus(deployed, &answer);
    // It fires again, and the bus hears of it again.
    let again = deployed.fire(FUNCTION, today);
    assert_eq!((&again["startsTraining"], &again["told"]), (&true.into(), &false.into()));
    tell_the_bus(deployed, &again);
    let tomorrow = AsOf::just_after(today.instant() + SignedDuration::from_hours(24));
    let later = deployed.fire(FUNCTION, tomorrow);
    assert_eq!(
        (&later["asksForTraining"], &later["startsTraining"]),
        (&true.into(), &false.into())
    );
    tell_the_bus(deployed, &later);

    let two_ended = async || (ended(deployed, ASKED).len() == 2).then_some(());
    deployed.eventually("what was told twice to be heard twice", two_ended).await;
    let one_ended = async || ended(deployed, MACHINE).pop();
    let training = deployed.eventually("a training that ended", one_ended).await;
    assert_eq!(training["name"], format!("watch-{}", today.utc_date()));
    assert_eq!(executions(deployed, MACHINE).len(), 1);
    assert_eq!(executions(deployed, ASKED).len(), 2);
    // Sixty people are too few to learn from, which the machine has written down.
    let jobs = deployed.aws.training_jobs().latest(10).await.unwrap();
    let jobs = jobs.iter().map(|job| job.status.name()).collect::<Vec<_>>();
    assert_eq!(jobs, ["skipped"]);
    who_looks_by_hand_starts_nothing_and_forgets_nothing(deployed).await;
}

/// The command looks at the same day, and at the one before, of which it tells.
async fn who_looks_by_hand_starts_nothing_and_forgets_nothing(deployed: &Deployed) {
    let yesterday = AsOf::just_after(deployed.as_of.instant() - SignedDuration::from_hours(24));
    for as_of in [deployed.as_of, yesterday] {
        let look = ["models", "monitor", "--resamples", "50", "--as-of", &as_of.to_string()];
        let output = deployed.program_on_aws(&look).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(10), "{said}");
    }
    let days = deployed.aws.model_days().latest(10).await.unwrap();
    let started = days.iter().map(|day| day.training_started_for.as_deref()).collect::<Vec<_>>();
    assert_eq!(started, [None, Some("degraded"), None]);
    assert_eq!(executions(deployed, MACHINE).len(), 1);
}

/// Moods of two weeks, and daily assessments of eight days whose weeks have passed since: of everybody on their
/// weekday, yesterday as well.
async fn who_is_scored_upside_down(deployed: &Deployed) {
    let back = |days: i64| deployed.as_of.instant() - SignedDuration::from_hours(24 * days);
    let willing = Consents { scoring: true, training: true, ..Consents::NONE };
    let store = deployed.aws.assessments();
    let mut lines = Vec::new();
    for n in 0..PEOPLE {
        // Others than those of the day, who are not known for long enough.
        let (user, in_crisis) = (UserId::new(&format!("watched-{n}")).unwrap(), n % 2 == 1);
        let felt = if in_crisis { 1.5 } else { 7.0 };
        // The first one is as old as it has to be.
        let moods = (0..15).chain([80]).map(|days| {
            let at = back(days) - SignedDuration::from_hours(3);
            mood(&at.to_string(), felt)
        });
        for item in moods.chain([profile(willing)]) {
            let (user, sk, item) = stored(&user, &item);
            lines.push(ExportLine { user, sk, item });
        }
        for days in 7..15 {
            let mut one = assessment(&user, AsOf::new(back(days)).unwrap(), RiskLevel::Low);
            one.score = RiskScore::new(if in_crisis { 0.1 } else { 0.9 }).ok();
            store.put(&one).await.unwrap();
        }
    }
    deployed.aws.importer().write(lines).await.unwrap();
}

async fn the_day_is_written_down(deployed: &Deployed, as_of: AsOf) {
    let days = deployed.aws.model_days().latest(10).await.unwrap();
    assert_eq!(days.len(), 1, "{days:?}");
    let day = &days[0];
    assert_eq!((day.day, day.verdict.as_str()), (as_of.utc_date(), "degraded"));
    assert_eq!(day.training_started_for.as_deref(), Some("degraded"));
    assert_eq!(day.report["judged"]["rows"]["users"], PEOPLE);
}

/// As Lambda does of an invocation that nobody waited for; the local AWS does not.
fn tell_the_bus(deployed: &Deployed, answer: &Value) {
    let function = format!("arn:aws:lambda:us-east-1:000000000000:function:{FUNCTION}:$LATEST");
    let detail = json!({
        "requestContext": { "functionArn": function, "condition": "Success" },
        "responsePayload": answer,
    });
    let entry = json!([{
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - Success",
        "Detail": detail.to_string(),
    }]);
    let said = deployed.cli(&["events", "put-events", "--entries", &entry.to_string()]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["FailedEntryCount"], 0, "{said}");
}

fn ended(deployed: &Deployed, machine: &str) -> Vec<Value> {
    let mut found = executions(deployed, machine);
    found.retain(|one| one["status"] != "RUNNING");
    for one in &found {
        assert_eq!(one["status"], "SUCCEEDED", "{one}\n{}", deployed.local.log());
    }
    found
}

fn executions(deployed: &Deployed, machine: &str) -> Vec<Value> {
    let list = ["stepfunctions", "list-executions", "--state-machine-arn", machine];
    let mut said: Value = serde_json::from_str(&deployed.cli(&list)).unwrap();
    serde_json::from_value(said["executions"].take()).unwrap()
}
