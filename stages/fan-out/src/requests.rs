//! What is sent: requests for assessments and for pages, with ids that follow from the run.

use jiff::Timestamp;
use mindmate_contracts::QueueName;
use mindmate_contracts::messages::{AssessmentRequested, FanOutShardRequested, Request, Trigger};
use mindmate_domain::run::{PageEntry, Position};
use mindmate_domain::{RiskLevel, StageName};
use mindmate_pipeline::daily::page_request;
use mindmate_pipeline::ports::Page;
use mindmate_pipeline::{Outbox, Outgoing, StageError};

/// What a stored page sends: those who cannot wait first, and the request for the next page last.
pub(crate) fn of_page(
    shard: &FanOutShardRequested,
    page: &Page,
    now: Timestamp,
) -> Result<Vec<Outgoing>, StageError> {
    let outbox = Outbox::new(StageName::FanOut, now);
    let requests = (page.first_ordinal..).zip(&page.entries);
    let requests = requests.map(|(ordinal, entry)| request(shard, ordinal, entry));
    let (urgent, others): (Vec<_>, Vec<_>) = requests.partition(|request| request.urgent);
    let mut outgoing = urgent
        .into_iter()
        .chain(others)
        .map(|request| assessment_request(outbox, request))
        .collect::<Result<Vec<_>, _>>()?;
    if !page.last {
        let next = FanOutShardRequested { page: page.number.saturating_add(1), ..shard.clone() };
        outgoing.push(page_request(outbox, &next)?);
    }
    Ok(outgoing)
}

fn request(shard: &FanOutShardRequested, ordinal: u32, entry: &PageEntry) -> Request {
    Request {
        user_id: entry.user.clone(),
        as_of: shard.as_of,
        run: Some(Position { run: shard.run_id.clone(), shard: shard.shard, ordinal }),
        trigger: Trigger::Daily,
        urgent: entry.last_level.is_some_and(RiskLevel::is_urgent),
        historical: shard.historical,
    }
}

fn assessment_request(outbox: Outbox, request: Request) -> Result<Outgoing, StageError> {
    let queue =
        if request.urgent { QueueName::AssessmentsPriority } else { QueueName::Assessments };
    let id = format!("{}/requested", request.stem());
    outbox.to_queue(queue, id, &AssessmentRequested { request, seen: Vec::new() })
}
