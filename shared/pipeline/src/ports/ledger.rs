//! The ledger of a run: what was enqueued, and what became of each.
//!
//! A bitmap for each run, shard, stage and kind of mark, one bit a request: setting a bit twice
//! changes nothing, so that outcomes may come twice and replays count once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::bitmap::Bitmap;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::run::{Fate, PageEntry, Run};
use mindmate_domain::{AsOf, Position, RiskLevel, RunId, StageName, UserId};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// Runs, their fan-out pages and their marks.
#[async_trait]
pub trait RunLedger: Send + Sync {
    /// Starts a run, unless one of its id is there.
    async fn start(&self, run: &Run) -> PortResult<RunStart>;

    /// The run of that id.
    async fn run(&self, id: &RunId) -> PortResult<Option<Run>>;

    /// All runs, latest `asOf` first.
    async fn runs(&self) -> PortResult<Vec<Run>>;

    /// The runs whose `asOf` is `since` or later, latest first: who looks often asks for few.
    async fn runs_since(&self, since: AsOf) -> PortResult<Vec<Run>>;

    /// Stores a page unless it is there, and gives back the one that is.
    async fn put_page(&self, page: &Page) -> PortResult<Page>;

    /// The page of that number.
    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>>;

    /// Sets marks. Setting one twice changes nothing.
    async fn mark(&self, marks: &[Mark]) -> PortResult<()>;

    /// What stands in the ledger.
    async fn tally(&self, run: &RunId) -> PortResult<Tally>;

    /// Notes that the ledger has closed, with the run's summary in JSON. The first one stays.
    async fn complete(&self, run: &RunId, at: Timestamp, summary: &str) -> PortResult<()>;

    /// The summary that the run was completed with.
    async fn summary(&self, run: &RunId) -> PortResult<Option<String>>;
}

/// What became of the start of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStart {
    /// It was started.
    Started,
    /// This one was there already.
    Existing(Run),
}

/// A page of a fan-out, stored before it is sent, so that every try sends the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Its run.
    pub run: RunId,
    /// Its shard.
    pub shard: u16,
    /// Its number, from 0.
    pub number: u32,
    /// The ordinal of its first entry.
    pub first_ordinal: u32,
    /// Its users, by id.
    pub entries: Vec<PageEntry>,
    /// Whether it is the shard's last.
    pub last: bool,
}

impl Page {
    /// The ordinal after its last entry.
    pub fn next_ordinal(&self) -> u32 {
        let entries = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.first_ordinal.saturating_add(entries)
    }

    /// The user after whom the next page begins.
    pub fn last_user(&self) -> Option<&UserId> {
        self.entries.last().map(|entry| &entry.user)
    }
}

/// One bit: at this position, this stage said this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which request.
    pub position: Position,
    /// Which stage said so.
    pub stage: StageName,
    /// What it said.
    pub kind: MarkKind,
}

/// What a stage can say of a request. Written as `completed`, `sentOn`, `level.high`,
/// `delivered.checkIn`, `withheld.coolDown`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarkKind(Cow<'static, str>);

impl MarkKind {
    /// What became of it at the stage.
    pub fn fate(fate: Fate) -> Self {
        Self(fate.name().into())
    }

    /// It was sent on to the intervention stage.
    pub fn sent_on() -> Self {
        Self("sentOn".into())
    }

    /// Its level.
    pub fn level(level: RiskLevel) -> Self {
        Self(format!("level.{level}").into())
    }

    /// The type of intervention that was delivered.
    pub fn delivered(kind: InterventionType) -> Self {
        Self(format!("delivered.{}", kind.name()).into())
    }

    /// Why it was left, in the name of a reason.
    pub fn withheld(reason: WithheldReason) -> Self {
        Self(format!("withheld.{}", reason.name()).into())
    }

    /// A kind as a store holds it.
    pub fn stored(name: &str) -> Self {
        Self(name.to_owned().into())
    }

    /// As in stores.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What stands in the ledger of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Shard by shard, by number.
    pub shards: Vec<ShardTally>,
}

/// What stands in the ledger of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShardTally {
    /// Its number.
    pub shard: u16,
    /// How many requests its pages hold.
    pub enqueued: u32,
    /// Whether its last page is stored.
    pub all_paged: bool,
    /// The marks, by stage and kind.
    pub marks: BTreeMap<(StageName, MarkKind), Bitmap>,
}

/// What became of a shard's requests on the way to an assessment: each in one place only, since
/// completed supersedes skipped, which supersedes dead-lettered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fates {
    /// Assessed.
    pub assessed: Bitmap,
    /// Left for a reason.
    pub skipped: Bitmap,
    /// Given up.
    pub dead_lettered: Bitmap,
}

impl ShardTally {
    /// The requests that a mark holds for.
    pub fn of(&self, stage: StageName, kind: &MarkKind) -> Bitmap {
        self.marks.get(&(stage, kind.clone())).cloned().unwrap_or_default()
    }

