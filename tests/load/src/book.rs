//! The harness's own books: what was sent, and what came of it as far as the stream of outcomes says.
//!
//! They are kept beside the run's ledger and from other eyes: the ledger is what the stage
//! `run-report` folds, this is what a consumer of the same stream sees. At the end the two must
//! agree.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use mindmate_contracts::Message as _;
use mindmate_contracts::messages::{InterventionRequested, Outcome};
use mindmate_domain::run::Fate;
use mindmate_domain::{Position, RunId, StageName};

#[cfg(test)]
mod tests;

/// Significant digits of the histograms.
const DIGITS: u8 = 3;

/// One request.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// When it was to be sent, in microseconds from the beginning.
    due_us: u64,
    fate: Option<Fate>,
    asked: bool,
    intervention: Option<Fate>,
    delivered: bool,
}

/// The books of one run.
pub struct Book {
    run: RunId,
    shards: BTreeMap<u16, Vec<Entry>>,
    /// Whether requests are sent that this book does not know beforehand: the fan-out's.
    grows: bool,
    assessments: Histogram<u64>,
    deliveries: Histogram<u64>,
    last_us: u64,
    totals: Totals,
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Assessed.
    pub assessed: u64,
    /// Left for a reason.
    pub skipped: u64,
    /// Given up on the way to an assessment.
    pub dead_lettered: u64,
    /// Interventions that were asked for.
    pub asked: u64,
    /// Interventions of which it is known what became of them.
    pub answered: u64,
    /// Of these, in the chat.
    pub delivered: u64,
    /// Outcomes that said again what was known: allowed, and counted.
    pub repeated: u64,
    /// Outcomes of requests that nobody sent.
    pub unknown: u64,
}

impl Totals {
    /// Requests of which it is known what became of them.
    pub fn known(&self) -> u64 {
        self.assessed + self.skipped + self.dead_lettered
    }
}

impl Book {
    /// An empty book of a run. Where it `grows`, each request is due at the beginning and is known
    /// by its outcome; otherwise only what [`Book::expect`] was told is known.
    ///
    /// # Errors
    /// None: the digits of the histograms are ones that they take.
    pub fn new(run: RunId, grows: bool) -> anyhow::Result<Self> {
        Ok(Self {
            run,
            shards: BTreeMap::new(),
            grows,
            assessments: Histogram::new(DIGITS)?,
            deliveries: Histogram::new(DIGITS)?,
            last_us: 0,
            totals: Totals::default(),
        })
    }

    /// Notes a request that will be sent; gives its ordinal in the shard.
    pub fn expect(&mut self, shard: u16, due: Duration) -> u32 {
        let entries = self.shards.entry(shard).or_default();
        entries.push(Entry { due_us: micros(due), ..Entry::default() });
        u32::try_from(entries.len() - 1).unwrap_or(u32::MAX)
    }

    /// Requests that this book knows of.
    pub fn expected(&self) -> u64 {
        self.shards.values().map(|entries| entries.len() as u64).sum()
    }

    /// Takes an outcome that was seen at this time from the beginning. One of another run is none of
    /// its concern.
    pub fn take(&mut self, outcome: &Outcome, seen: Duration) {
        let Some(position) = outcome.position().filter(|position| position.run == self.run) else {
            return;
        };
        let seen_us = micros(seen);
        let Some(entry) = entry(&mut self.shards, position, self.grows) else {
            self.totals.unknown += 1;
            return;
        };
        self.last_us = self.last_us.max(seen_us);
        let took = seen_us.saturating_sub(entry.due_us);
        let totals = &mut self.totals;
        let is_new = match outcome {
            Outcome::Completed(done) => {
                let asks = done.sent_on.iter().any(|name| name == InterventionRequested::NAME);
                totals.asked += u64::from(asks && !entry.asked);
                entry.asked |= asks;
                let is_new = assess(entry, totals, Fate::Completed);
                if is_new {
                    record(&mut self.assessments, took);
                }
                is_new
            }
            Outcome::Skipped(_) => assess(entry, totals, Fate::Skipped),
            Outcome::DeadLettered(given_up) if given_up.stage == StageName::Intervention => {
                answer(entry, totals, Fate::DeadLettered)
            }
            Outcome::DeadLettered(_) => assess(entry, totals, Fate::DeadLettered),
            Outcome::Delivered(_) => {
                let is_first = !entry.delivered;
                entry.delivered = true;
                if is_first {
                    totals.delivered += 1;
                    record(&mut self.deliveries, took);
                }
                answer(entry, totals, Fate::Completed)
            }
            Outcome::Withheld(_) => answer(entry, totals, Fate::Skipped),
        };
        totals.repeated += u64::from(!is_new);
    }

