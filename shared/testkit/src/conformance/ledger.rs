//! The ledger of runs. See [`RunLedger`].

use mindmate_domain::run::{Fate, PageEntry, Run};
use mindmate_domain::{Position, RiskLevel, RunId, StageName};
use mindmate_pipeline::ports::{Mark, MarkKind, Page, RunLedger, RunStart, ShardTally, Tally};

use super::Backend;
use super::samples::{AS_OF, instant, run, user};

fn run_id() -> RunId {
    run(AS_OF).id
}

/// Page `number` of a shard, with `count` users from `first` on.
fn page(shard: u16, number: u32, first: u32, count: u32, last: bool) -> Page {
    let entry = |n| PageEntry {
        user: user(&format!("syn-{n:07}")),
        last_level: Some(RiskLevel::High).filter(|_| n % 2 == 0),
    };
    let entries = (first..first + count).map(entry).collect();
    Page { run: run_id(), shard, number, first_ordinal: first, entries, last }
}

fn mark(shard: u16, ordinal: u32, stage: StageName, fate: Fate) -> Mark {
    let position = Position { run: run_id(), shard, ordinal };
    Mark { position, stage, kind: MarkKind::fate(fate) }
}

fn completed(shard: u16, ordinal: u32) -> Mark {
    mark(shard, ordinal, StageName::Scoring, Fate::Completed)
}

async fn tally(ledger: &dyn RunLedger) -> Tally {
    ledger.tally(&run_id()).await.expect("read")
}

/// What stands of a shard, which may be nothing.
async fn shard(ledger: &dyn RunLedger, number: u16) -> ShardTally {
    let shards = tally(ledger).await.shards;
    shards.into_iter().find(|found| found.shard == number).unwrap_or_default()
}

/// A schedule that fires twice is one run.
pub async fn starting_a_run_twice_keeps_the_first(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let first = run(AS_OF);
    let second = Run { shards: 9, historical: true, ..first.clone() };
    assert_eq!(ledger.run(&first.id).await.expect("read"), None);
    assert_eq!(ledger.start(&first).await.expect("started"), RunStart::Started);
    let existing = ledger.start(&second).await.expect("no error");
    assert_eq!(existing, RunStart::Existing(first.clone()));
    assert_eq!(ledger.run(&first.id).await.expect("read"), Some(first));
}

/// Whatever order they were started in.
pub async fn the_latest_runs_come_first(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let [old, new, middle] = ["20", "22", "21"].map(|day| run(&format!("2026-11-{day}T06:00:00Z")));
    for run in [&old, &new, &middle] {
        ledger.start(run).await.expect("started");
    }
    assert_eq!(ledger.runs().await.expect("read"), [new, middle, old]);
}

/// The instant itself counts.
pub async fn runs_since_an_instant_are_the_latest_of_all(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let [old, new, middle] = ["20", "22", "21"].map(|day| run(&format!("2026-11-{day}T06:00:00Z")));
    for run in [&old, &new, &middle] {
        ledger.start(run).await.expect("started");
    }
    let since = |at: &str| ledger.runs_since(at.parse().expect("an instant"));
    let found = since("2026-11-21T06:00:00Z").await.expect("read");
    assert_eq!(found, [new.clone(), middle]);
    assert_eq!(since("2026-11-21T06:00:00.001Z").await.expect("read"), [new]);
    assert_eq!(since("2026-11-22T06:00:00.001Z").await.expect("read"), []);
}

/// Every try sends the same page, whoever was active meanwhile.
pub async fn putting_the_same_page_twice_gives_the_first(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let (first, second) = (page(1, 0, 0, 3, false), page(1, 0, 0, 5, true));
    assert_eq!(ledger.put_page(&first).await.expect("put"), first);
    assert_eq!(ledger.put_page(&second).await.expect("put"), first);
    assert_eq!(ledger.page(&run_id(), 1, 0).await.expect("read"), Some(first));
}

/// Both callers send the same.
pub async fn one_of_two_racing_pages_wins(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let (one, two) = (page(1, 0, 0, 3, false), page(1, 0, 0, 5, true));
    let (first, second) = futures::join!(ledger.put_page(&one), ledger.put_page(&two));
    let (first, second) = (first.expect("put"), second.expect("put"));
    assert_eq!(first, second);
    assert!(first == one || first == two);
}

/// Run, shard and number tell pages apart.
pub async fn a_page_that_was_not_put_is_none(backend: &dyn Backend) {
    let ledger = backend.ledger();
    ledger.put_page(&page(1, 2, 0, 3, true)).await.expect("put");
    let other = run("2026-11-21T06:00:00Z").id;
    for (run, shard, number) in [(&run_id(), 2, 2), (&run_id(), 1, 1), (&other, 1, 2)] {
        assert_eq!(ledger.page(run, shard, number).await.expect("read"), None);
    }
}

/// Outcomes may come twice.
pub async fn a_mark_set_twice_counts_once(backend: &dyn Backend) {
    let ledger = backend.ledger();
    ledger.mark(&[completed(1, 7), completed(1, 7)]).await.expect("marked");
    ledger.mark(&[completed(1, 7)]).await.expect("marked");
    let kind = MarkKind::fate(Fate::Completed);
    assert_eq!(tally(&*ledger).await.count(StageName::Scoring, &kind), 1);
}

