//! The check at the end: what was sent = assessed + skipped + dead-lettered, each by its position.
//!
//! Three books are held against each other: what the harness sent, what the stream of outcomes told
//! it, and the run's ledger as the stage `run-report` folded it. Bodies without a position are
//! counted by what lies in the dead-letter queue.

use mindmate_contracts::QueueName;
use mindmate_domain::StageName;
use mindmate_domain::run::Fate;
use mindmate_pipeline::ports::{MarkKind, Tally};
use mindmate_run_report::{Missing, MissingAt, name_missing};

use crate::book::Totals;
use crate::drive::Shared;
use crate::result::LedgerCheck;
use crate::target::Target;

/// Of those who are missing, so many are named.
const NAMED: usize = 20;

/// Dead letters in the queue that requests are sent to.
pub(crate) async fn dead_letters(target: &Target) -> anyhow::Result<u64> {
    Ok(target.ports.channels.queue(QueueName::Assessments).depth().await?.dead)
}

/// Checks the books of a run that is over.
pub(crate) async fn check(shared: &Shared<'_>, dead_before: u64) -> anyhow::Result<LedgerCheck> {
    let (ledger, run) = (&shared.target.ports.ledger, &shared.plan.run);
    let tally = ledger.tally(&run.id).await?;
    let totals = shared.totals();
    let given_up = tally.count(StageName::FeatureExtraction, &MarkKind::fate(Fate::DeadLettered));
    let dead = dead_letters(shared.target).await?.saturating_sub(dead_before);
    let garbage = Garbage {
        sent: shared.plan.garbage(),
        put_aside: dead.saturating_sub(given_up).min(shared.plan.garbage()),
    };
    let placed = tally.enqueued();
    let mut faults = faults(placed, &totals, &tally, garbage);
    if tally.shards.len() != usize::from(run.shards)
        || !tally.shards.iter().all(|shard| shard.all_paged)
    {
        faults.push("not every shard was fanned out to its end".to_owned());
    }
    if !shared.plan.is_wave && shared.sent() != placed + garbage.sent {
        let sent = shared.sent();
        faults.push(format!("{sent} were sent, and {} were planned", placed + garbage.sent));
    }
    let named = name_missing(&**ledger, run, &tally, NAMED).await?;
    let mut missing_named: Vec<_> = named.iter().map(|one| words(one, shared.target)).collect();
    if missing_named.is_empty() {
        // The ledger knows of all; this book does not.
        let unseen = shared.book().missing();
        let place = |at: &mindmate_domain::Position| {
            format!("shard {} ordinal {}  no outcome was seen", at.shard, at.ordinal)
        };
        missing_named.extend(unseen.iter().take(NAMED).map(place));
    }
    Ok(LedgerCheck {
        sent: placed + garbage.sent,
        assessed: totals.assessed,
        skipped: totals.skipped,
        dead_lettered: totals.dead_lettered + garbage.put_aside,
        missing: placed.saturating_sub(totals.known()) + garbage.sent - garbage.put_aside,
        interventions_asked: totals.asked,
        interventions_answered: totals.answered,
        delivered: totals.delivered,
        repeated: totals.repeated,
        faults,
        missing_named,
    })
}

/// Bodies without a place in the run.
#[derive(Debug, Clone, Copy, Default)]
struct Garbage {
    sent: u64,
    put_aside: u64,
}

/// What keeps the books from closing.
fn faults(placed: u64, totals: &Totals, tally: &Tally, garbage: Garbage) -> Vec<String> {
    let mut faults = Vec::new();
    let mut differ = |what: &str, expected: u64, found: u64| {
        if expected != found {
            faults.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    differ("requests with an outcome", placed, totals.known());
    differ("interventions with an outcome", totals.asked, totals.answered);
    differ("outcomes of requests that nobody sent", 0, totals.unknown);
    differ("bodies without a place in the dead-letter queue", garbage.sent, garbage.put_aside);
    let of = |count: fn(&mindmate_pipeline::ports::Fates) -> u64| {
        tally.shards.iter().map(|shard| count(&shard.fates())).sum::<u64>()
    };
    differ("assessed by the ledger", totals.assessed, of(|fates| fates.assessed.count()));
    differ("skipped by the ledger", totals.skipped, of(|fates| fates.skipped.count()));
    differ(
        "dead-lettered by the ledger",
        totals.dead_lettered,
        of(|fates| fates.dead_lettered.count()),
    );
    faults
}

fn words(missing: &Missing, target: &Target) -> String {
    let what = match missing.at {
        MissingAt::Assessment => "assessment",
        MissingAt::Intervention => "intervention",
    };
    let user = target.pseudonyms.of(&missing.user);
    let position = &missing.position;
    format!("{user}  shard {} ordinal {}  no {what}", position.shard, position.ordinal)
}
