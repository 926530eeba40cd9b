//! The books of the runs.

use std::collections::BTreeMap;

use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::run::Run;
use mindmate_domain::{Position, UserId};
use mindmate_pipeline::ports::{ShardTally, Tally};
use mindmate_run_report::name_missing;

use super::{Evidence, Invariant, Moment, Verdict};
use crate::executor::at_once;
use crate::log::What;

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    nothing_is_left(evidence, verdict);
    for (run, tally) in &evidence.runs {
        closes_or_says_why(evidence, run, tally, verdict);
        if evidence.moment == Moment::Mended && run.completed_at.is_none() {
            let missing: Vec<_> = tally.shards.iter().map(ShardTally::missing).collect();
            let words = format!("{} is open, missing {missing:?}", run.id);
            verdict.add(Invariant::LedgerClosesInTheEnd, words);
        }
    }
    marks_stay(evidence, verdict);
    one_user_a_place(evidence, verdict);
}

fn nothing_is_left(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let backend = &evidence.world.backend;
    for queue in QueueName::ALL {
        let depth = backend.depth(queue);
        if depth.visible + depth.in_flight + depth.delayed > 0 {
            verdict.add(Invariant::NothingIsLeft, format!("{queue}: {depth:?}"));
        }
    }
    for stream in [StreamName::AppTable, StreamName::Outcomes] {
        let unread = backend.unread(stream, stream.consumer().name());
        if unread > 0 {
            verdict.add(Invariant::NothingIsLeft, format!("{stream}: {unread} unread"));
        }
    }
}

fn closes_or_says_why(evidence: &Evidence<'_>, run: &Run, tally: &Tally, verdict: &mut Verdict) {
    let by = Invariant::LedgerClosesOrSaysWhy;
    for number in 0..run.shards {
        let is_given_up = evidence.letters.iter().any(|letter| {
            letter.queue == QueueName::FanOut
                && letter.shard.as_ref() == Some(&(run.id.clone(), number))
        });
        let shard = tally.shards.iter().find(|shard| shard.shard == number);
        if is_given_up || is_told_as_refused(evidence, run) {
            continue;
        }
        let Some(shard) = shard.filter(|shard| shard.all_paged) else {
            verdict.add(by, format!("{}/{number} is not paged, and no letter says why", run.id));
            continue;
        };
        for ordinal in shard.missing().into_iter().chain(shard.missing_interventions()) {
            let position = Position { run: run.id.clone(), shard: number, ordinal };
            if !is_explained(evidence, &position) {
                let words = format!("{}/{number}/{ordinal} is missing, no letter says why", run.id);
                verdict.add(by, words);
            }
        }
    }
    let missing: usize = tally.shards.iter().map(count_missing).sum();
    let named = at_once(name_missing(&*evidence.world.calm.ledger, run, tally, usize::MAX));
    let named = named.map_or(0, |named| named.len());
    if named != missing {
        verdict.add(by, format!("{}: {missing} are missing and {named} are named", run.id));
    }
}

/// Whether the schedule began the run too late to go on with it, and somebody was told that it is
/// overdue.
fn is_told_as_refused(evidence: &Evidence<'_>, run: &Run) -> bool {
    let is_refused = evidence.world.log.read(|happened| {
        happened.iter().any(|it| matches!(&it.what, What::Refused(as_of) if *as_of == run.as_of))
    });
    let name = run.id.as_str();
    let notices = evidence.world.backend.notices();
    is_refused && notices.iter().any(|told| told.is_about_a_run() && told.id.contains(name))
}

fn count_missing(shard: &ShardTally) -> usize {
    shard.missing().len() + shard.missing_interventions().len()
}

/// Whether the queue itself put the request aside, or its outcome could not be counted.
fn is_explained(evidence: &Evidence<'_>, position: &Position) -> bool {
    let by_the_queue = evidence
        .letters
        .iter()
        .any(|letter| letter.is_by_the_queue() && letter.position.as_ref() == Some(position));
    by_the_queue || evidence.untold.contains(position)
}

fn marks_stay(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let tallies: BTreeMap<_, _> =
        evidence.runs.iter().map(|(run, tally)| (run.id.clone(), tally)).collect();
    evidence.world.log.read(|happened| {
        for happening in happened {
            let What::Marked(marks) = &happening.what else { continue };
            for mark in marks {
                let place = &mark.position;
                let tally = tallies.get(&place.run);
                let shard = tally
                    .and_then(|tally| tally.shards.iter().find(|shard| shard.shard == place.shard));
                let is_there = shard
                    .is_some_and(|shard| shard.of(mark.stage, &mark.kind).contains(place.ordinal));
                // A run that nobody has started, of garbage, has no tally to look at.
                if tally.is_some() && !is_there {
                    verdict.add(Invariant::MarksStay, format!("{mark:?} is gone"));
                }
            }
        }
    });
}

fn one_user_a_place(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let mut users: BTreeMap<Position, UserId> = BTreeMap::new();
    let mut places: BTreeMap<(String, UserId), Position> = BTreeMap::new();
    for (position, user) in super::messages::places(evidence) {
        let first = users.entry(position.clone()).or_insert_with(|| user.clone());
        if *first != user {
            verdict.add(Invariant::OneUserAPlace, format!("{position:?} is of two users"));
        }
        let key = (position.run.as_str().to_owned(), user);
        let first = places.entry(key).or_insert_with(|| position.clone());
        if *first != position {
            verdict.add(Invariant::OneUserAPlace, format!("{position:?} and {first:?} are one's"));
        }
    }
}
