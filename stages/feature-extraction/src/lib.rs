//! Turns a history into features.
//!
//! **In:** `AssessmentRequested`. **Out:** `FeaturesExtracted` to scoring, or
//! `AssessmentSkipped` to the outcomes where the person does not consent to scoring.
//!
//! The texts are read once, first and apart: what they hold of crisis language travels beside the
//! features and still stands where a feature fails (safety 3). Where it sets a floor now, the
//! message takes the priority queue, whatever the request said. No text leaves this stage.
//!
//! The daily run also asks for the sentiment of texts that have none: `TextReceived` for each, see
//! `missed.rs`.
//!
//! Reading and computing run inline: a history of 35 days takes a few milliseconds.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the history cannot be loaded | tried again |
//! | a user of whom nothing is stored | features are missing, with their reasons; scoring says so |
//! | an item that does not fit | left out and counted in the data quality |
//! | … and its text holds crisis language, or cannot be read | the crisis check has failed: see below |
//! | one family of features | its features are unavailable, the part is named, the rest goes on |
//! | reading the texts | the crisis check has failed: scoring hands it to a human |
//! | consent to text analysis is not given | no text is read, there is no floor, and both say so |
//! | consent to scoring is not given or cannot be read | skipped, with the reason |
//! | a request for a sentiment is lost, or nobody can say it | the next daily run asks again |
//! | every try failed, or the request cannot be read | dead-lettered, and an outcome says so |
//! | … and the request names its user | nobody looked for a crisis: an entry in the review queue |

mod missed;

use std::sync::Arc;

use jiff::Timestamp;
use mindmate_contracts::messages::{
    AssessmentRequested, AssessmentSkipped, FeaturesExtracted, Request, SkipReason,
};
use mindmate_contracts::{QueueName, StreamName};
use mindmate_domain::{Consent, CrisisSignal, History, Policy, StageName};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::{HistoryStore, ProfileStore, ReviewQueue};
use mindmate_pipeline::{
    Delivery, Failure, Outbox, Outgoing, PortResult, Stage, StageError, ask_for_a_look,
};

/// What the stage speaks to.
#[derive(Clone)]
pub struct FeatureExtractionPorts {
    /// What may be read of a user.
    pub history: Arc<dyn HistoryStore>,
    /// Where consents are read when the history cannot be.
    pub profiles: Arc<dyn ProfileStore>,
    /// What humans look at.
    pub review: Arc<dyn ReviewQueue>,
}

/// The stage.
#[derive(Clone)]
pub struct FeatureExtraction {
    ports: FeatureExtractionPorts,
    lexicons: Arc<Lexicons>,
    policy: Arc<Policy>,
}

impl FeatureExtraction {
    /// The stage over these ports, with the word lists and the policy that it goes by.
    pub fn new(
        ports: FeatureExtractionPorts,
        lexicons: Arc<Lexicons>,
        policy: Arc<Policy>,
    ) -> Self {
        Self { ports, lexicons, policy }
    }

    /// `seen` is the crisis language that was seen when a text came, where it may be read.
    fn extract(
        &self,
        request: Request,
        history: History,
        seen: &[CrisisSignal],
    ) -> FeaturesExtracted {
        let texts = mindmate_features::read_texts(&history, &self.lexicons);
        let extraction = mindmate_features::extract(&history, &texts);
        let as_of = history.as_of.instant();
        let window = self.policy.floor_window(as_of);
        let mut crisis = texts.crisis_check().with(seen);
        if mindmate_features::left_out_crisis(&history, &self.lexicons, window) {
            crisis = crisis.failed();
        }
        let floor = self.policy.floor(crisis.signals(), as_of);
        FeaturesExtracted {
            request: Request { urgent: request.urgent || floor.is_some(), ..request },
            vector: extraction.features,
            crisis,
            missing_parts: extraction.missing_parts,
            data_quality: history.quality,
        }
    }

    /// What is done before a request is given up: nobody looked whether its user is in a crisis, so
    /// a human has to (safety 3).
    async fn last_words(&self, request: &Request, now: Timestamp) -> PortResult<()> {
        let stores = (&*self.ports.profiles, &*self.ports.review);
        ask_for_a_look(stores, &self.policy, request, now).await
    }
}

impl Stage for FeatureExtraction {
    const NAME: StageName = StageName::FeatureExtraction;

    type Input = AssessmentRequested;

    async fn handle(
        &self,
        input: AssessmentRequested,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let request = input.request;
        let legacy = self.policy.legacy_consents;
        let history = self.ports.history.load(&request.user_id, request.as_of, legacy).await?;
        let outbox = Outbox::new(Self::NAME, cx.clock.now());
        if !history.consents.allows(Consent::Scoring) {
            return Ok(vec![skipped(outbox, request)?]);
        }
        let may_read = history.consents.allows(Consent::TextAnalysis);
        let seen = if may_read { &input.seen[..] } else { &[] };
        let missed = missed::texts(outbox, &request, &history)?;
        let features = self.extract(request, history, seen);
        let id = format!("{}/features", features.request.stem());
        let queue =
            if features.request.urgent { QueueName::ScoringPriority } else { QueueName::Scoring };
        let mut outgoing = vec![outbox.to_queue(queue, id, &features)?];
        outgoing.extend(missed);
        Ok(outgoing)
    }

    async fn tell_of_unread(
        &self,
        request: &Request,
        _: &Failure<'_>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        Ok(self.last_words(request, now).await?)
    }

    async fn give_up(
        &self,
        input: AssessmentRequested,
        failure: &Failure<'_>,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let now = cx.clock.now();
        self.last_words(&input.request, now).await?;
        let Some(position) = input.request.run else {
            return Ok(Vec::new());
        };
        let outbox = Outbox::new(Self::NAME, now);
        Ok(vec![outbox.dead_lettered(position, Some(&input.request.user_id), failure)?])
    }
}

fn skipped(outbox: Outbox, request: Request) -> Result<Outgoing, StageError> {
    let id = format!("{}/skipped", request.stem());
    let key = request.user_id.partition_key();
    let reason = SkipReason::NoScoringConsent;
    let message = AssessmentSkipped { request, stage: FeatureExtraction::NAME, reason };
    outbox.to_stream(StreamName::Outcomes, id, key, &message)
}
