//! The stage over in-memory ports, with the word lists and the features as they ship.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock};

use mindmate_contracts::app_table::{Attribute, Item};
use mindmate_contracts::messages::{
    AssessmentDeadLettered, AssessmentRequested, AssessmentSkipped, FeaturesExtracted, Request,
    SkipReason, TextReceived, Trigger,
};
use mindmate_contracts::{Channel, Message, QueueName, RawEvent, StreamName};
use mindmate_domain::app::{
    AppItem, Author, DiaryText, Profile, Sentiment, SentimentLabel, StoredSentiment,
};
use mindmate_domain::assessment::{MissingPart, PartCause};
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::feature::Family;
use mindmate_domain::history::text_hash;
use mindmate_domain::intervention::ReviewReason;
use mindmate_domain::quality::Defect;
use mindmate_domain::{
    Consent, Consents, CrisisCategory, CrisisCheck, Feature, FeatureValue, MissingReason, Policy,
    Position, RiskLevel, RunId, StageName, UserId,
};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::{HistoryStore, ProfileStore};
use mindmate_pipeline::{
    Clock, Delivery, Failure, Outbox, Outgoing, SeededChance, Stage, StageError,
};
use mindmate_testkit::conformance::samples::{self, AS_OF, as_of, chat, mood, note};
use mindmate_testkit::{Fault, FaultRates, Faults, Faulty, ManualClock, MemoryBackend};

/// A word that no message may hold.
const CANARY: &str = "xylocanary";
const FAILURE: Failure<'static> = Failure { code: "retries-exhausted", message: "it is down" };

/// Building the word lists is most of what a test here takes.
static LEXICONS: LazyLock<Arc<Lexicons>> =
    LazyLock::new(|| Arc::new(Lexicons::built_in().unwrap()));

struct World {
    clock: ManualClock,
    backend: MemoryBackend,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(as_of(AS_OF).instant());
        Self { backend: MemoryBackend::new(Arc::new(clock.clone())), clock }
    }

    fn with(self, item: &AppItem) -> Self {
        self.backend.put_item(&person(), item);
        self
    }

    /// Two weeks with a mood a day.
    fn with_moods(mut self) -> Self {
        for day in 8..=21 {
            let value = f64::from(day % 5) + 3.0;
            self = self.with(&mood(&format!("2026-11-{day:02}T20:00:00.000Z"), value));
        }
        self
    }

    fn with_consents(self, consents: StatedConsents) -> Self {
        self.with(&AppItem::Profile(Box::new(Profile { consents, ..Profile::default() })))
    }

    fn stage_over(&self, history: Arc<dyn HistoryStore>) -> FeatureExtraction {
        let (profiles, review) = (self.backend.profiles(), self.backend.reviews());
        let ports = FeatureExtractionPorts { history, profiles, review };
        Self::stage_of(ports)
    }

    fn stage_of(ports: FeatureExtractionPorts) -> FeatureExtraction {
        FeatureExtraction::new(ports, Arc::clone(&LEXICONS), Arc::new(Policy::built_in().unwrap()))
    }

    fn stage(&self) -> FeatureExtraction {
        self.stage_over(self.backend.history())
    }

    fn delivery(&self) -> Delivery<'_> {
        let deadline = as_of(AS_OF).instant();
        Delivery { event_id: "event", attempt: 1, deadline, clock: &self.clock }
    }

    async fn all(&self, input: AssessmentRequested) -> Vec<Outgoing> {
        self.stage().handle(input, &self.delivery()).await.unwrap()
    }

    /// What is sent on, beside requests for what was missed.
    async fn handle(&self, input: AssessmentRequested) -> Outgoing {
        let mut outgoing = self.all(input).await;
        outgoing.retain(|sent| sent.channel != Channel::Queue(QueueName::Texts));
        assert_eq!(outgoing.len(), 1);
        outgoing.remove(0)
    }

    /// The keys of the texts that are asked for, in order.
    async fn missed(&self, input: AssessmentRequested) -> Vec<String> {
        let sent = self.all(input).await;
        let texts = sent.iter().filter(|sent| sent.channel == Channel::Queue(QueueName::Texts));
        let texts = texts.map(|sent| {
            let message: TextReceived = data(sent);
            assert_eq!(message.user_id, person());
            assert_eq!(sent.id, format!("daily-2026-11-22/3/17/{}/text", message.sk));
            message.sk
        });
        texts.collect()
    }
}