    /// How many of each.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// From the scheduled instant until the assessment was seen, in microseconds.
    pub fn assessments(&self) -> &Histogram<u64> {
        &self.assessments
    }

    /// From the scheduled instant until the delivery was seen, in microseconds.
    pub fn deliveries(&self) -> &Histogram<u64> {
        &self.deliveries
    }

    /// When the latest outcome was seen, from the beginning.
    pub fn last(&self) -> Duration {
        Duration::from_micros(self.last_us)
    }

    /// Whether of `sent` requests it is known what became of all of them, and of their
    /// interventions.
    pub fn is_closed(&self, sent: u64) -> bool {
        let totals = self.totals;
        totals.known() == sent && totals.asked == totals.answered && totals.unknown == 0
    }

    /// Positions of which nobody has said what became of them. Where the book grows, only those
    /// below one that is known.
    pub fn missing(&self) -> Vec<Position> {
        let is_open =
            |entry: &Entry| entry.fate.is_none() || (entry.asked && entry.intervention.is_none());
        let of = |(shard, entries): (&u16, &Vec<Entry>)| {
            let open = entries.iter().zip(0_u32..).filter(|(entry, _)| is_open(entry));
            let position = |ordinal| Position { run: self.run.clone(), shard: *shard, ordinal };
            open.map(|(_, ordinal)| position(ordinal)).collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(of).collect()
    }
}

fn entry<'a>(
    shards: &'a mut BTreeMap<u16, Vec<Entry>>,
    position: &Position,
    grows: bool,
) -> Option<&'a mut Entry> {
    let ordinal = usize::try_from(position.ordinal).ok()?;
    if grows {
        let entries = shards.entry(position.shard).or_default();
        if entries.len() <= ordinal {
            entries.resize(ordinal + 1, Entry::default());
        }
        return entries.get_mut(ordinal);
    }
    shards.get_mut(&position.shard)?.get_mut(ordinal)
}

/// Notes what became of a request; says whether that is new. Completed supersedes skipped, which
/// supersedes dead-lettered, as in the ledger.
fn assess(entry: &mut Entry, totals: &mut Totals, fate: Fate) -> bool {
    if entry.fate >= Some(fate) {
        return false;
    }
    let mut count = |fate, by: i64| {
        let total = match fate {
            Fate::Completed => &mut totals.assessed,
            Fate::Skipped => &mut totals.skipped,
            Fate::DeadLettered => &mut totals.dead_lettered,
        };
        *total = total.saturating_add_signed(by);
    };
    if let Some(before) = entry.fate {
        count(before, -1);
    }
    count(fate, 1);
    entry.fate = Some(fate);
    true
}

/// The same of an intervention.
fn answer(entry: &mut Entry, totals: &mut Totals, fate: Fate) -> bool {
    if entry.intervention >= Some(fate) {
        return false;
    }
    // One that was not asked for as far as is known yet: its assessment's outcome comes later.
    totals.answered += u64::from(entry.intervention.is_none());
    entry.intervention = Some(fate);
    true
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Takes a time. A histogram that resizes by itself takes every number up to half of 2^64.
pub(crate) fn record(histogram: &mut Histogram<u64>, micros: u64) {
    if histogram.record(micros).is_err() {
        histogram.saturating_record(micros);
    }
}
