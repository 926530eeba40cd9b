//! The ledger of runs in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::run::Run;
use mindmate_domain::{AsOf, RunId};
use mindmate_pipeline::ports::{
    Mark, Page, PortError, PortResult, RunLedger, RunStart, ShardTally, Tally,
};

use super::{MemoryBackend, lock};

/// The name of this port in errors.
const PORT: &str = "ledger";

/// All runs.
#[derive(Default)]
pub(super) struct Ledger {
    runs: BTreeMap<RunId, Run>,
    summaries: BTreeMap<RunId, String>,
    pages: BTreeMap<(RunId, u16, u32), Page>,
    /// Marks only; what the pages say is added by [`Ledger::tally`].
    marks: BTreeMap<(RunId, u16), ShardTally>,
}

impl Ledger {
    fn tally(&self, run: &RunId) -> Tally {
        let mut shards: BTreeMap<u16, ShardTally> = BTreeMap::new();
        for ((of, shard), marked) in &self.marks {
            if of == run {
                shards.insert(*shard, marked.clone());
            }
        }
        for ((of, shard, _), page) in &self.pages {
            if of == run {
                let tally = shards
                    .entry(*shard)
                    .or_insert_with(|| ShardTally { shard: *shard, ..ShardTally::default() });
                tally.enqueued = tally.enqueued.max(page.next_ordinal());
                tally.all_paged |= page.last;
            }
        }
        Tally { shards: shards.into_values().collect() }
    }
}

#[async_trait]
impl RunLedger for MemoryBackend {
    async fn start(&self, run: &Run) -> PortResult<RunStart> {
        let mut ledger = lock(&self.state.ledger);
        if let Some(found) = ledger.runs.get(&run.id) {
            return Ok(RunStart::Existing(found.clone()));
        }
        ledger.runs.insert(run.id.clone(), run.clone());
        Ok(RunStart::Started)
    }

    async fn run(&self, id: &RunId) -> PortResult<Option<Run>> {
        Ok(lock(&self.state.ledger).runs.get(id).cloned())
    }

    async fn runs(&self) -> PortResult<Vec<Run>> {
        let mut runs: Vec<Run> = lock(&self.state.ledger).runs.values().cloned().collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.as_of));
        Ok(runs)
    }

    async fn runs_since(&self, since: AsOf) -> PortResult<Vec<Run>> {
        let mut runs = self.runs().await?;
        runs.retain(|run| run.as_of >= since);
        Ok(runs)
    }

    async fn put_page(&self, page: &Page) -> PortResult<Page> {
        let key = (page.run.clone(), page.shard, page.number);
        let mut ledger = lock(&self.state.ledger);
        Ok(ledger.pages.entry(key).or_insert_with(|| page.clone()).clone())
    }

    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>> {
        Ok(lock(&self.state.ledger).pages.get(&(run.clone(), shard, number)).cloned())
    }

    async fn mark(&self, marks: &[Mark]) -> PortResult<()> {
        let mut ledger = lock(&self.state.ledger);
        for Mark { position, stage, kind } in marks {
            let shard = position.shard;
            let tally = ledger
                .marks
                .entry((position.run.clone(), shard))
                .or_insert_with(|| ShardTally { shard, ..ShardTally::default() });
            tally.marks.entry((*stage, kind.clone())).or_default().set(position.ordinal);
        }
        Ok(())
    }

    async fn tally(&self, run: &RunId) -> PortResult<Tally> {
        Ok(lock(&self.state.ledger).tally(run))
    }

    async fn complete(&self, run: &RunId, at: Timestamp, summary: &str) -> PortResult<()> {
        let mut ledger = lock(&self.state.ledger);
        let Some(found) = ledger.runs.get_mut(run) else {
            let words = format!("expected a run {run}, found none");
            return Err(PortError::permanent(PORT, "no-such-run", words));
        };
        if found.completed_at.is_none() {
            found.completed_at = Some(at);
            ledger.summaries.insert(run.clone(), summary.to_owned());
        }
        Ok(())
    }

    async fn summary(&self, run: &RunId) -> PortResult<Option<String>> {
        Ok(lock(&self.state.ledger).summaries.get(run).cloned())
    }
}
