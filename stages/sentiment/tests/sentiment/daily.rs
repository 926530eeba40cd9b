//! A month of daily runs with the stage that asks for what was missed, each through its runner and
//! the queues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use mindmate_cohort::{CohortSpec, Language};
use mindmate_contracts::QueueName;
use mindmate_contracts::messages::{AssessmentRequested, Request, Trigger};
use mindmate_domain::app::AppItem;
use mindmate_domain::{AsOf, Policy, Position, RunId, StageName, UserId};
use mindmate_feature_extraction::{FeatureExtraction, FeatureExtractionPorts};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::SentimentAnalyzer;
use mindmate_pipeline::{Outbox, Runner, RunnerPorts, SeededChance};
use mindmate_sentiment::{SentimentPorts, Sentiments};
use mindmate_testkit::conformance::samples::{AS_OF, as_of};
use mindmate_testkit::{ManualClock, MemoryBackend};

use crate::support::{Counting, drain, sentiments_of, stage_over};

const RUNS: i64 = 30;
const USERS: u32 = 8;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A cohort whose diaries grow as the days pass, and the two stages over it.
struct Month {
    clock: ManualClock,
    backend: MemoryBackend,
    extraction: Runner<FeatureExtraction>,
    sentiments: Runner<Sentiments>,
    people: BTreeMap<UserId, (Language, Vec<AppItem>)>,
}

impl Month {
    /// The cohort without the sentiments that it comes with.
    fn new(service: Option<Arc<dyn SentimentAnalyzer>>) -> Self {
        let clock = ManualClock::new(first().instant());
        let backend = MemoryBackend::new(Arc::new(clock.clone()));
        let ports = RunnerPorts {
            publisher: backend.publisher(),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(SeededChance::new(1)),
        };
        let policy = Arc::new(Policy::built_in().unwrap());
        let lexicons = Arc::new(Lexicons::built_in().unwrap());
        let (history, profiles) = (backend.history(), backend.profiles());
        let review = backend.reviews();
        let stores = FeatureExtractionPorts { history, profiles, review };
        let extraction = FeatureExtraction::new(stores, lexicons, policy);
        let stores = SentimentPorts { items: backend.app_items(), profiles: backend.profiles() };
        let spec = CohortSpec::new(USERS, 60, 7, as_of(AS_OF).instant()).unwrap();
        let people = spec.users().map(|made| {
            let own = made.items.into_iter().filter(|item| !is_sentiment(item));
            (made.user, (made.truth.language, own.collect()))
        });
        Self {
            people: people.collect(),
            extraction: Runner::new(extraction, ports.clone()),
            sentiments: Runner::new(stage_over(stores, service), ports),
            clock,
            backend,
        }
    }

    /// What the app has written by then is there.
    fn write_up_to(&self, as_of: AsOf) {
        for (user, (_, items)) in &self.people {
            for item in items {
                let later = matches!(item, AppItem::Event(event) if event.at > as_of.instant());
                if !later {
                    self.backend.put_item(user, item);
                }
            }
        }
    }

    async fn run(&self, as_of: AsOf) {
        self.clock.advance_to(as_of.instant());
        let outbox = Outbox::new(StageName::FanOut, as_of.instant());
        let requests = self.people.keys().zip(0..).map(|(user, ordinal)| {
            let request = Request {
                user_id: user.clone(),
                as_of,
                run: Some(Position { run: RunId::daily(as_of), shard: 0, ordinal }),
                trigger: Trigger::Daily,
                urgent: false,
                historical: false,
            };
            let id = format!("{}/requested", request.stem());
            let message = AssessmentRequested { request, seen: Vec::new() };
            outbox.to_queue(QueueName::Assessments, id, &message).unwrap()
        });
        let requests: Vec<_> = requests.collect();
        // Each comes twice, and so does each text that is asked for.
        for sent in self.backend.publisher().publish(&[&requests[..], &requests].concat()).await {
            sent.unwrap();
        }
        drain(&self.backend, QueueName::Assessments, &self.extraction).await;
        drain(&self.backend, QueueName::Texts, &self.sentiments).await;
    }

    async fn all_runs(&self) {
        for day in 0..RUNS {
            let as_of = AsOf::just_after(first().instant() + DAY * i32::try_from(day).unwrap());
            self.write_up_to(as_of);
            self.run(as_of).await;
        }
    }

    /// The texts that the last run looked at, with their language and whether they have a
    /// sentiment.
    async fn texts_of_the_last_run(&self) -> Vec<(Language, bool)> {
        let legacy = Policy::built_in().unwrap().legacy_consents;
        let mut texts = Vec::new();
        for (user, (language, _)) in &self.people {
            let last = as_of(AS_OF);
            let history = self.backend.history().load(user, last, legacy).await.unwrap();
            let own = history.texts.into_iter().flatten();
            texts.extend(own.map(|text| (*language, text.sentiment.is_some())));
        }
        texts
    }

    fn stored(&self) -> usize {
        let keys = self.people.keys().flat_map(|user| {
            let stored = sentiments_of(&self.backend, user).into_iter();
            stored.map(|stored| (user.clone(), stored.text_sk))
        });
        keys.collect::<BTreeSet<_>>().len()
    }
}

/// The last run is at the end of the cohort.
fn first() -> AsOf {
    let last = as_of(AS_OF).instant();
    AsOf::just_after(last - DAY * i32::try_from(RUNS - 1).unwrap())
}

fn is_sentiment(item: &AppItem) -> bool {
    matches!(item, AppItem::Sentiment(_))
}

/// The daily run analyses only what was missed: thirty of them call the analyser once for each
/// text.
#[tokio::test]
async fn thirty_daily_runs_make_one_call_of_the_analyser_for_each_text() {
    let service = Arc::new(Counting::default());
    let month = Month::new(Some(service.clone()));
    month.all_runs().await;
    let texts = month.texts_of_the_last_run().await;
    assert!(texts.len() > 100, "{} texts are few", texts.len());
    assert!(texts.iter().all(|(_, analysed)| *analysed));
    assert_eq!(service.texts(), month.stored(), "one call for each that is stored");
    month.run(as_of(AS_OF)).await;
    assert_eq!(service.texts(), month.stored(), "and none for a run that comes twice");
}

/// On one machine the local analyser knows English: what it cannot read stays without a sentiment.
#[tokio::test]
async fn without_a_service_every_english_text_and_no_other_has_a_sentiment() {
    let month = Month::new(None);
    month.all_runs().await;
    let texts = month.texts_of_the_last_run().await;
    for language in [Language::English, Language::Spanish] {
        assert!(texts.iter().any(|(own, _)| *own == language), "{language:?}");
    }
    for (language, analysed) in texts {
        assert_eq!(analysed, language == Language::English, "{language:?}");
    }
}
