//! A function's process: from its start to its polls.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use futures::FutureExt as _;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use mindmate_pipeline::BoxError;
use serde_json::value::RawValue;

use super::invocation::{Function, FunctionError, Invocation};
use crate::config::{Config, Program};
use crate::telemetry;

/// Runs a function until Lambda ends its process. `build` makes it from the environment.
///
/// One thread: a function has one processor and handles one event at a time, and a pool of
/// threads would only cost its start.
pub fn serve<F: Function>(
    program: Program,
    build: impl AsyncFnOnce(Config) -> Result<F, BoxError>,
) -> ExitCode {
    match start(program, build) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Lambda shows it beside `Runtime.ExitError`.
            tracing::error!(error = error.to_string(), "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

fn start<F: Function>(
    program: Program,
    build: impl AsyncFnOnce(Config) -> Result<F, BoxError>,
) -> Result<(), BoxError> {
    let config = Config::of_process(&program.needs());
    // Logs first: they tell of the error, too.
    let filter = config.as_ref().map_or("info", |config| config.log.as_str());
    telemetry::init(filter, true)?;
    let config = config?;
    Config::in_lambda()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let function = Arc::new(build(config).await?);
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
            let function = Arc::clone(&function);
            async move { answer(&*function, event).await }
        }))
        .await
    })
}

/// Reads the event, invokes the function and catches its panics.
async fn answer<F: Function>(
    function: &F,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<F::Answer, FunctionError> {
    let LambdaEvent { payload, context } = event;
    let millis = i64::try_from(context.deadline).unwrap_or(i64::MAX);
    let deadline = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    let invocation = Invocation { request_id: context.request_id, deadline };
    let event = serde_json::from_str(payload.get()).map_err(|error| unreadable::<F>(&error))?;
    let work = AssertUnwindSafe(function.invoke(event, &invocation)).catch_unwind();
    work.await.unwrap_or_else(|_| {
        let words = "the function panicked; the log says where";
        Err(FunctionError::new("panicked", words))
    })
}

/// Where an event does not fit, without what stands there: that may be a user's text.
fn unreadable<F: Function>(error: &serde_json::Error) -> FunctionError {
    let expected = std::any::type_name::<F::Event>().rsplit("::").next().unwrap_or_default();
    let words = format!(
        "expected an event of type {expected}, found one that does not fit at line {}, column {}",
        error.line(),
        error.column()
    );
    FunctionError::new("unreadable-event", words)
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self { error_type: error.code, error_message: error.message }
    }
}
