//! The stage over in-memory ports, with the word lists and the policy as they ship.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_contracts::messages::{AppItemChanged, AssessmentRequested, TextReceived, Trigger};
use mindmate_contracts::{Channel, Message, QueueName, RawEvent};
use mindmate_domain::app::{AppItem, Author, EventKind, Sentiment, StoredSentiment};
use mindmate_domain::{AsOf, Consent, Consents, CrisisCategory, Policy, UserId, Window};
use mindmate_language::Lexicons;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{ActivityIndex, ActivityPage, AppItems, UserStates};
use mindmate_pipeline::{Delivery, Failure, Outgoing, Stage, StageError};
use mindmate_realtime_trigger::{PACE, RealtimePorts, RealtimeTrigger};
use mindmate_testkit::conformance::samples::{
    as_of, chat, check_in, event, instant, mood, note, profile, user,
};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

const NOW: &str = "2026-11-22T09:00:00.000Z";
const CRISIS: &str = "I want to kill myself";
const FAILURE: Failure<'static> = Failure { code: "retries-exhausted", message: "it is down" };

/// Building the word lists is most of what a test here takes.
static LEXICONS: LazyLock<Arc<Lexicons>> =
    LazyLock::new(|| Arc::new(Lexicons::built_in().unwrap()));

/// Remembers what is noted: the backend in memory finds it in its table by itself.
#[derive(Default)]
struct Noted(Mutex<Vec<(UserId, Timestamp)>>);

impl Noted {
    fn all(&self) -> Vec<(UserId, Timestamp)> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl ActivityIndex for Noted {
    async fn record(&self, user: &UserId, at: Timestamp) -> PortResult<()> {
        self.0.lock().unwrap().push((user.clone(), at));
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
        Ok(ActivityPage { entries: Vec::new(), last: true })
    }
}

#[derive(Clone)]
struct World {
    clock: ManualClock,
    backend: MemoryBackend,
    noted: Arc<Noted>,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(instant(NOW));
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        Self { clock, backend, noted: Arc::default() }
    }

    fn with(self, item: &AppItem) -> Self {
        self.backend.put_item(&person(), item);
        self
    }

    fn with_consents(self, consents: Consents) -> Self {
        self.with(&profile(consents))
    }

    fn with_raw(self, sk: &str, item: Item) -> Self {
        self.backend.put_raw(&person(), sk, item);
        self
    }

    fn stage(&self) -> RealtimeTrigger {
        self.stage_over(self.backend.states())
    }

    fn stage_over(&self, states: Arc<dyn UserStates>) -> RealtimeTrigger {
        self.stage_of(self.backend.app_items(), states)
    }

    fn stage_reading(&self, items: Arc<dyn AppItems>) -> RealtimeTrigger {
        self.stage_of(items, self.backend.states())
    }

    fn stage_of(&self, items: Arc<dyn AppItems>, states: Arc<dyn UserStates>) -> RealtimeTrigger {
        let activity = Arc::clone(&self.noted) as Arc<dyn ActivityIndex>;
        let profiles = self.backend.profiles();
        let ports = RealtimePorts { items, profiles, states, activity };
        let policy = Arc::new(Policy::built_in().unwrap());
        RealtimeTrigger::new(ports, Arc::clone(&LEXICONS), policy)
    }

    /// Whatever is called fails.
    fn broken(&self) -> Arc<Faults> {
        Faults::seeded(
            FaultRates { before: 1.0, ..FaultRates::default() },
            Arc::new(mindmate_pipeline::SeededChance::new(1)),
            Arc::new(self.clock.clone()),
        )
    }

    fn delivery(&self) -> Delivery<'_> {
        Delivery { event_id: "event", attempt: 1, deadline: instant(NOW), clock: &self.clock }
    }

    async fn handle(&self, change: AppItemChanged) -> Vec<Outgoing> {
        self.stage().handle(change, &self.delivery()).await.unwrap()
    }

    /// The requests for assessments that a change leads to.
    async fn requests(&self, change: AppItemChanged) -> Vec<(AssessmentRequested, Duration)> {
        requests(&self.handle(change).await)
    }
}