fn person() -> UserId {
    samples::user("syn-1")
}

/// Consent to everything.
fn everything() -> Consents {
    Consent::ALL.into_iter().fold(Consents::default(), |given, consent| given.with(consent, true))
}

fn position() -> Position {
    Position { run: RunId::daily(as_of(AS_OF)), shard: 3, ordinal: 17 }
}

fn requested() -> AssessmentRequested {
    let request = Request {
        user_id: person(),
        as_of: as_of(AS_OF),
        run: Some(position()),
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    };
    AssessmentRequested { request, seen: Vec::new() }
}

fn data<M: Message>(outgoing: &Outgoing) -> M {
    RawEvent::parse(&outgoing.body).unwrap().data().unwrap()
}

/// R1.1, R1.2
#[tokio::test]
async fn a_history_becomes_features_for_scoring() {
    let world = World::new().with_moods();
    let sent = world.handle(requested()).await;
    assert_eq!(sent.channel, Channel::Queue(QueueName::Scoring));
    assert_eq!(sent.id, "daily-2026-11-22/3/17/features");
    let features: FeaturesExtracted = data(&sent);
    assert_eq!(features.request, requested().request);
    assert_eq!(features.vector.get(Feature::TotalMoodEntries), FeatureValue::Value(14.0));
    assert!(features.vector.get(Feature::MoodTrend7Day).value().is_some());
    assert_eq!(features.crisis, CrisisCheck::Read { signals: vec![] });
    assert_eq!(features.missing_parts, []);
}

#[tokio::test]
async fn an_urgent_request_stays_urgent() {
    let world = World::new().with_moods();
    let mut input = requested();
    input.request.urgent = true;
    let sent = world.handle(input).await;
    assert_eq!(sent.channel, Channel::Queue(QueueName::ScoringPriority));
}

/// Safety 3, safety 4
#[tokio::test]
async fn crisis_language_that_sets_a_floor_now_takes_the_priority_queue() {
    let wrote = "I want to kill myself";
    let world = World::new().with(&note("2026-11-21T22:00:00.000Z", wrote));
    let sent = world.handle(requested()).await;
    assert_eq!(sent.channel, Channel::Queue(QueueName::ScoringPriority));
    let features: FeaturesExtracted = data(&sent);
    assert!(features.request.urgent);
    let found: Vec<_> = features.crisis.signals().iter().map(|it| it.category).collect();
    assert_eq!(found, [CrisisCategory::ActiveIdeation]);
}

/// Safety 3
#[tokio::test]
async fn older_crisis_language_is_told_and_is_not_urgent() {
    let wrote = "I want to kill myself";
    let world = World::new().with(&note("2026-11-10T22:00:00.000Z", wrote));
    let sent = world.handle(requested()).await;
    assert_eq!(sent.channel, Channel::Queue(QueueName::Scoring));
    assert_eq!(data::<FeaturesExtracted>(&sent).crisis.signals().len(), 1);
}

/// Safety 3: without consent to text analysis no text is read.
#[tokio::test]
async fn without_consent_to_text_analysis_no_text_is_read_and_the_message_says_so() {
    let consents = Consents::NONE.with(Consent::Scoring, true);
    let world = World::new()
        .with_moods()
        .with_consents(StatedConsents::Given(consents))
        .with(&note("2026-11-21T22:00:00.000Z", "I want to kill myself"));
    let features: FeaturesExtracted = data(&world.handle(requested()).await);
    assert_eq!(features.crisis, CrisisCheck::NotConsented);
    let part = MissingPart { family: Family::Sentiment, cause: PartCause::NotConsented };
    assert_eq!(features.missing_parts, [part]);
    let crisis = features.vector.get(Feature::CrisisKeywords);
    assert_eq!(crisis, FeatureValue::Missing(MissingReason::Unavailable));
    assert!(features.vector.get(Feature::MoodMean7Day).value().is_some());
}

