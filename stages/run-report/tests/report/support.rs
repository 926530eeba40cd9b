//! A run with one shard of six users, on two pages.

use std::sync::Arc;

use mindmate_contracts::messages::{Outcome, Request, Trigger};
use mindmate_domain::run::{Fate, PageEntry, Run};
use mindmate_domain::{Position, StageName, UserId};
use mindmate_pipeline::ports::{Mark, MarkKind, Page, Tally};
use mindmate_pipeline::{Delivery, Stage};
use mindmate_run_report::{Closing, RunReport, close};
use mindmate_testkit::conformance::samples;
use mindmate_testkit::{ManualClock, MemoryBackend};

pub(crate) const USERS: u32 = 6;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) backend: MemoryBackend,
}

pub(crate) fn run() -> Run {
    Run { shards: 1, ..samples::run(samples::AS_OF) }
}

pub(crate) fn person(ordinal: u32) -> UserId {
    samples::user(&format!("syn-{ordinal}"))
}

pub(crate) fn position(ordinal: u32) -> Position {
    Position { run: run().id, shard: 0, ordinal }
}

pub(crate) fn request(ordinal: u32) -> Request {
    Request {
        user_id: person(ordinal),
        as_of: run().as_of,
        run: Some(position(ordinal)),
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    }
}

impl World {
    /// The run is started and paged to its end.
    pub(crate) async fn new() -> Self {
        let world = Self::unpaged().await;
        world.put_page(0, 0..4, false).await;
        world.put_page(1, 4..USERS, true).await;
        world
    }

    pub(crate) async fn unpaged() -> Self {
        let clock = ManualClock::new(run().as_of.instant());
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        backend.ledger().start(&run()).await.unwrap();
        Self { clock, backend }
    }

    pub(crate) async fn put_page(&self, number: u32, ordinals: std::ops::Range<u32>, last: bool) {
        let first_ordinal = ordinals.start;
        let entry = |ordinal| PageEntry { user: person(ordinal), last_level: None };
        let entries = ordinals.map(entry).collect();
        let page = Page { run: run().id, shard: 0, number, first_ordinal, entries, last };
        self.backend.ledger().put_page(&page).await.unwrap();
    }

    pub(crate) fn delivery(&self) -> Delivery<'_> {
        let deadline = run().as_of.instant();
        Delivery { event_id: "event", attempt: 1, deadline, clock: &self.clock }
    }

    pub(crate) async fn count(&self, outcome: Outcome) {
        let stage = RunReport::new(self.backend.ledger());
        assert_eq!(stage.handle(outcome, &self.delivery()).await.unwrap(), []);
    }

    pub(crate) async fn mark(&self, ordinal: u32, stage: StageName, kind: MarkKind) {
        let mark = Mark { position: position(ordinal), stage, kind };
        self.backend.ledger().mark(&[mark]).await.unwrap();
    }

    pub(crate) async fn fate(&self, ordinal: u32, stage: StageName, fate: Fate) {
        self.mark(ordinal, stage, MarkKind::fate(fate)).await;
    }

    pub(crate) async fn tally(&self) -> Tally {
        self.backend.ledger().tally(&run().id).await.unwrap()
    }

    pub(crate) async fn close(&self) -> Closing {
        let (ledger, assessments) = (self.backend.ledger(), self.backend.assessments());
        close(&*ledger, &*assessments, &run(), run().started_at).await.unwrap()
    }
}