fn requests(outgoing: &[Outgoing]) -> Vec<(AssessmentRequested, Duration)> {
    let priority = Channel::Queue(QueueName::AssessmentsPriority);
    let requests = outgoing.iter().filter(|sent| sent.channel == priority);
    requests.map(|sent| (data(sent), sent.delay)).collect()
}

fn texts(outgoing: &[Outgoing]) -> Vec<TextReceived> {
    let texts = outgoing.iter().filter(|sent| sent.channel == Channel::Queue(QueueName::Texts));
    texts.map(data).collect()
}

fn data<M: Message>(outgoing: &Outgoing) -> M {
    RawEvent::parse(&outgoing.body).unwrap().data().unwrap()
}

fn person() -> UserId {
    user("syn-1")
}

fn sk_of(item: &AppItem) -> String {
    match item {
        AppItem::Event(event) => event.sk.clone(),
        AppItem::Profile(_) => "PROFILE".to_owned(),
        AppItem::Sentiment(stored) => format!("SENTIMENT#{}", stored.text_sk),
    }
}

fn changed(sk: &str, at: &str) -> AppItemChanged {
    AppItemChanged { user_id: person(), sk: sk.to_owned(), changed_at: as_of(at), removed: false }
}

/// The change that the table notes now of this item.
fn written(item: &AppItem) -> AppItemChanged {
    changed(&sk_of(item), NOW)
}

fn says(text: &str) -> AppItem {
    chat("2026-11-22T08:59:59.900Z", Author::User, text)
}

/// R9.7: what a person writes is assessed from the instant that the table noted it, by the priority
/// queue; its sentiment is asked for by its key.
#[tokio::test]
async fn a_text_is_assessed_at_once_and_its_sentiment_is_asked_for() {
    let item = says("a long walk with the dog");
    let outgoing = World::new().with(&item).handle(written(&item)).await;
    let [(asked, hidden)] = &requests(&outgoing)[..] else { panic!("expected one request") };
    assert_eq!((asked.request.as_of, *hidden), (as_of(NOW), Duration::ZERO));
    assert_eq!(asked.request.user_id, person());
    assert_eq!((asked.request.trigger, asked.request.urgent), (Trigger::Realtime, true));
    assert_eq!((&asked.request.run, asked.request.historical), (&None, false));
    assert_eq!(asked.seen, []);
    assert_eq!(texts(&outgoing), [TextReceived { user_id: person(), sk: sk_of(&item) }]);
}

#[tokio::test]
async fn what_comes_within_a_quarter_of_an_hour_waits_for_its_end_together() {
    let world = World::new().with(&mood("2026-11-22T08:59:00.000Z", 6.0));
    let first = changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z");
    assert_eq!(world.requests(first).await.len(), 1);
    let item = says("better now");
    let world = world.with(&item);
    let held_back = world.requests(written(&item)).await;
    let [(asked, hidden)] = &held_back[..] else { panic!("expected one request") };
    assert_eq!(asked.request.as_of, as_of("2026-11-22T09:14:00.000Z"));
    assert_eq!(*hidden, Duration::from_mins(14));
    // 200 more of the same second ask for nothing more.
    for n in 0..200 {
        let item = chat(&format!("2026-11-22T09:00:00.{n:03}Z"), Author::User, "and more");
        let world = world.clone().with(&item);
        let at = format!("2026-11-22T09:00:00.{n:03}Z");
        assert_eq!(world.requests(changed(&sk_of(&item), &at)).await, []);
    }
}