/// R8.4, safety 13
#[tokio::test]
async fn without_consent_to_scoring_the_assessment_is_skipped_with_the_reason() {
    let refused = Consents { scoring: false, ..Policy::built_in().unwrap().legacy_consents };
    for stated in [StatedConsents::Given(refused), StatedConsents::Unreadable] {
        let sent = match stated {
            StatedConsents::Unreadable => {
                let world = World::new().with_moods();
                let consents = ("consents".to_owned(), Attribute::S("yes".to_owned()));
                world.backend.put_raw(&person(), "PROFILE", Item::from([consents]));
                world.handle(requested()).await
            }
            given => World::new().with_moods().with_consents(given).handle(requested()).await,
        };
        assert_eq!(sent.channel, Channel::Stream(StreamName::Outcomes));
        assert_eq!(sent.id, "daily-2026-11-22/3/17/skipped");
        assert_eq!(sent.key, person().partition_key());
        let skipped: AssessmentSkipped = data(&sent);
        assert_eq!(skipped.reason, SkipReason::NoScoringConsent);
        assert_eq!(skipped.stage, StageName::FeatureExtraction);
    }
}

/// Safety 8: nothing known is not low risk; scoring says what that comes to.
#[tokio::test]
async fn a_user_of_whom_nothing_is_stored_has_missing_features() {
    let features: FeaturesExtracted = data(&World::new().handle(requested()).await);
    assert_eq!(features.vector.get(Feature::MoodMean7Day).value(), None);
    assert_eq!(features.data_quality.of(Defect::NoProfile), 1);
}

#[tokio::test]
async fn an_item_that_does_not_fit_is_counted_and_left_out() {
    let world = World::new().with_moods().with(&mood("2026-11-21T21:00:00.000Z", 14.0));
    let features: FeaturesExtracted = data(&world.handle(requested()).await);
    assert_eq!(features.data_quality.of(Defect::MoodOutOfRange), 1);
    assert_eq!(features.vector.get(Feature::TotalMoodEntries), FeatureValue::Value(14.0));
}

#[tokio::test]
async fn a_history_that_cannot_be_loaded_is_tried_again_and_says_the_same_then() {
    let world = World::new().with_moods();
    let (chance, clock) = (Arc::new(SeededChance::new(1)), Arc::new(world.clock.clone()));
    let faults = Faults::seeded(FaultRates::default(), chance, clock);
    faults.script([Fault::Before, Fault::After]);
    let history: Arc<dyn HistoryStore> = Faulty::new(world.backend.history(), &faults);
    let stage = world.stage_over(history);
    for _ in 0..2 {
        let error = stage.handle(requested(), &world.delivery()).await.unwrap_err();
        assert!(matches!(error, StageError::Transient { .. }), "{error}");
    }
    let sent = stage.handle(requested(), &world.delivery()).await.unwrap();
    assert_eq!(sent, [world.handle(requested()).await]);
}

/// R5.6
#[tokio::test]
async fn giving_up_is_said_of_the_position() {
    let world = World::new();
    let stage = world.stage();
    let said = stage.give_up(requested(), &FAILURE, &world.delivery()).await.unwrap();
    assert_eq!((said.len(), said[0].key.clone()), (1, person().partition_key()));
    let unread = stage.give_up_unread(outbox(), Some(position()), &FAILURE).unwrap();
    for outcome in [&said[0], &unread[0]] {
        assert_eq!(outcome.channel, Channel::Stream(StreamName::Outcomes));
        let code = FAILURE.code.to_owned();
        let stage = StageName::FeatureExtraction;
        let expected = AssessmentDeadLettered { run: position(), stage, code };
        assert_eq!(data::<AssessmentDeadLettered>(outcome), expected);
    }
    assert_eq!(said[0].id, unread[0].id);
}

