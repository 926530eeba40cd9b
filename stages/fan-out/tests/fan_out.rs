//! The stage over in-memory ports.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use mindmate_contracts::messages::{AssessmentRequested, FanOutShardRequested};
use mindmate_contracts::{Channel, Message, QueueName, RawEvent};
use mindmate_domain::app::AppItem;
use mindmate_domain::instant::Window;
use mindmate_domain::run::PageEntry;
use mindmate_domain::{Consents, RiskLevel, UserId};
use mindmate_fan_out::{FanOut, FanOutPorts, PAGE_USERS};
use mindmate_pipeline::daily::shard_requests;
use mindmate_pipeline::ports::{
    ActivityIndex, ActivityPage, Page, PortResult, RunLedger, RunStart,
};
use mindmate_pipeline::{Delivery, Failure, Outbox, Outgoing, SeededChance, Stage, StageError};
use mindmate_testkit::conformance::samples::{AS_OF, as_of, assessment, mood, profile, run, user};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(as_of(AS_OF).instant());
        Self { backend: MemoryBackend::new(Arc::new(clock.clone())), clock }
    }

    /// Users who logged a mood two days before the run, `from` included.
    fn with_active(self, numbers: std::ops::Range<u32>) -> Self {
        for number in numbers {
            self.put(number, &mood("2026-11-20T08:00:00.000Z", 6.0));
        }
        self
    }

    fn put(&self, number: u32, item: &AppItem) {
        self.backend.put_item(&person(number), item);
    }

    fn stage(&self) -> FanOut {
        let (activity, ledger) = (self.backend.activity(), self.backend.ledger());
        FanOut::new(FanOutPorts { activity, ledger })
    }

    async fn handle(&self, page: u32) -> Result<Vec<Outgoing>, StageError> {
        self.stage().handle(shard(page), &delivery(&self.clock)).await
    }
}

fn person(number: u32) -> UserId {
    user(&format!("syn-{number:04}"))
}

/// A page of a run that has one shard only.
fn shard(page: u32) -> FanOutShardRequested {
    let run = run(AS_OF);
    let (run_id, as_of) = (run.id, run.as_of);
    FanOutShardRequested { run_id, as_of, shards: 1, shard: 0, page, historical: false }
}

fn delivery(clock: &ManualClock) -> Delivery<'_> {
    Delivery { event_id: "event", attempt: 1, deadline: as_of(AS_OF).instant(), clock }
}

fn data<M: Message>(outgoing: &Outgoing) -> M {
    RawEvent::parse(&outgoing.body).unwrap().data().unwrap()
}

fn ids(outgoing: &[Outgoing]) -> Vec<&str> {
    outgoing.iter().map(|message| message.id.as_str()).collect()
}

fn code(result: Result<Vec<Outgoing>, StageError>) -> &'static str {
    match result.unwrap_err() {
        StageError::Transient { .. } | StageError::Outage { .. } => "transient",
        StageError::Permanent { code, .. } => code,
    }
}

/// R5.1
#[tokio::test]
async fn every_active_user_is_requested_once_page_by_page() {
    let users = u32::try_from(PAGE_USERS).unwrap() + 3;
    let world = World::new().with_active(0..users);
    let first = world.handle(0).await.unwrap();
    assert_eq!(first.len(), PAGE_USERS + 1);
    let next = first.last().unwrap();
    assert_eq!(next.channel, Channel::Queue(QueueName::FanOut));
    assert_eq!(next.id, "daily-2026-11-22/0/page-1");
    assert_eq!(data::<FanOutShardRequested>(next), shard(1));
    let second = world.handle(1).await.unwrap();
    assert_eq!(second.len(), 3);

    let requests: Vec<AssessmentRequested> =
        first[..PAGE_USERS].iter().chain(&second).map(data).collect();
    for (ordinal, request) in (0..).zip(&requests) {
        let position = request.request.run.as_ref().unwrap();
        assert_eq!((position.shard, position.ordinal), (0, ordinal));
    }
    let found: BTreeSet<_> = requests.iter().map(|it| it.request.user_id.clone()).collect();
    assert_eq!(found, (0..users).map(person).collect());
    assert_eq!(second[0].id, format!("daily-2026-11-22/0/{PAGE_USERS}/requested"));
}

