//! Schedules: an event of EventBridge starts a task.

use std::sync::Arc;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use mindmate_pipeline::{Clock, Firing, ScheduledTask};
use serde_json::Value;
use tracing::info;

use super::invocation::{Function, FunctionError, Invocation, before};

/// A task behind a schedule.
pub struct ScheduleFunction<T> {
    task: T,
    clock: Arc<dyn Clock>,
}

impl<T: ScheduledTask> ScheduleFunction<T> {
    /// A function that does the task when its schedule fires.
    pub fn new(task: T, clock: Arc<dyn Clock>) -> Self {
        Self { task, clock }
    }
}

#[async_trait::async_trait]
impl<T: ScheduledTask> Function for ScheduleFunction<T> {
    type Event = EventBridgeEvent<Value>;
    type Answer = Value;

    async fn invoke(
        &self,
        event: EventBridgeEvent<Value>,
        invocation: &Invocation,
    ) -> Result<Value, FunctionError> {
        let due = due(&event)?;
        let started = self.clock.now();
        let firing = Firing { due, clock: &*self.clock };
        let run = before(&*self.clock, invocation.stop_at(), self.task.run(firing)).await;
        let output = run.ok_or_else(|| {
            FunctionError::new(
                "out-of-time",
                format!("{} took longer than it may; Lambda invokes it again", T::NAME),
            )
        })??;
        let answer = serde_json::to_value(output)
            .map_err(|error| FunctionError::new("unwritable-answer", error.to_string()))?;
        let took = self.clock.now().duration_since(started).unsigned_abs();
        info!(task = T::NAME, %due, answer = %answer, took_us = took.as_micros(), "a scheduled task");
        Ok(answer)
    }
}

/// When the schedule fired.
fn due(event: &EventBridgeEvent<Value>) -> Result<Timestamp, FunctionError> {
    let time = event.time.ok_or_else(|| {
        FunctionError::new("no-time", "expected a scheduled event with its time, found none")
    })?;
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap_or(0);
    Timestamp::new(time.timestamp(), nanos)
        .map_err(|error| FunctionError::new("bad-time", format!("the event's time: {error}")))
}
