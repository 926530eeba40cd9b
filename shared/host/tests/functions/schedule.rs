//! Schedules start tasks.

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_host::lambda::{Function as _, FunctionError, ScheduleFunction};
use mindmate_pipeline::{Firing, ScheduledTask, StageError};
use mindmate_testkit::ManualClock;
use serde_json::{Value, json};

use crate::support::{SECOND, invocation};

/// Says when it was due; fails where it is told to, and never ends where it is told to.
struct Told(&'static str);

impl ScheduledTask for Told {
    const NAME: &'static str = "told";

    type Output = Value;

    async fn run(&self, firing: Firing<'_>) -> Result<Value, StageError> {
        match self.0 {
            "fail" => Err(StageError::permanent("no-such-thing", "expected it, found none")),
            "hang" => std::future::pending().await,
            _ => Ok(json!({ "due": firing.due.to_string() })),
        }
    }
}

async fn fire(told: &'static str, event: Value) -> Result<Value, FunctionError> {
    let clock = ManualClock::new("2026-11-22T06:00:02Z".parse::<Timestamp>().unwrap());
    let function = ScheduleFunction::new(Told(told), Arc::new(clock.clone()));
    let event = serde_json::from_value(event).unwrap();
    clock.drive(SECOND, function.invoke(event, &invocation(&clock))).await
}

/// As a rule of EventBridge sends it.
fn of_a_rule() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-22T06:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/MindMate-DailyRiskAssessment"],
        "detail": {},
    })
}

#[tokio::test]
async fn a_task_is_told_when_it_was_due() {
    let due = json!({ "due": "2026-11-22T06:00:00Z" });
    assert_eq!(fire("go", of_a_rule()).await.unwrap(), due);
    // EventBridge Scheduler writes its detail as text.
    let mut of_the_scheduler = of_a_rule();
    of_the_scheduler["source"] = json!("aws.scheduler");
    of_the_scheduler["detail"] = json!("{}");
    assert_eq!(fire("go", of_the_scheduler).await.unwrap(), due);
}

#[tokio::test]
async fn an_event_without_its_time_starts_nothing() {
    let mut event = of_a_rule();
    event["time"] = json!(null);
    assert_eq!(fire("go", event).await.unwrap_err().code, "no-time");
}

#[tokio::test]
async fn a_task_that_fails_fails_the_invocation_with_its_cause() {
    let error = fire("fail", of_a_rule()).await.unwrap_err();
    assert_eq!(error.to_string(), "no-such-thing: expected it, found none");
}

#[tokio::test]
async fn a_task_that_runs_out_of_time_says_so_before_lambda_does() {
    assert_eq!(fire("hang", of_a_rule()).await.unwrap_err().code, "out-of-time");
}
