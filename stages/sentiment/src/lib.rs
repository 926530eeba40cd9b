//! Analyses each text once in its life (R1.5).
//!
//! **In:** `TextReceived`, the key of a text. **Out:** nothing; the sentiment is stored beside the
//! text, under `SENTIMENT#{key of the text}`, with the hash of what was analysed and the name of
//! the analyser. Readers take it only where the hash is that of the text.
//!
//! | what is found | what is done |
//! | --- | --- |
//! | no consent to scoring, or none to text analysis | nothing: the text is not even read |
//! | no item, one that does not fit, no words of the user's own | nothing |
//! | a sentiment of this very text, whoever found it | nothing: once in a text's life |
//! | a sentiment of what the text was before | it is replaced |
//! | the text is in a language that no analyser knows | nothing is stored: never neutral |
//! | while it is analysed the text goes, or consent is withdrawn | what was stored is removed again |
//! | while it is analysed the text is changed | what was stored does not fit, and nobody reads it |
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the table does not answer | tried again |
//! | the service does not answer, or throttles | tried again; at the last attempt the local analyser serves |
//! | … and the local one cannot read the text | dead-lettered with the service's cause |
//! | the service refuses the text | the local analyser serves at once |
//! | two analyse it at the same time | both store the same |
//! | killed before it is stored | the text comes again |
//! | every try failed, or the message cannot be read | nothing is lost: the daily run asks again |
//!
//! A sentiment by the local analyser stays, though the service may give a better one later: a text
//! whose scores change from day to day would look like a change of the person.

mod analysts;
mod local;

use std::sync::Arc;

use mindmate_contracts::app_table::{Decoded, decode};
use mindmate_contracts::messages::TextReceived;
use mindmate_domain::app::{AppItem, DiaryText, StoredSentiment};
use mindmate_domain::history::text_hash;
use mindmate_domain::{Consent, Policy, StageName, UserId};
use mindmate_pipeline::ports::{AppItems, FoundItem, ProfileStore, TextToAnalyze};
use mindmate_pipeline::{Delivery, Failure, Outgoing, PortResult, RetryPolicy, Stage, StageError};
use tracing::info;

pub use self::analysts::Analysts;
use self::analysts::Verdict;
pub use self::local::LocalAnalyzer;

/// The stores that the stage speaks to.
#[derive(Clone)]
pub struct SentimentPorts {
    /// Texts and their sentiments.
    pub items: Arc<dyn AppItems>,
    /// Consents and languages.
    pub profiles: Arc<dyn ProfileStore>,
}

/// The stage.
#[derive(Clone)]
pub struct Sentiments {
    ports: SentimentPorts,
    analysts: Analysts,
    policy: Arc<Policy>,
    attempts: u32,
}

impl Sentiments {
    /// The stage over these ports and analysers, with the policy that it goes by.
    pub fn new(ports: SentimentPorts, analysts: Analysts, policy: Arc<Policy>) -> Self {
        Self { ports, analysts, policy, attempts: RetryPolicy::default().attempts }
    }

    /// The same with the retries of its runner, where they are not the default: the last attempt is
    /// the local analyser's.
    #[must_use]
    pub fn with_retries(self, policy: RetryPolicy) -> Self {
        Self { attempts: policy.attempts, ..self }
    }

    /// The text as it stands now, where there is one and it may be read.
    async fn text(&self, asked: &TextReceived) -> PortResult<Option<TextToAnalyze>> {
        let profile = self.ports.profiles.profile(&asked.user_id).await?.unwrap_or_default();
        let consents = profile.consents.effective(self.policy.legacy_consents);
        if !consents.allows(Consent::Scoring) || !consents.allows(Consent::TextAnalysis) {
            return Ok(None);
        }
        let text = self.item(&asked.user_id, &asked.sk).await?.and_then(own_words);
        Ok(text.map(|text| TextToAnalyze { text, locale: profile.locale }))
    }

    /// Whether this very text has its sentiment.
    async fn is_analysed(&self, asked: &TextReceived, hash: &str) -> PortResult<bool> {
        let stored = self.item(&asked.user_id, &sentiment_sk(&asked.sk)).await?;
        Ok(matches!(stored, Some(AppItem::Sentiment(stored)) if stored.text_hash == hash))
    }

    /// An item that fits its type.
    async fn item(&self, user: &UserId, sk: &str) -> PortResult<Option<AppItem>> {
        let Some(FoundItem::Item(item)) = self.ports.items.item(user, sk).await? else {
            return Ok(None);
        };
        match decode(sk, &item) {
            Decoded::Read(item, _) => Ok(Some(item)),
            Decoded::Defective(_) | Decoded::PassedOver => Ok(None),
        }
    }

    async fn forget(&self, asked: &TextReceived) -> PortResult<()> {
        self.ports.items.remove(&asked.user_id, &sentiment_sk(&asked.sk)).await
    }
}

impl Stage for Sentiments {
    const NAME: StageName = StageName::Sentiment;

    type Input = TextReceived;

    async fn handle(
        &self,
        asked: TextReceived,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        let Some(text) = self.text(&asked).await? else {
            if cx.attempt > 1 {
                // An earlier try may have stored it, and died before it looked again.
                self.forget(&asked).await?;
            }
            return Ok(Vec::new());
        };
        let text_hash = text_hash(&text.text);
        if self.is_analysed(&asked, &text_hash).await? {
            return Ok(Vec::new());
        }
        let is_last = cx.attempt >= self.attempts;
        let (sentiment, analyzer) = match self.analysts.analyze(text, is_last).await? {
            Verdict::Found { sentiment, analyzer } => (sentiment, analyzer),
            Verdict::Unknown { reason } => {
                info!(reason, "a text has no sentiment");
                return Ok(Vec::new());
            }
        };
        let text_sk = asked.sk.clone();
        let stored = StoredSentiment { text_sk, text_hash, sentiment, analyzer };
        self.ports.items.put(&asked.user_id, &AppItem::Sentiment(stored)).await?;
        // Who erases a text, or withdraws consent, while it is analysed, leaves nothing behind.
        if self.text(&asked).await?.is_none() {
            self.forget(&asked).await?;
        }
        Ok(Vec::new())
    }

    /// Nothing to say: the text has no sentiment, and the daily run asks for it again.
    async fn give_up(
        &self,
        _: TextReceived,
        _: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        Ok(Vec::new())
    }
}

/// The words of the user's own in an item.
fn own_words(item: AppItem) -> Option<DiaryText> {
    let AppItem::Event(event) = item else { return None };
    event.kind.own_words().filter(|text| !text.is_blank()).cloned()
}

/// Where the sentiment of a text is stored.
fn sentiment_sk(text_sk: &str) -> String {
    format!("SENTIMENT#{text_sk}")
}
