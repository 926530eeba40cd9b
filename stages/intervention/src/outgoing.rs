//! What is said of an intervention. No message holds its text.

use mindmate_contracts::StreamName;
use mindmate_contracts::messages::{InterventionDelivered, InterventionWithheld};
use mindmate_domain::intervention::WithheldReason;
use mindmate_pipeline::{Outbox, Outgoing, Stage, StageError};

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

fn outbox(case: &Case<'_>) -> Outbox {
    Outbox::new(Interventions::NAME, case.now())
}

fn key(case: &Case<'_>) -> String {
    case.request.user_id.partition_key()
}
