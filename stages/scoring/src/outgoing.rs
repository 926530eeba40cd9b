//! What is sent on of an assessment. No message holds its score.

use mindmate_contracts::messages::{
    AssessmentCompleted, AssessmentSkipped, InterventionRequested, Request, SkipReason,
};
use mindmate_contracts::{Message, QueueName, StreamName};
use mindmate_domain::intervention::InterventionType;
use mindmate_domain::{Assessment, Feature};
use mindmate_pipeline::{Outbox, Outgoing, Stage, StageError};

use crate::Scoring;

/// How many of the strongest factors are named to the intervention.
const FACTORS: usize = 5;

/// Messages about a standing assessment.
pub(crate) fn of_assessment(
    outbox: Outbox,
    request: Request,
    assessment: &Assessment,
) -> Result<Vec<Outgoing>, StageError> {
    let mut outgoing = Vec::new();
    let mut sent_on = Vec::new();
    if InterventionType::for_level(assessment.level).is_some() {
        outgoing.push(intervention(outbox, request.clone(), assessment)?);
        sent_on.push(InterventionRequested::NAME.to_owned());
    }
    let id = format!("{}/completed", request.stem());
    let key = request.user_id.partition_key();
    let completed = AssessmentCompleted {
        request,
        stage: Scoring::NAME,
        level: assessment.level,
        method: assessment.method,
        sent_on,
    };
    outgoing.push(outbox.to_stream(StreamName::Outcomes, id, key, &completed)?);
    Ok(outgoing)
}

fn intervention(
    outbox: Outbox,
    request: Request,
    assessment: &Assessment,
) -> Result<Outgoing, StageError> {
    let id = format!("{}/intervention", request.stem());
    let urgent = request.urgent || assessment.level.is_urgent();
    let queue = if urgent { QueueName::InterventionsPriority } else { QueueName::Interventions };
    let message = InterventionRequested {
        request: Request { urgent, ..request },
        level: assessment.level,
        factors: factors(assessment),
    };
    outbox.to_queue(queue, id, &message)
}

/// The features that raise the risk most, strongest first.
fn factors(assessment: &Assessment) -> Vec<Feature> {
    let raising = assessment.contributions.iter().filter(|found| found.log_odds > 0.0);
    raising.map(|found| found.feature).take(FACTORS).collect()
}

pub(crate) fn skipped(outbox: Outbox, request: Request) -> Result<Outgoing, StageError> {
    let id = format!("{}/skipped", request.stem());
    let key = request.user_id.partition_key();
    let reason = SkipReason::NoScoringConsent;
    let message = AssessmentSkipped { request, stage: Scoring::NAME, reason };
    outbox.to_stream(StreamName::Outcomes, id, key, &message)
}
