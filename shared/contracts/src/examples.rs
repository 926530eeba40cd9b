//! One golden example of each message, which its schema and its Rust type must both take.

use jiff::Timestamp;
use mindmate_domain::assessment::{Method, MissingPart, PartCause};
use mindmate_domain::feature::Family;
use mindmate_domain::intervention::{InterventionType, WithheldReason};
use mindmate_domain::quality::{DataQuality, Defect};
use mindmate_domain::{
    AsOf, CrisisCategory, CrisisCheck, CrisisSignal, Feature, FeatureValue, FeatureVector,
    InterventionId, MissingReason, Position, RiskLevel, RunId, StageName, UserId,
};

use crate::app_name::{AppName, AppNameError};
use crate::envelope::{Message, encode, encode_from};
use crate::messages::{
    ActivityRecorded, AppItemChanged, AssessmentCompleted, AssessmentDeadLettered,
    AssessmentRequested, AssessmentSkipped, FanOutShardRequested, FeaturesExtracted,
    InterventionDelivered, InterventionRequested, InterventionWithheld, RecordedActivity, Request,
    SkipReason, TextReceived, Trigger,
};

/// Why an example could not be made: a defect of this module, which its test would show.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each wraps the error that it names")]
pub enum ExampleError {
    #[error(transparent)]
    User(#[from] mindmate_domain::ids::UserIdError),
    #[error(transparent)]
    Name(#[from] AppNameError),
    #[error(transparent)]
    Instant(#[from] mindmate_domain::instant::InstantError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A message's name, its envelope as sent, and the JSON Schema of its data.
pub struct Example {
    /// The message's name.
    pub name: &'static str,
    /// The envelope's type.
    pub kind: &'static str,
    /// The envelope with its data.
    pub body: String,
    /// The schema of the data.
    pub schema: schemars::Schema,
}

fn example<M: Message>(source: StageName, id: &str, data: &M) -> Result<Example, ExampleError> {
    let time: Timestamp = mindmate_domain::instant::parse("2026-11-22T06:00:03.250Z")?;
    Ok(example_of::<M>(encode(id, source, time, data)?))
}

fn example_of<M: Message>(body: String) -> Example {
    Example { name: M::NAME, kind: M::TYPE, body, schema: schemars::schema_for!(M) }
}

/// All of them, in the order of the way.
///
/// # Errors
/// See [`ExampleError`].
pub fn all() -> Result<Vec<Example>, ExampleError> {
    let as_of: AsOf = "2026-11-22T06:00:00Z".parse()?;
    let position = Position { run: RunId::daily(as_of), shard: 3, ordinal: 17 };
    let request = Request {
        user_id: UserId::new("syn-0000042")?,
        as_of,
        run: Some(position),
        trigger: Trigger::Daily,
        urgent: true,
        historical: false,
    };
    let mut all = requests(&request)?;
    all.extend(from_the_app(&request)?);
    all.extend(assessment_outcomes(&request)?);
    all.extend(intervention_outcomes(&request)?);
    Ok(all)
}

fn from_the_app(request: &Request) -> Result<Vec<Example>, ExampleError> {
    let user = &request.user_id;
    let sk = "CHAT#2026-11-22T05:59:58.120Z";
    let changed = AppItemChanged {
        user_id: user.clone(),
        sk: sk.to_owned(),
        changed_at: request.as_of,
        removed: false,
    };
    let text = TextReceived { user_id: user.clone(), sk: sk.to_owned() };
    let activity_id = AppName::new("0b8e5d1c-6f0a-4c39-9a57-2d1f6f0c7f3a")?;
    let activity = RecordedActivity::ActivityCompleted { activity_id, helpful: Some(true) };
    let recorded = ActivityRecorded { user_id: user.clone(), at: request.as_of, activity };
    let time = mindmate_domain::instant::parse("2026-11-22T06:00:01.750Z")?;
    let recorded = encode_from("/mindmate/app", "activity/1", time, &recorded)?;
    Ok(vec![
        example(StageName::RealtimeTrigger, "app-item/1", &changed)?,
        example(StageName::RealtimeTrigger, "text/1", &text)?,
        example_of::<ActivityRecorded>(recorded),
    ])
}

fn requests(request: &Request) -> Result<Vec<Example>, ExampleError> {
    let stem = request.stem();
    let id = |what: &str| format!("{stem}/{what}");
    let shard = FanOutShardRequested {
        run_id: RunId::daily(request.as_of),
        as_of: request.as_of,
        shards: 16,
        shard: 3,
        page: 1,
        historical: false,
    };
    let assessment = AssessmentRequested { request: request.clone(), seen: Vec::new() };
    let intervention = InterventionRequested {
        request: request.clone(),
        level: RiskLevel::High,
        factors: vec![Feature::MoodPersonalDeviation, Feature::ConsecutiveLowDays],
    };
    Ok(vec![
        example(StageName::FanOut, "daily-2026-11-22/3/page-1", &shard)?,
        example(StageName::FanOut, &id("requested"), &assessment)?,
        example(StageName::FeatureExtraction, &id("features"), &features(request)?)?,
        example(StageName::Scoring, &id("intervention"), &intervention)?,
    ])
}

fn assessment_outcomes(request: &Request) -> Result<Vec<Example>, ExampleError> {
    let stem = request.stem();
    let completed = AssessmentCompleted {
        request: request.clone(),
        stage: StageName::Scoring,
        level: RiskLevel::High,
        method: Method::Rules,
        sent_on: vec![InterventionRequested::NAME.to_owned()],
    };
    let skipped = AssessmentSkipped {
        request: request.clone(),
        stage: StageName::FeatureExtraction,
        reason: SkipReason::NoScoringConsent,
    };
    let mut outcomes = vec![
        example(StageName::Scoring, &format!("{stem}/completed"), &completed)?,
        example(StageName::FeatureExtraction, &format!("{stem}/skipped"), &skipped)?,
    ];
    if let Some(run) = request.run.clone() {
        let code = "retries-exhausted".to_owned();
        let given_up = AssessmentDeadLettered { run, stage: StageName::Scoring, code };
        let id = format!("{stem}/dead-lettered/scoring");
        outcomes.push(example(StageName::Scoring, &id, &given_up)?);
    }
    Ok(outcomes)
}

fn intervention_outcomes(request: &Request) -> Result<Vec<Example>, ExampleError> {
    let stem = request.stem();
    let (stage, intervention) = (StageName::Intervention, InterventionType::CheckIn);
    let delivered = InterventionDelivered {
        request: request.clone(),
        stage,
        intervention_id: InterventionId::derive(&request.user_id, request.as_of, intervention),
        intervention,
    };
    let reason = WithheldReason::CoolDown;
    let withheld = InterventionWithheld { request: request.clone(), stage, intervention, reason };
    Ok(vec![
        example(stage, &format!("{stem}/delivered"), &delivered)?,
        example(stage, &format!("{stem}/withheld"), &withheld)?,
    ])
}

fn features(request: &Request) -> Result<FeaturesExtracted, ExampleError> {
    let mut vector = FeatureVector::all_missing(MissingReason::NoData);
    for feature in Family::Mood.features() {
        vector.set(feature, FeatureValue::Value(4.25));
    }
    let few = MissingReason::TooFew { have: 3, need: 10 };
    vector.set(Feature::MoodMannKendallZ, FeatureValue::Missing(few));
    vector.set(Feature::AvgNegativeScore, FeatureValue::Missing(MissingReason::Unavailable));
    vector.set(Feature::MoodEwmaAlarm, FeatureValue::Missing(MissingReason::Undefined));
    let mut data_quality = DataQuality::default();
    data_quality.count(Defect::MoodOutOfRange);
    Ok(FeaturesExtracted {
        request: request.clone(),
        vector,
        crisis: CrisisCheck::Read {
            signals: vec![CrisisSignal {
                category: CrisisCategory::PassiveIdeation,
                at: mindmate_domain::instant::parse("2026-11-21T22:14:09Z")?,
            }],
        },
        missing_parts: vec![MissingPart {
            family: Family::Sentiment,
            cause: PartCause::NotAnalysed,
        }],
        data_quality,
    })
}
