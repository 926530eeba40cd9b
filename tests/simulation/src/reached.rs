//! Counts the states that a world was in, and says in full where it ended.

use mindmate_contracts::messages::{InterventionDelivered, InterventionWithheld};
use mindmate_contracts::{RawEvent, StreamName};

use crate::executor::at_once;
use crate::invariants::{Evidence, Moment};
use crate::log::What;
use crate::world::World;

/// Every fault and every state, as they are counted: none may be rare.
pub const REACHED: &[&str] = &[
    "acknowledgement lost",
    "asking again died",
    "asking again failed",
    "assessment stood there already",
    "assessment written",
    "chat put",
    "chat was there already",
    "clocks apart",
    "crisis language while it runs",
    "dead letter",
    "dead letter by the queue itself",
    "dead letter replayed",
    "dead-lettered",
    "dead-lettered: bad-data",
    "dead-lettered: injected-refusal",
    "dead-lettered: not-an-event",
    "dead-lettered: panicked",
    "dead-lettered: received-too-often",
    "dead-lettered: retries-exhausted",
    "dead-lettered: unknown-type",
    "delivered: checkIn",
    "delivered: copingActivities",
    "delivered: crisisSupport",
    "delivered: encouragement",
    "done",
    "extension lost",
    "fault: delayed",
    "fault: down",
    "fault: failed",
    "fault: happened, and timed out",
    "fault: stalled",
    "fault: throttled",
    "fault: twice",
    "garbage",
    "given back for another try",
    "guard moved while deciding",
    "handling failed for a person",
    "handling panicked",
    "handling refused for good",
    "intervention stood there already",
    "late sync",
    "ledger closed at rest",
    "ledger open at rest",
    "level: critical",
    "level: high",
    "level: low",
    "level: minimal",
    "level: moderate",
    "level: unknown",
    "look at runs died",
    "look at runs failed",
    "machine crashed",
    "machine killed by a message",
    "machine paused",
    "message of a version that nobody takes",
    "open run asked for again",
    "opted out of outreach",
    "opted out of scoring",
    "opted out of textAnalysis",
    "port down for an hour",
    "received again",
    "received out of order",
    "replay died",
    "replay failed for a letter",
    "review: crisisCheckFailed",
    "review: criticalAssessment",
    "review: criticalNotDelivered",
    "review: lateIntervention",
    "run refused",
    "run started",
    "run was started already",
    "runs looked at",
    "sentiment stored",
    "settled after its visibility had run out",
    "start of a run died",
    "start of a run failed",
    "stream record put aside",
    "stream stopped at a record",
    "throttling storm",
    "two runs at once",
    "visibility extended",
    "withheld: coolDown",
    "withheld: noOutreachConsent",
    "withheld: noScoringConsent",
    "withheld: overtaken",
    "withheld: stale",
];

/// What there is when the faults have ended.
pub(crate) fn at_rest(world: &World) {
    let evidence = Evidence::of(world, Moment::AtRest);
    let log = &world.log;
    for (run, tally) in &evidence.runs {
        let is_closed = tally.is_closed(run.shards);
        log.count(if is_closed { "ledger closed at rest" } else { "ledger open at rest" });
    }
    for letter in &evidence.letters {
        let by_the_queue = letter.is_by_the_queue();
        log.count(if by_the_queue { "dead letter by the queue itself" } else { "dead letter" });
    }
    for _ in &evidence.asides {
        log.count("stream record put aside");
    }
}

/// What there is when all is over.
pub(crate) fn in_the_end(world: &World) {
    let log = &world.log;
    for ((fault, port), times) in world.faults.counts() {
        for _ in 0..times {
            log.count(format!("fault: {fault}"));
        }
        log.trace().tell("fault", &format!("{fault} {port} {times}"));
    }
    for entry in Evidence::of(world, Moment::Mended).reviews {
        log.count(format!("review: {}", entry.reason.name()));
    }
    for record in world.backend.records(StreamName::Outcomes) {
        let Ok(event) = RawEvent::parse(&record.body) else { continue };
        if let Ok(withheld) = event.data::<InterventionWithheld>() {
            log.count(format!("withheld: {}", withheld.reason.name()));
        }
        if let Ok(delivered) = event.data::<InterventionDelivered>() {
            log.count(format!("delivered: {}", delivered.intervention.name()));
        }
    }
    let levels: Vec<_> = log.read(|happened| {
        let levels = happened.iter().filter_map(|happening| match &happening.what {
            What::Assessed(assessment, true) => Some(assessment.level),
            _ => None,
        });
        levels.collect()
    });
    for level in levels {
        log.count(format!("level: {level}"));
    }
    if world.plan.skews.iter().any(|skew| !skew.is_zero()) {
        log.count("clocks apart");
    }
    if runs_overlapped(world) {
        log.count("two runs at once");
    }
}

/// Whether both daily runs were sending at the same time.
fn runs_overlapped(world: &World) -> bool {
    let second: jiff::Timestamp = crate::plan::FIRST_RUN.parse().expect("an instant");
    let second = crate::clock::later(second, jiff::SignedDuration::from_hours(24));
    world.log.read(|happened| {
        happened.iter().any(|happening| {
            happening.at >= second
                && matches!(&happening.what, What::Marked(marks)
                    if marks.iter().any(|mark| mark.position.run.as_str() == "daily-2026-11-24"))
        })
    })
}

/// Everything that the stores hold in the end.
pub(crate) fn final_state(world: &World) -> String {
    let evidence = Evidence::of(world, Moment::Mended);
    let assessments = world.plan.people.iter().map(|person| {
        let found = at_once(world.calm.assessments.latest(&person.user, usize::MAX));
        let chats: Vec<_> =
            world.backend.items(&person.user).into_iter().map(|(sk, _)| sk).collect();
        format!("{found:?} {chats:?}")
    });
    let assessments: Vec<_> = assessments.collect();
    format!("{:?} {assessments:?} {:?}", evidence.runs, evidence.reviews)
}