/// Safety 4: however often somebody was assessed just now.
#[tokio::test]
async fn crisis_language_is_never_held_back_and_says_what_was_seen() {
    let world = World::new().with(&mood("2026-11-22T08:59:00.000Z", 6.0));
    world.requests(changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z")).await;
    for (item, at) in [
        (says(CRISIS), NOW),
        (note("2026-11-22T09:00:01.000Z", CRISIS), "2026-11-22T09:00:01.000Z"),
    ] {
        let world = world.clone().with(&item);
        let asked = world.requests(changed(&sk_of(&item), at)).await;
        let [(asked, Duration::ZERO)] = &asked[..] else { panic!("expected one request at once") };
        assert_eq!(asked.request.as_of, as_of(at));
        let seen: Vec<_> = asked.seen.iter().map(|it| (it.category, it.at)).collect();
        assert_eq!(seen, [(CrisisCategory::ActiveIdeation, instant(at))]);
    }
}

#[tokio::test]
async fn a_low_mood_is_never_held_back() {
    let world = World::new();
    for (n, value, at_once) in [(0, 6.0, true), (1, 2.5, false), (2, 2.0, true), (3, 1.0, true)] {
        let at = format!("2026-11-22T09:00:0{n}.000Z");
        let item = mood(&at, value);
        world.backend.put_item(&person(), &item);
        let asked = world.requests(changed(&sk_of(&item), &at)).await;
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].1.is_zero(), at_once, "a mood of {value}");
    }
}

/// No store stands between crisis language and its assessment but the item's and the profile's own.
#[tokio::test]
async fn an_urgent_one_needs_no_state() {
    let item = says(CRISIS);
    let world = World::new().with(&item);
    let faults = world.broken();
    let stage = world.stage_over(Faulty::new(world.backend.states(), &faults));
    let outgoing = stage.handle(written(&item), &world.delivery()).await.unwrap();
    assert_eq!(requests(&outgoing).len(), 1);
}

/// The clock of the client is a day ahead: the assessment would not see the text yet.
#[tokio::test]
async fn a_client_ahead_of_its_time_is_heard_now() {
    let item = chat("2026-11-23T09:00:00.000Z", Author::User, CRISIS);
    let asked = World::new().with(&item).requests(written(&item)).await;
    assert_eq!(asked[0].0.request.as_of, as_of(NOW));
    assert_eq!(asked[0].0.seen[0].at, instant(NOW));
}

/// The clock of the client is a little ahead: an assessment that looked back from the change would
/// not see what it is made for.
#[tokio::test]
async fn a_low_mood_of_a_clock_that_is_ahead_is_seen_by_its_assessment() {
    let item = mood("2026-11-22T09:00:07.000Z", 1.0);
    let asked = World::new().with(&item).requests(written(&item)).await;
    assert_eq!(asked[0].0.request.as_of, as_of("2026-11-22T09:00:07.000Z"));
    let far = mood("2026-11-22T21:00:00.000Z", 1.0);
    let asked = World::new().with(&far).requests(written(&far)).await;
    assert_eq!(asked[0].0.request.as_of, as_of(NOW), "it is seen when its time has come");
}

/// No loop: of what the pipeline itself writes nothing comes of it.
#[tokio::test]
async fn the_pipelines_own_writes_ask_for_nothing() {
    let sentiment = Sentiment::from_weights([0.0, 1.0, 0.0, 0.0]);
    let text_sk = sk_of(&says(CRISIS));
    let stored = StoredSentiment {
        text_sk,
        sentiment,
        analyzer: "vader-1".to_owned(),
        text_hash: "0".repeat(64),
    };
    let world = World::new();
    let sent = check_in(&person(), NOW);
    world.backend.chats().deliver(&sent).await.unwrap();
    let session = EventKind::Session { duration_seconds: 60.0 };
    let own = [
        AppItem::Sentiment(stored),
        chat("2026-11-22T08:59:59.100Z", Author::Agent, CRISIS),
        event("SESSION", "2026-11-22T08:59:59.200Z", session),
        event("SELFIE", "2026-11-22T08:59:59.300Z", EventKind::Selfie),
        profile(Consents::NONE.with(Consent::Scoring, true)),
    ];
    let keys = own.iter().map(|item| {
        world.backend.put_item(&person(), item);
        sk_of(item)
    });
    let keys: Vec<String> = keys.chain([sent.chat_sk()]).collect();
    for sk in keys {
        assert_eq!(world.handle(changed(&sk, NOW)).await, [], "{sk}");
    }
}

