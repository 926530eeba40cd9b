//! Dead letters.

use std::collections::BTreeSet;

use mindmate_domain::run::Fate;
use mindmate_domain::{Position, StageName};
use mindmate_pipeline::ports::{CAUSE_ATTRIBUTES, MarkKind, ShardTally};
use mindmate_testkit::memory::DEFAULT_MAX_RECEIVES;

use super::evidence::Letter;
use super::{Evidence, Invariant, Moment, Verdict};

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    for letter in &evidence.letters {
        has_a_cause(letter, verdict);
        if !letter.is_by_the_queue() {
            is_told(evidence, letter, verdict);
        }
    }
    for aside in &evidence.asides {
        if CAUSE_ATTRIBUTES.iter().any(|name| !aside.attributes.contains_key(*name)) {
            let words = format!("record {:?} has no cause", aside.record.sequence);
            verdict.add(Invariant::DeadLettersHaveCauses, words);
        }
    }
    if evidence.moment == Moment::AtRest {
        what_is_told_is_there(evidence, verdict);
    }
}

fn has_a_cause(letter: &Letter, verdict: &mut Verdict) {
    let (queue, attributes) = (letter.queue, &letter.message.attributes);
    // What came with the message, such as the id of a replay, is no part of a cause.
    let words = match letter.is_by_the_queue() {
        true if letter.message.receive_count < DEFAULT_MAX_RECEIVES => "none, and few receives",
        false if CAUSE_ATTRIBUTES.iter().any(|name| !attributes.contains_key(*name)) => {
            "a part of one"
        }
        _ => return,
    };
    verdict.add(Invariant::DeadLettersHaveCauses, format!("a letter of {queue} has {words}"));
}

/// A letter of a run stands in the ledger as dead-lettered, whatever superseded that since.
fn is_told(evidence: &Evidence<'_>, letter: &Letter, verdict: &mut Verdict) {
    let (Some(position), stage) = (&letter.position, letter.queue.consumer()) else { return };
    let of_the_way = [StageName::FeatureExtraction, StageName::Scoring, StageName::Intervention];
    if !of_the_way.contains(&stage) || evidence.untold.contains(position) {
        return;
    }
    let Some((_, tally)) = evidence.runs.iter().find(|(run, _)| run.id == position.run) else {
        return;
    };
    let shard = tally.shards.iter().find(|shard| shard.shard == position.shard);
    let kind = MarkKind::fate(Fate::DeadLettered);
    if !shard.is_some_and(|shard| shard.of(stage, &kind).contains(position.ordinal)) {
        let words = format!("a letter of {stage} at {position:?} is in no ledger");
        verdict.add(Invariant::DeadLettersAreTold, words);
    }
}

/// What the ledger calls dead-lettered lies in a dead-letter queue.
fn what_is_told_is_there(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let lying = |stages: &[StageName]| -> BTreeSet<Position> {
        let letters = evidence.letters.iter();
        let own = letters.filter(|letter| stages.contains(&letter.queue.consumer()));
        own.filter_map(|letter| letter.position.clone()).collect()
    };
    let on_the_way = lying(&[StageName::FeatureExtraction, StageName::Scoring]);
    // What scoring told of and could not send lies in scoring's.
    let at_the_end = lying(&[StageName::Scoring, StageName::Intervention]);
    for (run, tally) in &evidence.runs {
        for shard in &tally.shards {
            let given_up = [
                (shard.fates().dead_lettered, &on_the_way),
                (shard.interventions().dead_lettered, &at_the_end),
            ];
            for (told, lying) in given_up {
                for ordinal in ordinals(shard).filter(|ordinal| told.contains(*ordinal)) {
                    let position = Position { run: run.id.clone(), shard: shard.shard, ordinal };
                    if !lying.contains(&position) && !evidence.untold.contains(&position) {
                        let words = format!("{position:?} is dead-lettered, and lies nowhere");
                        verdict.add(Invariant::DeadLettersAreTold, words);
                    }
                }
            }
        }
    }
}

fn ordinals(shard: &ShardTally) -> impl Iterator<Item = u32> + use<> {
    0..shard.enqueued
}