/// R9.7
#[tokio::test]
async fn those_last_seen_at_high_or_critical_leave_first_by_the_priority_queue() {
    let world = World::new().with_active(0..4);
    let yesterday = as_of("2026-11-21T06:00:00.000Z");
    let levels = [RiskLevel::Low, RiskLevel::High, RiskLevel::Unknown, RiskLevel::Critical];
    for (number, level) in (0..).zip(levels) {
        let last = assessment(&person(number), yesterday, level);
        world.backend.assessments().put(&last).await.unwrap();
    }
    let outgoing = world.handle(0).await.unwrap();
    let sent: Vec<_> = outgoing
        .iter()
        .map(|it| (data::<AssessmentRequested>(it).request, it.channel))
        .map(|(request, channel)| (request.run.unwrap().ordinal, request.urgent, channel))
        .collect();
    let (priority, normal) = (QueueName::AssessmentsPriority, QueueName::Assessments);
    let expected =
        [(1, true, priority), (3, true, priority), (0, false, normal), (2, false, normal)];
    assert_eq!(sent, expected.map(|(n, urgent, queue)| (n, urgent, Channel::Queue(queue))));
}

/// R8.4: extraction skips with a reason, so that the ledger closes.
#[tokio::test]
async fn no_consent_is_read_here() {
    let world = World::new().with_active(0..1);
    world.put(0, &profile(Consents::NONE));
    assert_eq!(ids(&world.handle(0).await.unwrap()), ["daily-2026-11-22/0/0/requested"]);
}

#[tokio::test]
async fn a_second_try_sends_the_same_although_others_became_active() {
    let world = World::new().with_active(10..13);
    let first = world.handle(0).await.unwrap();
    let world = world.with_active(0..10);
    assert_eq!(world.handle(0).await.unwrap(), first);
}

#[tokio::test]
async fn a_page_that_was_stored_although_the_answer_was_lost_is_the_one_that_is_sent() {
    let world = World::new().with_active(10..13);
    let (chance, clock) = (Arc::new(SeededChance::new(1)), Arc::new(world.clock.clone()));
    let faults = Faults::seeded(FaultRates::default(), chance, clock);
    // The look for the page is answered, the answer to storing it is lost.
    faults.script([Fault::None, Fault::After]);
    let ledger: Arc<dyn RunLedger> = Faulty::new(world.backend.ledger(), &faults);
    let stage = FanOut::new(FanOutPorts { activity: world.backend.activity(), ledger });
    assert_eq!(code(stage.handle(shard(0), &delivery(&world.clock)).await), "transient");
    let world = world.with_active(0..10);
    let outgoing = stage.handle(shard(0), &delivery(&world.clock)).await.unwrap();
    let users: Vec<_> =
        outgoing.iter().map(|it| data::<AssessmentRequested>(it).request.user_id).collect();
    assert_eq!(users, (10..13).map(person).collect::<Vec<_>>());
}

/// An index that answers as it is told, and first lets another machine store its page.
struct Index {
    answer: ActivityPage,
    other: Option<(Arc<dyn RunLedger>, Page)>,
}

#[async_trait]
impl ActivityIndex for Index {
    async fn record(&self, _: &UserId, _: jiff::Timestamp) -> PortResult<()> {
        Ok(())
    }

    async fn active(
        &self,
        _: u16,
        _: u16,
        _: Window,
        _: Option<&UserId>,
        _: usize,
    ) -> PortResult<ActivityPage> {
        if let Some((ledger, page)) = &self.other {
            ledger.put_page(page).await?;
        }
        Ok(self.answer.clone())
    }
}

fn entry(number: u32) -> PageEntry {
    PageEntry { user: person(number), last_level: None }
}

