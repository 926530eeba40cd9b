//! What those who run the pipeline are told of a run: counts, and keyed hashes of who is missing.
//!
//! A notice is read in a mail or on a telephone: its first sentence says it all, and it is one
//! paragraph.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::pseudonym::PseudonymKey;
use mindmate_domain::run::Run;
use mindmate_domain::{RiskLevel, RunId};
use mindmate_pipeline::ports::{Notice, ShardTally, Tally};

use crate::closing::{Missing, MissingAt};
use crate::summary::Summary;

/// The id of the notice that a run is complete.
pub(crate) fn complete_id(run: &RunId) -> String {
    format!("{}{run}/complete", Notice::OF_RUN)
}

/// The id of the notice that a run is overdue.
pub(crate) fn overdue_id(run: &RunId) -> String {
    format!("{}{run}/overdue", Notice::OF_RUN)
}

/// What an open run lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lack {
    /// Shards that are not paged to their end: nobody knows yet whom they hold.
    unpaged: usize,
    shards: u16,
    assessments: u64,
    interventions: u64,
}

impl Lack {
    pub(crate) fn of(run: &Run, tally: &Tally) -> Self {
        let paged = tally.shards.iter().filter(|shard| shard.all_paged).count();
        let sum = |missing: fn(&ShardTally) -> Vec<u32>| {
            tally.shards.iter().map(|shard| missing(shard).len() as u64).sum()
        };
        Self {
            unpaged: usize::from(run.shards).saturating_sub(paged),
            shards: run.shards,
            assessments: sum(ShardTally::missing),
            interventions: sum(ShardTally::missing_interventions),
        }
    }

    /// How many requests are missing, as far as they are paged.
    pub(crate) fn requests(&self) -> u64 {
        self.assessments + self.interventions
    }
}

/// What a run came to.
pub(crate) fn complete(summary: &Summary, took: SignedDuration) -> String {
    let (ledger, interventions) = (&summary.ledger, &summary.interventions);
    let levels = RiskLevel::ALL
        .into_iter()
        .rev()
        .map(|level| format!("{level} {}", summary.levels.get(level.name()).copied().unwrap_or(0)));
    let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
    let given_up = ledger.dead_lettered + interventions.dead_lettered;
    let given_up = match given_up {
        0 => String::new(),
        some => format!(" Given up: {some}, look at the dead-letter queues."),
    };
    format!(
        "{} is complete: {} enqueued = {} assessed + {} skipped + {} dead-lettered.{given_up} \
         Levels: {}. Interventions: {} requested = {} delivered + {} withheld + {} dead-lettered. \
         It took {}.",
        summary.run_id,
        ledger.enqueued,
        ledger.assessed,
        ledger.skipped,
        ledger.dead_lettered,
        levels.collect::<Vec<_>>().join(", "),
        interventions.requested,
        sum(&interventions.delivered),
        sum(&interventions.withheld),
        interventions.dead_lettered,
        words(took)
    )
}

/// What a run lacks that should be complete, and whom, as far as they are named.
pub(crate) fn overdue(
    run: &Run,
    due: Timestamp,
    lack: &Lack,
    named: &[Missing],
    pseudonyms: &PseudonymKey,
) -> String {
    let mut lacks = Vec::new();
    if lack.unpaged > 0 {
        lacks.push(format!("shards not fanned out: {} of {}", lack.unpaged, lack.shards));
    }
    if lack.assessments > 0 {
        lacks.push(format!("requests not accounted for: {}", lack.assessments));
    }
    if lack.interventions > 0 {
        lacks.push(format!("interventions not accounted for: {}", lack.interventions));
    }
    let mut text = format!("{} is not complete and was due at {due}: ", run.id);
    text += &lacks.join("; ");
    text.push('.');
    if !named.is_empty() {
        let people: Vec<_> = named.iter().map(|one| name(one, pseudonyms)).collect();
        text += &format!(" Missing: {}", people.join(", "));
        let more = lack.requests().saturating_sub(named.len() as u64);
        text += &if more > 0 { format!(" and {more} more.") } else { ".".to_owned() };
    }
    text + &format!(" Look: mindmate runs {}. You are told again when it is complete.", run.id)
}

fn name(missing: &Missing, pseudonyms: &PseudonymKey) -> String {
    let what = match missing.at {
        MissingAt::Assessment => "assessment",
        MissingAt::Intervention => "intervention",
    };
    let place = &missing.position;
    format!(
        "{} ({what}, shard {} ordinal {})",
        pseudonyms.of(&missing.user),
        place.shard,
        place.ordinal
    )
}

/// A time in hours, minutes and seconds, whole ones.
fn words(took: SignedDuration) -> String {
    let seconds = took.as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::words;
    use jiff::SignedDuration;

    #[test]
    fn a_time_is_said_in_the_units_that_matter() {
        for (seconds, said) in [
            (-1, "0 s"),
            (59, "59 s"),
            (60, "1 min 0 s"),
            (754, "12 min 34 s"),
            (7_260, "2 h 1 min"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), said);
        }
    }
}