/// No mark is lost to another that is set at the same time.
pub async fn marks_set_at_the_same_time_are_all_kept(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let sets: Vec<_> = (0..8_u32).map(|n| [completed(1, n), completed(1, n + 8)]).collect();
    for done in futures::future::join_all(sets.iter().map(|marks| ledger.mark(marks))).await {
        done.expect("marked");
    }
    let of = shard(&*ledger, 1).await.of(StageName::Scoring, &MarkKind::fate(Fate::Completed));
    assert_eq!((of.count(), of.gaps(16).count()), (16, 0));
}

/// One call takes as many as a batch of records brings.
pub async fn many_marks_can_be_set_at_once(backend: &dyn Backend) {
    const SHARDS: u16 = 4;
    let ledger = backend.ledger();
    let marks: Vec<_> = (0..1_000_u32)
        .map(|n| completed(u16::try_from(n % u32::from(SHARDS)).expect("a shard"), n * 37))
        .collect();
    ledger.mark(&marks).await.expect("marked");
    ledger.mark(&[]).await.expect("no error");
    let tally = tally(&*ledger).await;
    assert_eq!(tally.count(StageName::Scoring, &MarkKind::fate(Fate::Completed)), 1_000);
    assert!(tally.shards.iter().map(|shard| shard.shard).eq(0..SHARDS), "by number");
}

/// Run, shard, stage and kind tell marks apart.
pub async fn marks_of_different_kinds_are_apart(backend: &dyn Backend) {
    let ledger = backend.ledger();
    let other_run = RunId::named("another");
    let position = Position { run: other_run, shard: 1, ordinal: 5 };
    let level = MarkKind::level(RiskLevel::High);
    let marks = [
        completed(1, 0),
        mark(1, 1, StageName::FeatureExtraction, Fate::Completed),
        mark(1, 2, StageName::Scoring, Fate::Skipped),
        Mark { kind: level.clone(), ..completed(1, 3) },
        completed(2, 4),
        Mark { position, ..completed(1, 5) },
    ];
    ledger.mark(&marks).await.expect("marked");
    let tally = tally(&*ledger).await;
    let completed = MarkKind::fate(Fate::Completed);
    assert_eq!(tally.count(StageName::Scoring, &completed), 2);
    assert_eq!(tally.count(StageName::FeatureExtraction, &completed), 1);
    let shard = shard(&*ledger, 1).await;
    assert!(shard.of(StageName::Scoring, &completed).contains(0));
    assert!(shard.of(StageName::Scoring, &MarkKind::fate(Fate::Skipped)).contains(2));
    assert!(shard.of(StageName::Scoring, &level).contains(3));
    assert_eq!(shard.marks.len(), 4);
}

/// A shard is paged when its last page is there, and closed when all of it is accounted for.
pub async fn the_tally_closes_when_every_request_is_accounted_for(backend: &dyn Backend) {
    let ledger = backend.ledger();
    ledger.put_page(&page(0, 0, 0, 3, false)).await.expect("put");
    let first = shard(&*ledger, 0).await;
    assert_eq!((first.enqueued, first.all_paged), (3, false));
    ledger.put_page(&page(0, 1, 3, 2, true)).await.expect("put");
    ledger.put_page(&page(1, 0, 0, 0, true)).await.expect("put");
    let marks: Vec<_> = (0..4).map(|ordinal| completed(0, ordinal)).collect();
    ledger.mark(&marks).await.expect("marked");
    let open = tally(&*ledger).await;
    assert_eq!((open.enqueued(), open.shards[0].missing()), (5, vec![4]));
    assert!(!open.is_closed(2));
    let dead = mark(0, 4, StageName::FeatureExtraction, Fate::DeadLettered);
    ledger.mark(&[dead]).await.expect("marked");
    let closed = tally(&*ledger).await;
    assert!(closed.is_closed(2) && !closed.is_closed(3));
}

/// Of what is not there, nothing is told.
pub async fn a_run_without_pages_has_an_empty_tally(backend: &dyn Backend) {
    let ledger = backend.ledger();
    ledger.start(&run(AS_OF)).await.expect("started");
    let tally = tally(&*ledger).await;
    assert_eq!((tally.enqueued(), tally.is_closed(4)), (0, false));
}

/// A report that is written twice stays the first.
pub async fn the_first_completion_stays(backend: &dyn Backend) {
    let ledger = backend.ledger();
    ledger.start(&run(AS_OF)).await.expect("started");
    assert_eq!(ledger.summary(&run_id()).await.expect("read"), None);
    let (first, later) = ("2026-11-22T06:20:00.125Z", "2026-11-22T06:30:00Z");
    for (at, summary) in [(first, "{\"n\":1}"), (later, "{\"n\":2}")] {
        ledger.complete(&run_id(), instant(at), summary).await.expect("noted");
    }
    assert_eq!(ledger.summary(&run_id()).await.expect("read").as_deref(), Some("{\"n\":1}"));
    let found = ledger.run(&run_id()).await.expect("read").expect("a run");
    assert_eq!(found.completed_at, Some(instant(first)));
    assert_eq!(ledger.runs().await.expect("read"), [found]);
}