#[tokio::test]
async fn whoever_wrote_or_was_there_was_active() {
    let session = EventKind::Session { duration_seconds: 60.0 };
    for item in [says("hello"), event("SESSION", "2026-11-22T08:59:59.900Z", session)] {
        let world = World::new().with(&item);
        world.handle(written(&item)).await;
        assert_eq!(world.noted.all(), [(person(), instant("2026-11-22T08:59:59.900Z"))]);
        let refused = World::new().with_consents(Consents::NONE).with(&item);
        refused.handle(written(&item)).await;
        assert_eq!(refused.noted.all(), [], "of who refuses, nothing is noted");
    }
}

/// R8.4, safety 12, 13
#[tokio::test]
async fn without_consent_nobody_is_assessed_and_no_words_are_read() {
    let item = says(CRISIS);
    let refused = World::new().with_consents(Consents::NONE).with(&item);
    let faults = refused.broken();
    let stage = refused.stage_reading(Faulty::new(refused.backend.app_items(), &faults));
    let outgoing = stage.handle(written(&item), &refused.delivery()).await;
    assert_eq!(outgoing.unwrap(), [], "the item is not even read");
    let unread = Consents::NONE.with(Consent::Scoring, true);
    let outgoing = World::new().with_consents(unread).with(&item).handle(written(&item)).await;
    assert_eq!(requests(&outgoing)[0].0.seen, []);
    assert_eq!(texts(&outgoing), []);
}

#[tokio::test]
async fn what_was_removed_meanwhile_or_is_gone_asks_for_nothing() {
    let world = World::new();
    let sk = sk_of(&says(CRISIS));
    assert_eq!(world.handle(changed(&sk, NOW)).await, []);
    let world = world.with(&says(CRISIS));
    let removed = AppItemChanged { removed: true, ..changed(&sk, NOW) };
    assert_eq!(world.handle(removed).await, []);
}

/// A missed crisis is the worst bug: words in an item that does not fit are looked through, and one
/// that cannot be read is assessed, so that a human looks.
#[tokio::test]
async fn words_in_broken_items_are_not_missed() {
    let text = |text: &str| Attribute::S(text.to_owned());
    let no_date =
        Item::from([("type".to_owned(), text("CHAT")), ("userMessage".to_owned(), text(CRISIS))]);
    let no_words = Item::from([
        ("type".to_owned(), text("CHAT")),
        ("timestamp".to_owned(), text("2026-11-22T08:59:59.900Z")),
        ("userMessage".to_owned(), Attribute::L(vec![])),
    ]);
    let world = World::new();
    // Held back, if it were not urgent.
    world.backend.put_item(&person(), &mood("2026-11-22T08:59:00.000Z", 6.0));
    world.requests(changed("MOOD#2026-11-22T08:59:00.000Z", "2026-11-22T08:59:00.000Z")).await;
    for (sk, item, seen) in [("CHAT#x", no_date, 1), ("CHAT#y", no_words, 0)] {
        let world = world.clone();
        let outgoing = world.with_raw(sk, item).handle(changed(sk, NOW)).await;
        let [(asked, Duration::ZERO)] = &requests(&outgoing)[..] else {
            panic!("expected one request at once for {sk}")
        };
        assert_eq!(asked.seen.len(), seen, "{sk}");
        assert_eq!(texts(&outgoing), [], "nothing can be stored for {sk}");
    }
}