    /// What became of the requests on the way to an assessment.
    pub fn fates(&self) -> Fates {
        let of = |fate| {
            let at = |stage| self.of(stage, &MarkKind::fate(fate));
            at(StageName::FeatureExtraction).union(&at(StageName::Scoring))
        };
        let assessed = of(Fate::Completed);
        let skipped = of(Fate::Skipped).minus(&assessed);
        let dead_lettered = of(Fate::DeadLettered).minus(&assessed).minus(&skipped);
        Fates { assessed, skipped, dead_lettered }
    }

    /// What became of the interventions that were asked for. Scoring may have told of an assessment
    /// and not sent the request that came of it: where it then gave up, the dead letter is scoring's,
    /// and a replay of that sends it; where consent to scoring was taken back meanwhile, nothing goes
    /// out.
    pub fn interventions(&self) -> Fates {
        let at = |stage, fate| self.of(stage, &MarkKind::fate(fate));
        let of = |fate| at(StageName::Intervention, fate);
        let asked = self.of(StageName::Scoring, &MarkKind::sent_on());
        // Both: minus what is only in one of them.
        let asked_and = |marks: Bitmap| marks.minus(&marks.minus(&asked));
        let left = at(StageName::FeatureExtraction, Fate::Skipped)
            .union(&at(StageName::Scoring, Fate::Skipped));
        let unsent = at(StageName::Scoring, Fate::DeadLettered);
        let assessed = of(Fate::Completed);
        let skipped = of(Fate::Skipped).union(&asked_and(left)).minus(&assessed);
        let given_up = of(Fate::DeadLettered).union(&asked_and(unsent));
        let dead_lettered = given_up.minus(&assessed).minus(&skipped);
        Fates { assessed, skipped, dead_lettered }
    }

    /// Ordinals of which nobody has said what became of them.
    pub fn missing(&self) -> Vec<u32> {
        self.fates().all().gaps(self.enqueued).collect()
    }

    /// Ordinals of which an intervention was asked for and nobody has said what became of it.
    pub fn missing_interventions(&self) -> Vec<u32> {
        let asked = self.of(StageName::Scoring, &MarkKind::sent_on());
        let open = asked.minus(&self.interventions().all());
        (0..self.enqueued).filter(|ordinal| open.contains(*ordinal)).collect()
    }

    /// Whether everything is paged and accounted for.
    pub fn is_closed(&self) -> bool {
        self.all_paged && self.missing().is_empty() && self.missing_interventions().is_empty()
    }
}

impl Fates {
    /// Requests of which something is known.
    pub fn all(&self) -> Bitmap {
        self.assessed.union(&self.skipped).union(&self.dead_lettered)
    }
}

impl Tally {
    /// Whether every shard of `shards` is there and closed.
    pub fn is_closed(&self, shards: u16) -> bool {
        self.shards.len() == usize::from(shards) && self.shards.iter().all(ShardTally::is_closed)
    }

    /// How many requests there are.
    pub fn enqueued(&self) -> u64 {
        self.shards.iter().map(|shard| u64::from(shard.enqueued)).sum()
    }

    /// How many marks there are of a kind at a stage.
    pub fn count(&self, stage: StageName, kind: &MarkKind) -> u64 {
        self.shards.iter().map(|shard| shard.of(stage, kind).count()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(marks: &[(StageName, MarkKind)]) -> ShardTally {
        let mut tally = ShardTally { enqueued: 1, all_paged: true, ..ShardTally::default() };
        for mark in marks {
            tally.marks.entry(mark.clone()).or_default().set(0);
        }
        tally
    }

    /// Scoring told of the assessment, could not send the request, and at its next try scoring was no
    /// longer consented to. Found by the simulation.
    #[test]
    fn what_scoring_told_of_and_left_after_an_opt_out_is_skipped() {
        let scoring = StageName::Scoring;
        let told = [
            (scoring, MarkKind::fate(Fate::Completed)),
            (scoring, MarkKind::sent_on()),
            (scoring, MarkKind::fate(Fate::Skipped)),
        ];
        assert!(tally(&told).is_closed());
        assert_eq!(tally(&told).interventions().skipped.count(), 1);
        assert_eq!(tally(&told[2..]).interventions().skipped.count(), 0);
    }

    /// Scoring told of the assessment, could not send the request that came of it, and gave up: its
    /// dead letter is known, and the books close. Found by the simulation.
    #[test]
    fn what_scoring_told_of_and_could_not_send_is_dead_lettered() {
        let scoring = StageName::Scoring;
        let (done, asked) = (MarkKind::fate(Fate::Completed), MarkKind::sent_on());
        let told = [(scoring, done.clone()), (scoring, asked)];
        assert_eq!(tally(&told).missing_interventions(), [0]);
        let given_up = (scoring, MarkKind::fate(Fate::DeadLettered));
        let [done_mark, asked_mark] = told;
        let unsent = tally(&[done_mark.clone(), asked_mark.clone(), given_up.clone()]);
        assert!(unsent.is_closed());
        assert_eq!(unsent.interventions().dead_lettered.count(), 1);
        let replayed = (StageName::Intervention, done);
        let sent = tally(&[done_mark, asked_mark, given_up.clone(), replayed]).interventions();
        assert_eq!((sent.assessed.count(), sent.dead_lettered.count()), (1, 0));
        // Where no intervention was asked for, none is dead-lettered.
        assert_eq!(tally(&[given_up]).interventions().dead_lettered.count(), 0);
    }
}