#[tokio::test]
async fn outside_a_run_there_is_no_position_to_speak_of() {
    let world = World::new();
    let mut input = requested();
    input.request.run = None;
    assert_eq!(world.stage().give_up(input, &FAILURE, &world.delivery()).await.unwrap(), []);
    assert_eq!(world.stage().give_up_unread(outbox(), None, &FAILURE).unwrap(), []);
}

/// Safety 3: nobody looked for a crisis, so a human does; after an opt-out nobody does.
#[tokio::test]
async fn giving_up_enters_the_review_queue_unless_nothing_may_be_read() {
    let given = everything();
    for (consents, entered) in [
        (given, Some(true)),
        (given.with(Consent::HumanReview, false), Some(false)),
        (given.with(Consent::Scoring, false), None),
        (given.with(Consent::TextAnalysis, false), None),
    ] {
        let world = World::new().with_consents(StatedConsents::Given(consents));
        for _ in 0..2 {
            world.stage().give_up(requested(), &FAILURE, &world.delivery()).await.unwrap();
        }
        let found = world.backend.reviews().open(9).await.unwrap();
        let found = found.into_iter().map(|entry| {
            assert_eq!(
                (entry.reason, entry.level),
                (ReviewReason::CrisisCheckFailed, RiskLevel::Unknown)
            );
            entry.content_allowed
        });
        assert_eq!(found.collect::<Vec<_>>(), Vec::from_iter(entered));
    }
}

/// Safety 3: a request that cannot be read still says whom nobody looked at.
#[tokio::test]
async fn a_request_that_cannot_be_read_enters_the_review_queue() {
    let world = World::new();
    let (request, now) = (requested().request, jiff::Timestamp::UNIX_EPOCH);
    for _ in 0..2 {
        world.stage().tell_of_unread(&request, &FAILURE, now).await.unwrap();
    }
    let found = world.backend.reviews().open(9).await.unwrap();
    let reasons: Vec<_> = found.iter().map(|entry| entry.reason).collect();
    assert_eq!(reasons, [ReviewReason::CrisisCheckFailed]);
}

/// A store that is down hides the consents too: content stays hidden, and the person is not lost.
#[tokio::test]
async fn giving_up_without_readable_consents_enters_without_content() {
    let world = World::new();
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let chance = Arc::new(SeededChance::new(1));
    let faults = Faults::seeded(FaultRates::default(), chance, clock);
    faults.script([Fault::Before]);
    let profiles: Arc<dyn ProfileStore> = Faulty::new(world.backend.profiles(), &faults);
    let (history, review) = (world.backend.history(), world.backend.reviews());
    let stage = World::stage_of(FeatureExtractionPorts { history, profiles, review });
    stage.give_up(requested(), &FAILURE, &world.delivery()).await.unwrap();
    let found = world.backend.reviews().open(9).await.unwrap();
    assert_eq!((found.len(), found[0].content_allowed), (1, false));
}

/// Safety 3: crisis language in an item that does not fit becomes no feature, but is not lost.
#[tokio::test]
async fn crisis_language_in_an_item_that_was_left_out_asks_for_a_human() {
    let recent = "MOOD#2026-11-21T22:00:00.000Z";
    let old = "MOOD#2026-11-01T22:00:00.000Z";
    for (sk, text, consents, asks) in [
        (recent, "I want to kill myself", everything(), true),
        (recent, "we baked a cake", everything(), false),
        (old, "I want to kill myself", everything(), false),
        (recent, "I want to kill myself", everything().with(Consent::TextAnalysis, false), false),
    ] {
        let world = World::new().with_consents(StatedConsents::Given(consents));
        let [out_of_range, notes] = [Attribute::N("11".to_owned()), Attribute::text(text)];
        let at = Attribute::text(sk.trim_start_matches("MOOD#"));
        let item = [("type", Attribute::text("MOOD")), ("timestamp", at)];
        let item = item.into_iter().chain([("mood", out_of_range), ("notes", notes)]);
        let item: Item = item.map(|(name, value)| (name.to_owned(), value)).collect();
        world.backend.put_raw(&person(), sk, item);
        let features: FeaturesExtracted = data(&world.handle(requested()).await);
        assert_eq!(features.crisis.has_failed(), asks, "{sk} {text}");
        assert_eq!(features.crisis.signals(), []);
        assert!(!features.data_quality.is_clean());
    }
}