#[tokio::test]
async fn of_two_machines_both_send_the_page_that_was_stored_first() {
    let world = World::new();
    let ledger = world.backend.ledger();
    let run = run(AS_OF).id;
    let theirs =
        Page { run, shard: 0, number: 0, first_ordinal: 0, entries: vec![entry(7)], last: true };
    let answer = ActivityPage { entries: vec![entry(8), entry(9)], last: true };
    let index = Index { answer, other: Some((Arc::clone(&ledger), theirs)) };
    let stage = FanOut::new(FanOutPorts { activity: Arc::new(index), ledger });
    let outgoing = stage.handle(shard(0), &delivery(&world.clock)).await.unwrap();
    assert_eq!(outgoing.len(), 1);
    assert_eq!(data::<AssessmentRequested>(&outgoing[0]).request.user_id, person(7));
}

#[tokio::test]
async fn an_index_that_gives_nobody_and_no_end_is_asked_again() {
    let world = World::new();
    let answer = ActivityPage { entries: vec![], last: false };
    let activity = Arc::new(Index { answer, other: None });
    let ledger = world.backend.ledger();
    let stage = FanOut::new(FanOutPorts { activity, ledger: Arc::clone(&ledger) });
    assert_eq!(code(stage.handle(shard(0), &delivery(&world.clock)).await), "transient");
    assert_eq!(ledger.page(&run(AS_OF).id, 0, 0).await.unwrap(), None);
}

#[tokio::test]
async fn a_page_before_its_previous_one_is_tried_again() {
    assert_eq!(code(World::new().with_active(0..3).handle(1).await), "transient");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_dead_lettered_at_once() {
    let world = World::new().with_active(0..3);
    world.handle(0).await.unwrap();
    assert_eq!(code(world.handle(1).await), "page-after-last");
    let beyond = FanOutShardRequested { shard: 1, ..shard(0) };
    let result = world.stage().handle(beyond, &delivery(&world.clock)).await;
    assert_eq!(code(result), "no-such-shard");
}

#[tokio::test]
async fn a_shard_without_anybody_is_paged_to_its_end() {
    let world = World::new();
    assert_eq!(world.handle(0).await.unwrap(), []);
    assert!(world.backend.ledger().page(&run(AS_OF).id, 0, 0).await.unwrap().unwrap().last);
}

#[tokio::test]
async fn giving_up_says_nothing_of_users_and_leaves_the_shard_open() {
    let world = World::new().with_active(0..3);
    let run = run(AS_OF);
    let ledger = world.backend.ledger();
    assert_eq!(ledger.start(&run).await.unwrap(), RunStart::Started);
    let failure = Failure { code: "retries-exhausted", message: "the index is down" };
    let given_up = world.stage().give_up(shard(0), &failure, &delivery(&world.clock)).await;
    assert_eq!(given_up.unwrap(), []);
    assert_eq!(world.stage().give_up_unread(outbox(), None, &failure).unwrap(), []);
    assert!(!ledger.tally(&run.id).await.unwrap().is_closed(1));
}

#[test]
fn a_run_begins_with_the_first_page_of_each_shard() {
    let run = run(AS_OF);
    let outgoing = shard_requests(&run, run.started_at).unwrap();
    assert_eq!(outgoing.len(), usize::from(run.shards));
    for (number, message) in (0..).zip(&outgoing) {
        assert_eq!(message.id, format!("daily-2026-11-22/{number}/page-0"));
        assert_eq!(message.channel, Channel::Queue(QueueName::FanOut));
        let request: FanOutShardRequested = data(message);
        assert_eq!((request.shard, request.page, request.shards), (number, 0, run.shards));
    }
    assert_eq!(outgoing, shard_requests(&run, run.started_at).unwrap());
}

/// The outbox that the runner gives.
fn outbox() -> Outbox {
    Outbox::new(FanOut::NAME, jiff::Timestamp::UNIX_EPOCH)
}