#[tokio::test]
async fn long_odd_and_empty_texts_are_taken() {
    for (text, says_something) in [
        ("x ".repeat(50_000), true),
        ("😀😭🔪".to_owned(), true),
        ("今日はとても疲れた".to_owned(), true),
        ("  \n".to_owned(), false),
    ] {
        let item = says(&text);
        let outgoing = World::new().with(&item).handle(written(&item)).await;
        assert_eq!(requests(&outgoing).len(), usize::from(says_something));
        assert_eq!(texts(&outgoing).len(), usize::from(says_something));
        let whole = outgoing.iter().map(|sent| sent.body.len()).sum::<usize>();
        assert!(whole < 4_096, "no message holds the text");
    }
}

/// A shard that is read again from its start, or a retry: the same messages, and none else.
#[tokio::test]
async fn the_same_changes_again_lead_to_the_same_messages() {
    let world = World::new();
    let items = [
        mood("2026-11-22T08:40:00.000Z", 6.0),
        chat("2026-11-22T08:45:00.000Z", Author::User, "tired"),
        chat("2026-11-22T08:50:00.000Z", Author::User, CRISIS),
    ];
    let mut first = Vec::new();
    for item in &items {
        world.backend.put_item(&person(), item);
    }
    let changes: Vec<_> = items.iter().map(sk_of).map(|sk| changed(&sk, &sk[5..])).collect();
    for change in &changes {
        first.push(ids(&world.handle(change.clone()).await));
    }
    for (change, first) in changes.iter().zip(&first) {
        assert_eq!(ids(&world.handle(change.clone()).await), *first);
    }
    assert_eq!(first.concat().len(), 3 + 2, "three assessments and two texts");
}

fn ids(outgoing: &[Outgoing]) -> Vec<String> {
    outgoing.iter().map(|sent| sent.id.clone()).collect()
}

/// Killed after the state was written, before the request was sent.
#[tokio::test]
async fn a_write_whose_answer_was_lost_sends_the_request_at_the_next_try() {
    let item = says("a long walk");
    let world = World::new().with(&item);
    let faults = Faults::seeded(
        FaultRates::default(),
        Arc::new(mindmate_pipeline::SeededChance::new(1)),
        Arc::new(world.clock.clone()),
    );
    let stage = world.stage_over(Faulty::new(world.backend.states(), &faults));
    faults.script([Fault::None, Fault::After]);
    let failed = stage.handle(written(&item), &world.delivery()).await;
    assert!(matches!(failed, Err(StageError::Transient { .. })));
    let outgoing = stage.handle(written(&item), &world.delivery()).await.unwrap();
    assert_eq!(requests(&outgoing).len(), 1);
}

/// Two machines have the same user's changes: one is asked for at once, one at the end.
#[tokio::test]
async fn two_at_the_same_time_ask_once_and_once_at_the_end() {
    let world = World::new();
    let items = ["2026-11-22T08:59:58.000Z", "2026-11-22T08:59:59.000Z"]
        .map(|at| chat(at, Author::User, "hello"));
    for item in &items {
        world.backend.put_item(&person(), item);
    }
    let [one, two] = items.each_ref().map(|item| changed(&sk_of(item), &sk_of(item)[5..]));
    let (stage, delivery) = (world.stage(), world.delivery());
    let (one, two) = futures::join!(stage.handle(one, &delivery), stage.handle(two, &delivery));
    let mut asked: Vec<AsOf> = requests(&[one.unwrap(), two.unwrap()].concat())
        .into_iter()
        .map(|(asked, _)| asked.request.as_of)
        .collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 2);
    let apart = asked[1].instant().duration_since(asked[0].instant());
    assert_eq!(apart, PACE);
}

/// Nothing is lost: the assessment reads all there is, consents too.
#[tokio::test]
async fn a_change_that_is_given_up_is_assessed_at_once() {
    let world = World::new();
    for (sk, asked) in [("CHAT#x", 1), ("MOOD#x", 1), ("SESSION#x", 0), ("PROFILE", 0)] {
        let given_up =
            world.stage().give_up(changed(sk, NOW), &FAILURE, &world.delivery()).await.unwrap();
        assert_eq!(requests(&given_up).len(), asked, "{sk}");
    }
}
