//! A function without any SDK: what the start of the others is compared with.

use std::process::ExitCode;
use std::sync::Arc;

use mindmate_domain::StageName;
use mindmate_host::config::Program;
use mindmate_host::lambda::{ScheduleFunction, serve};
use mindmate_pipeline::{Firing, ScheduledTask, StageError, SystemClock};

struct Idle;

impl ScheduledTask for Idle {
    const NAME: &'static str = "idle";

    type Output = ();

    async fn run(&self, _: Firing<'_>) -> Result<(), StageError> {
        Ok(())
    }
}

fn main() -> ExitCode {
    let program = Program::Stage(StageName::FanOut);
    serve(program, async |_| Ok(ScheduleFunction::new(Idle, Arc::new(SystemClock))))
}
