//! What is said of an intervention. No message holds its text.

use mindmate_contracts::StreamName;
use mindmate_contracts::messages::{
    AssessmentDeadLettered, InterventionDelivered, InterventionWithheld,
};
use mindmate_domain::Position;
use mindmate_domain::intervention::WithheldReason;
use mindmate_pipeline::{Failure, Outbox, Outgoing, Stage, StageError};

use crate::Interventions;
use crate::case::Case;

pub(crate) fn delivered(case: &Case<'_>) -> Result<Outgoing, StageError> {
    let message = InterventionDelivered {
        request: case.request.clone(),
        stage: Interventions::NAME,
        intervention_id: case.id.clone(),
        intervention: case.kind,
    };
    let id = format!("{}/delivered", case.request.stem());
    outbox(case).to_stream(StreamName::Outcomes, id, key(case), &message)
}

pub(crate) fn withheld(case: &Case<'_>, reason: WithheldReason) -> Result<Outgoing, StageError> {
    let message = InterventionWithheld {
        request: case.request.clone(),
        stage: Interventions::NAME,
        intervention: case.kind,
        reason,
    };
    let id = format!("{}/withheld", case.request.stem());
    outbox(case).to_stream(StreamName::Outcomes, id, key(case), &message)
}

/// Without a user to keep in order, the outcome's own id spreads such records over the stream.
pub(crate) fn dead_lettered(
    outbox: Outbox,
    run: Position,
    key: Option<String>,
    failure: &Failure<'_>,
) -> Result<Outgoing, StageError> {
    let stage = Interventions::NAME;
    let id = format!("{}/{}/{}/dead-lettered/{stage}", run.run, run.shard, run.ordinal);
    let key = key.unwrap_or_else(|| id.clone());
    let message = AssessmentDeadLettered { run, stage, code: failure.code.to_owned() };
    outbox.to_stream(StreamName::Outcomes, id, key, &message)
}

fn outbox(case: &Case<'_>) -> Outbox {
    Outbox::new(Interventions::NAME, case.now())
}

fn key(case: &Case<'_>) -> String {
    case.request.user_id.partition_key()
}