/// Safety 17; no message holds text written by a user.
#[tokio::test]
async fn no_text_of_the_user_leaves_the_stage() {
    let text = format!("I want to kill myself, {CANARY}");
    let profile = Profile { name: Some(CANARY.to_owned()), ..Profile::default() };
    let world = World::new()
        .with(&AppItem::Profile(Box::new(profile)))
        .with(&note("2026-11-21T22:00:00.000Z", &text))
        .with(&chat("2026-11-21T23:00:00.000Z", Author::User, &text));
    let sent = world.handle(requested()).await;
    assert_eq!(data::<FeaturesExtracted>(&sent).crisis.signals().len(), 1);
    assert!(!sent.body.contains(CANARY), "{}", sent.body);
}

/// The sentiment of a text, as it was then.
fn sentiment(text_sk: &str, text: &str) -> AppItem {
    let [positive, negative, neutral, mixed] = [0.1, 0.7, 0.1, 0.1];
    let label = SentimentLabel::Negative;
    AppItem::Sentiment(StoredSentiment {
        text_sk: text_sk.to_owned(),
        text_hash: text_hash(&DiaryText::new(text)),
        sentiment: Sentiment { label, positive, negative, neutral, mixed },
        analyzer: "test".to_owned(),
    })
}

/// R1.5: once in a text's life; newest first, and of items without words nothing.
#[tokio::test]
async fn the_daily_run_asks_for_the_sentiments_that_were_missed_and_no_others() {
    let world = World::new()
        .with_moods()
        .with(&note("2026-11-19T22:00:00.000Z", "analysed"))
        .with(&sentiment("MOOD#2026-11-19T22:00:00.000Z", "analysed"))
        .with(&note("2026-11-18T22:00:00.000Z", "changed since"))
        .with(&sentiment("MOOD#2026-11-18T22:00:00.000Z", "as it was"))
        .with(&chat("2026-11-21T22:00:00.000Z", Author::User, "never looked at"))
        .with(&chat("2026-11-21T23:00:00.000Z", Author::Agent, "the companion's"))
        .with(&note("2026-11-20T22:00:00.000Z", "  \n"))
        .with(&note("2026-09-01T22:00:00.000Z", "long ago"));
    let missed = world.missed(requested()).await;
    assert_eq!(missed, ["CHAT#2026-11-21T22:00:00.000Z", "MOOD#2026-11-18T22:00:00.000Z"]);
    assert_eq!(missed, world.missed(requested()).await, "the same at every try");
}

#[tokio::test]
async fn no_more_than_fifty_texts_are_asked_for_the_newest_ones() {
    let mut world = World::new();
    for minute in 0..60 {
        let at = format!("2026-11-21T22:{minute:02}:00.000Z");
        world = world.with(&chat(&at, Author::User, "hello"));
    }
    let missed = world.missed(requested()).await;
    assert_eq!(missed.len(), 50);
    assert_eq!(missed[0], "CHAT#2026-11-21T22:59:00.000Z");
    assert_eq!(missed[49], "CHAT#2026-11-21T22:10:00.000Z");
}

/// A real-time request's text was asked for when it came; without consent no text is even looked
/// at.
#[tokio::test]
async fn nothing_is_asked_for_in_real_time_or_without_consent() {
    let text = chat("2026-11-21T22:00:00.000Z", Author::User, "hello");
    let mut realtime = requested();
    realtime.request = Request { trigger: Trigger::Realtime, run: None, ..realtime.request };
    assert_eq!(World::new().with(&text).missed(realtime).await, [""; 0]);
    for refused in [Consent::TextAnalysis, Consent::Scoring] {
        let consents = StatedConsents::Given(everything().with(refused, false));
        let world = World::new().with(&text).with_consents(consents);
        assert_eq!(world.missed(requested()).await, [""; 0], "{refused:?}");
    }
}

/// The outbox that the runner gives.
fn outbox() -> Outbox {
    Outbox::new(FeatureExtraction::NAME, as_of(AS_OF).instant())
}
