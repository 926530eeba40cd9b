//! Things to put into backends. All of it is made up.

use jiff::Timestamp;
use mindmate_contracts::app_table::{self, Item};
use mindmate_contracts::envelope::encode;
use mindmate_contracts::messages::{AssessmentRequested, FanOutShardRequested, Request, Trigger};
use mindmate_contracts::{Channel, QueueName, StreamName};
use mindmate_domain::app::{AppItem, Author, DiaryText, Event, EventKind, Profile};
use mindmate_domain::assessment::Method;
use mindmate_domain::consent::StatedConsents;
use mindmate_domain::instant::key_form;
use mindmate_domain::intervention::{
    Content, CrisisResources, Guard, Helpline, Intervention, Message, ResourceParts,
};
use mindmate_domain::quality::DataQuality;
use mindmate_domain::run::Run;
use mindmate_domain::{
    AsOf, Assessment, Consents, CrisisCheck, FeatureVector, MissingReason, Position, RiskLevel,
    RiskScore, RunId, StageName, UserId,
};
use mindmate_pipeline::Outgoing;
use mindmate_pipeline::ports::DeadLetterCause;

/// The `asOf` of most samples.
pub const AS_OF: &str = "2026-11-22T06:00:00.000Z";

/// An instant.
pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// An `asOf`.
pub fn as_of(text: &str) -> AsOf {
    text.parse().expect("an asOf")
}

/// A user.
pub fn user(id: &str) -> UserId {
    UserId::new(id).expect("a user id")
}

/// A message that asks for the assessment of user `n`, on its way to a queue.
pub fn message(queue: QueueName, n: u32) -> Outgoing {
    let request = request(n);
    let id = format!("{}/requested", request.stem());
    let time = instant(AS_OF);
    let body =
        encode(&id, StageName::FanOut, time, &AssessmentRequested { request, seen: Vec::new() });
    let body = body.expect("a message");
    Outgoing::new(Channel::Queue(queue), id, String::new(), body)
}

/// A request of shard 0, in its `n`th place.
pub fn request(n: u32) -> Request {
    let as_of = as_of(AS_OF);
    Request {
        user_id: user(&format!("syn-{n:07}")),
        as_of,
        run: Some(Position { run: RunId::daily(as_of), shard: 0, ordinal: n }),
        trigger: Trigger::Daily,
        urgent: false,
        historical: false,
    }
}

/// A message of a version that nobody takes.
pub fn message_of_tomorrow(queue: QueueName, n: u32) -> Outgoing {
    let mut message = message(queue, n);
    message.body = message.body.replace("requested.v1", "requested.v9");
    message
}

/// A message of another type than an assessment's request.
pub fn fan_out_message(queue: QueueName) -> Outgoing {
    let as_of = as_of(AS_OF);
    let run_id = RunId::daily(as_of);
    let data =
        FanOutShardRequested { run_id, as_of, shards: 1, shard: 0, page: 0, historical: false };
    let body = encode("shard", StageName::FanOut, instant(AS_OF), &data).expect("a message");
    Outgoing::new(Channel::Queue(queue), "shard".to_owned(), String::new(), body)
}

/// A record of the outcomes, the `n`th of its key.
pub fn record(key: &str, n: u32) -> Outgoing {
    let channel = Channel::Stream(StreamName::Outcomes);
    let message = message(QueueName::Assessments, n);
    Outgoing { channel, id: format!("{key}/{n}"), key: key.to_owned(), ..message }
}

/// Why something was given up.
pub fn cause(code: &str) -> DeadLetterCause {
    DeadLetterCause {
        stage: StageName::Scoring,
        code: code.to_owned(),
        message: "expected this, found that".to_owned(),
        attempts: 4,
        at: instant("2026-11-22T06:10:00.250Z"),
    }
}

/// A dated event, under the key that the app gives it.
pub fn event(prefix: &str, at: &str, kind: EventKind) -> AppItem {
    let at = instant(at);
    AppItem::Event(Event { at, sk: format!("{prefix}#{}", key_form(at)), kind })
}

