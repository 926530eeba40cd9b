//! What a store can get wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use mindmate_domain::bitmap::Bitmap;
use mindmate_domain::intervention::{Guard, Intervention, ReviewEntry};
use mindmate_domain::run::Run;
use mindmate_domain::{Assessment, InterventionId, RunId, UserId};
use mindmate_pipeline::ports::{
    AppChats, AssessmentPut, AssessmentStore, ChatPut, Decision, InterventionStore, Mark, Page,
    PortResult, Ports, ReviewQueue, RunLedger, RunStart, Tally,
};

use super::Broken;
use crate::clock::later;
use crate::handing_on::handing_on;
use crate::log::Key;

/// A store that is broken, and what it needs to know for that.
struct Wrong<P: ?Sized, M> {
    inner: Arc<P>,
    how: Broken,
    memory: Mutex<M>,
}

impl<P: ?Sized, M: Default> Wrong<P, M> {
    fn new(inner: Arc<P>, how: Broken) -> Arc<Self> {
        Arc::new(Self { inner, how, memory: Mutex::default() })
    }

    fn memory(&self) -> MutexGuard<'_, M> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ports with what is broken behind them.
pub(crate) fn broken_stores(ports: Ports, broken: Option<Broken>) -> Ports {
    let Some(how) = broken else { return ports };
    match how {
        Broken::OverwritesAssessments => {
            Ports { assessments: Wrong::new(ports.assessments, how), ..ports }
        }
        Broken::IgnoresGuard => {
            Ports { interventions: Wrong::<_, ()>::new(ports.interventions, how), ..ports }
        }
        Broken::ChatsWithoutKey | Broken::DropsChats => {
            Ports { chats: Wrong::<_, AtomicI64>::new(ports.chats, how), ..ports }
        }
        Broken::TogglesMarks | Broken::MakesPagesAnew => {
            Ports { ledger: Wrong::new(ports.ledger, how), ..ports }
        }
        Broken::DropsReviews => Ports { reviews: Wrong::<_, ()>::new(ports.reviews, how), ..ports },
        _ => ports,
    }
}

type Overwritten = BTreeMap<Key, Assessment>;

handing_on! {AssessmentStore for Wrong<dyn AssessmentStore, Overwritten> {
    async fn put(&self, assessment: &Assessment) -> PortResult<AssessmentPut> {
        self.inner.put(assessment).await?;
        self.memory().insert((assessment.user.clone(), assessment.as_of), assessment.clone());
        Ok(AssessmentPut::Written)
    }
}}

handing_on! {InterventionStore for Wrong<dyn InterventionStore, ()> {
    async fn guard(&self, _: &UserId) -> PortResult<Option<Guard>> {
        Ok(None)
    }

    async fn decide(
        &self,
        intervention: &Intervention,
        new_guard: Guard,
        _: Option<Guard>,
    ) -> PortResult<Decision> {
        let stands = self.inner.guard(intervention.user()).await?;
        self.inner.decide(intervention, new_guard, stands).await
    }

    async fn delivered(&self, id: &InterventionId, at: Timestamp) -> PortResult<()> {
        self.inner.delivered(id, at).await
    }
}}

handing_on! {AppChats for Wrong<dyn AppChats, AtomicI64> {
    async fn deliver(&self, intervention: &Intervention) -> PortResult<ChatPut> {
        if self.how == Broken::DropsChats {
            return Ok(ChatPut::Put);
        }
        // Another instant is another key.
        let tries = self.memory().fetch_add(1, Ordering::SeqCst);
        let at = later(intervention.created_at(), SignedDuration::from_millis(tries));
        let again = Intervention::decide(
            intervention.user().clone(),
            intervention.as_of(),
            intervention.content().clone(),
            intervention.position().cloned(),
            intervention.historical(),
            at,
        );
        self.inner.deliver(&again).await
    }
}}

/// Marks that were taken back, by their run, and pages as they were made last.
#[derive(Default)]
struct Pages {
    marked: BTreeMap<RunId, BTreeMap<String, (Mark, bool)>>,
    seen: BTreeSet<(RunId, u16, u32)>,
}

handing_on! {RunLedger for Wrong<dyn RunLedger, Pages> {
    async fn start(&self, run: &Run) -> PortResult<RunStart> {
        self.inner.start(run).await
    }

    async fn put_page(&self, page: &Page) -> PortResult<Page> {
        let stored = self.inner.put_page(page).await?;
        if self.how == Broken::MakesPagesAnew {
            self.memory().seen.insert((page.run.clone(), page.shard, page.number));
            return Ok(page.clone());
        }
        Ok(stored)
    }

    async fn page(&self, run: &RunId, shard: u16, number: u32) -> PortResult<Option<Page>> {
        if self.how == Broken::MakesPagesAnew {
            return Ok(None);
        }
        self.inner.page(run, shard, number).await
    }

    async fn mark(&self, marks: &[Mark]) -> PortResult<()> {
        self.inner.mark(marks).await?;
        if self.how == Broken::TogglesMarks {
            let mut memory = self.memory();
            for mark in marks {
                let run = memory.marked.entry(mark.position.run.clone()).or_default();
                let key = format!("{mark:?}");
                let is_set = run.get(&key).is_some_and(|(_, is_set)| *is_set);
                run.insert(key, (mark.clone(), !is_set));
            }
        }
        Ok(())
    }

    async fn tally(&self, run: &RunId) -> PortResult<Tally> {
        let mut tally = self.inner.tally(run).await?;
        let memory = self.memory();
        for (mark, is_set) in memory.marked.get(run).into_iter().flat_map(BTreeMap::values) {
            let shard = tally.shards.iter_mut().find(|one| one.shard == mark.position.shard);
            if let (false, Some(shard)) = (is_set, shard) {
                let taken_back =
                    [mark.position.ordinal].into_iter().fold(Bitmap::default(), |mut bits, bit| {
                        bits.set(bit);
                        bits
                    });
                let bits = shard.marks.entry((mark.stage, mark.kind.clone())).or_default();
                *bits = bits.minus(&taken_back);
            }
        }
        Ok(tally)
    }
}}

handing_on! {ReviewQueue for Wrong<dyn ReviewQueue, ()> {
    async fn enter(&self, _: &ReviewEntry) -> PortResult<()> {
        Ok(())
    }
}}