/// A mood without a note.
pub fn mood(at: &str, mood: f64) -> AppItem {
    event("MOOD", at, EventKind::Mood { mood, notes: None, tags: Vec::new() })
}

/// A mood with a note.
pub fn note(at: &str, text: &str) -> AppItem {
    let notes = Some(DiaryText::new(text));
    event("MOOD", at, EventKind::Mood { mood: 4.0, notes, tags: Vec::new() })
}

/// A chat message.
pub fn chat(at: &str, author: Author, text: &str) -> AppItem {
    event("CHAT", at, EventKind::Chat { author, text: DiaryText::new(text) })
}

/// A profile with these consents.
pub fn profile(consents: Consents) -> AppItem {
    AppItem::Profile(Box::new(Profile {
        name: Some("Ada".to_owned()),
        timezone: Some("Europe/Madrid".to_owned()),
        country: Some("ES".to_owned()),
        consents: StatedConsents::Given(consents),
        ..Profile::default()
    }))
}

/// An item with its user and sort key, as the table holds it.
pub fn stored(user: &UserId, item: &AppItem) -> (UserId, String, Item) {
    let (sk, item) = app_table::encode(user, item);
    (user.clone(), sk, item)
}

/// An assessment of a level.
pub fn assessment(user: &UserId, at: AsOf, level: RiskLevel) -> Assessment {
    Assessment {
        user: user.clone(),
        as_of: at,
        position: Some(Position { run: RunId::daily(at), shard: 3, ordinal: 17 }),
        score: RiskScore::new(0.1 + 0.2).ok(),
        level,
        method: Method::Rules,
        model_version: Some("rules-1".to_owned()),
        policy_version: "policy-1".to_owned(),
        floor: None,
        crisis_check: CrisisCheck::Read { signals: Vec::new() },
        features: FeatureVector::all_missing(MissingReason::NoData),
        contributions: Vec::new(),
        missing_parts: Vec::new(),
        confidence: 1.0 / 3.0,
        data_quality: DataQuality::default(),
        historical: false,
        created_at: instant("2026-11-22T06:00:01.250Z"),
        expires_at: instant("2028-11-22T06:00:01.250Z"),
    }
}

/// A check-in, decided on at an instant.
pub fn check_in(user: &UserId, at: &str) -> Intervention {
    let message =
        Message { template: "en/check-in-1@1".to_owned(), text: "How are you?".to_owned() };
    decided(user, Content::CheckIn { message }, at)
}

/// Crisis support, decided on at an instant.
pub fn crisis_support(user: &UserId, at: &str) -> Intervention {
    let message = Message { template: "en/crisis-1@1".to_owned(), text: "Call Line.".to_owned() };
    decided(user, Content::CrisisSupport { message, resources: resources() }, at)
}

fn decided(user: &UserId, content: Content, at: &str) -> Intervention {
    Intervention::decide(user.clone(), as_of(AS_OF), content, None, false, instant(at))
}

fn resources() -> CrisisResources {
    let helpline = Helpline {
        name: "Line".to_owned(),
        contact: "call 000".to_owned(),
        hours: "always".to_owned(),
    };
    let parts = ResourceParts {
        version: "resources-test".to_owned(),
        country: None,
        helplines: vec![helpline],
        emergency: "Call the emergency number.".to_owned(),
    };
    CrisisResources::try_from(parts).expect("resources")
}

/// A guard of a level that holds for a day from an instant.
pub fn guard(level: RiskLevel, since: &str) -> Guard {
    let since = instant(since);
    let until = since.checked_add(jiff::SignedDuration::from_hours(24)).expect("an instant");
    Guard { level, since, until }
}

/// The daily run of a date.
pub fn run(at: &str) -> Run {
    let as_of = as_of(at);
    Run {
        id: RunId::daily(as_of),
        as_of,
        shards: 4,
        historical: false,
        started_at: as_of.instant(),
        completed_at: None,
    }
}
