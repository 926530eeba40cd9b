//! Asks for what cannot wait until tomorrow.
//!
//! **In:** `AppItemChanged`, from the stream of the app's table. **Out:** `AssessmentRequested` to
//! the priority queue, `TextReceived` to the texts; and who was active is noted.
//!
//! | what was written | what is asked for |
//! | --- | --- |
//! | words with crisis language, words that cannot be read, a mood of at most [`LOW_MOOD`] | an assessment at once, however many there were |
//! | another mood or words of the user's | an assessment, at most one in [`PACE`]; what comes before is held back for one at its end |
//! | words | their sentiment, too |
//! | a session, a selfie, an activity | nothing; they were active |
//! | the companion's words, a profile, a sentiment, anything else | nothing: no loop |
//! | nothing any more: it was removed | nothing |
//!
//! Nobody is assessed who does not consent to scoring, and no words are read without consent to text
//! analysis. An assessment looks back from when the table noted the change, or, so that it sees what
//! was written by a clock that is a little ahead, from the item's own instant; crisis language that was seen goes along, so that it counts even where a clock
//! that is ahead dates it later.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | the table or the states do not answer | tried again; the person's changes wait, in order |
//! | an urgent one | no state is read for it: it depends on the item and the profile alone |
//! | two ask at the same time | the state is written on what was seen: one looks again |
//! | killed after the state, before the request | the same change finds its own request in the state, and sends it again |
//! | every try failed | an assessment is asked for at once: it reads all there is |
//! | a record that cannot be read | put aside with its cause |

mod pace;
mod seen;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::QueueName;
use mindmate_contracts::app_table::{Decoded, active_millis, decode};
use mindmate_contracts::messages::{
    AppItemChanged, AssessmentRequested, Request, TextReceived, Trigger,
};
use mindmate_domain::{AsOf, Consent, Consents, CrisisSignal, Policy, StageName, UserId};
use mindmate_language::Lexicons;
use mindmate_pipeline::ports::{ActivityIndex, AppItems, FoundItem, ProfileStore, UserStates};
use mindmate_pipeline::{Delivery, Failure, Outbox, Outgoing, PortResult, Stage, StageError};

pub use self::pace::PACE;
use self::pace::{Ask, Event, Pace};
use self::seen::Seen;

/// A mood of at most this is assessed at once.
pub const LOW_MOOD: f64 = 2.0;

/// What the state of who was asked for is called.
const STATE: &str = "realtime";

/// How long that state is kept: longer than a stream keeps its records.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// How often a state that moved meanwhile is looked at again in one try.
const LOOKS: usize = 4;

/// The stores that the stage speaks to.
#[derive(Clone)]
pub struct RealtimePorts {
    /// What was written.
    pub items: Arc<dyn AppItems>,
    /// Consents.
    pub profiles: Arc<dyn ProfileStore>,
    /// Who was asked for lately.
    pub states: Arc<dyn UserStates>,
    /// Who was active when.
    pub activity: Arc<dyn ActivityIndex>,
}

/// The stage.
#[derive(Clone)]
pub struct RealtimeTrigger {
    ports: RealtimePorts,
    lexicons: Arc<Lexicons>,
    policy: Arc<Policy>,
}

impl RealtimeTrigger {
    /// The stage over these ports, with the word lists and the policy that it goes by.
    pub fn new(ports: RealtimePorts, lexicons: Arc<Lexicons>, policy: Arc<Policy>) -> Self {
        Self { ports, lexicons, policy }
    }

    async fn consents(&self, user: &UserId) -> PortResult<Consents> {
        let profile = self.ports.profiles.profile(user).await?.unwrap_or_default();
        Ok(profile.consents.effective(self.policy.legacy_consents))
    }

    /// What was written there, as it stands now; where there is nothing to look at, none.
    async fn written(&self, change: &AppItemChanged) -> PortResult<Option<Seen>> {
        let found = self.ports.items.item(&change.user_id, &change.sk).await?;
        let item = match found {
            None => return Ok(None),
            Some(FoundItem::Unreadable) => return Ok(Seen::unreadable(&change.sk)),
            Some(FoundItem::Item(item)) => item,
        };
        if let Some(at) = active_millis(&change.sk, &item) {
            let at =
                Timestamp::from_millisecond(at).unwrap_or_else(|_| change.changed_at.instant());
            self.ports.activity.record(&change.user_id, at).await?;
        }
        Ok(match decode(&change.sk, &item) {
            Decoded::Read(item, _) => Seen::of(item),
            Decoded::Defective(found) => Seen::of_defective(found),
            Decoded::PassedOver => None,
        })
    }

    /// The request that is sent now, and for how long it is hidden.
    async fn paced(
        &self,
        change: &AppItemChanged,
        now: Timestamp,
    ) -> Result<Option<Ask>, StageError> {
        let event = Event { at: change.changed_at, sk: change.sk.clone() };
        for _ in 0..LOOKS {
            let stored = self.ports.states.state(&change.user_id, STATE).await?;
            let pace = stored.as_deref().and_then(|state| serde_json::from_str::<Pace>(state).ok());
            let (ask, next) = pace::ask(pace.as_ref(), &event, now);
            let Some(next) = next else { return Ok(ask) };
            let next = serde_json::to_string(&next)
                .map_err(|error| StageError::permanent("unwritable-state", error))?;
            let expires = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
            let states = &self.ports.states;
            if states.put(&change.user_id, STATE, &next, stored.as_deref(), expires).await? {
                return Ok(ask);
            }
        }
        Err(StageError::transient("who was asked for changed again and again"))
    }
}

impl Stage for RealtimeTrigger {
    const NAME: StageName = StageName::RealtimeTrigger;

    type Input = AppItemChanged;

    async fn handle(
        &self,
        change: AppItemChanged,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        if change.removed || !seen::is_of_concern(&change.sk) {
            return Ok(Vec::new());
        }
        // First of all: of who refuses, nothing is read and nothing is noted.
        let consents = self.consents(&change.user_id).await?;
        if !consents.allows(Consent::Scoring) {
            return Ok(Vec::new());
        }
        let Some(seen) = self.written(&change).await? else {
            return Ok(Vec::new());
        };
        let now = cx.clock.now();
        let outbox = Outbox::new(Self::NAME, now);
        let reads = consents.allows(Consent::TextAnalysis);
        let mut outgoing = Vec::new();
        let signals =
            if reads { seen.crisis(&self.lexicons, change.changed_at) } else { Vec::new() };
        let unread = reads && seen.has_unreadable_words();
        if !signals.is_empty() || unread || seen.mood().is_some_and(|mood| mood <= LOW_MOOD) {
            let as_of = seen.seen_from(change.changed_at);
            outgoing.push(requested(outbox, &change.user_id, as_of, signals)?);
        } else if let Some(ask) = self.paced(&change, now).await? {
            let is_its_own = ask.as_of == change.changed_at;
            let as_of = if is_its_own { seen.seen_from(ask.as_of) } else { ask.as_of };
            let request = requested(outbox, &change.user_id, as_of, Vec::new())?;
            outgoing.push(request.delayed(ask.hidden));
        }
        if reads && seen.has_analysable_words() {
            outgoing.push(text_received(outbox, &change)?);
        }
        Ok(outgoing)
    }

    /// Nobody could look at it here: the assessment reads all there is, consents too.
    async fn give_up(
        &self,
        change: AppItemChanged,
        _: &Failure<'_>,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        if change.removed || !seen::holds_words_or_moods(&change.sk) {
            return Ok(Vec::new());
        }
        let outbox = Outbox::new(Self::NAME, cx.clock.now());
        Ok(vec![requested(outbox, &change.user_id, change.changed_at, Vec::new())?])
    }
}

/// The same request for the same user and instant, however often it is asked for.
fn requested(
    outbox: Outbox,
    user: &UserId,
    as_of: AsOf,
    seen: Vec<CrisisSignal>,
) -> Result<Outgoing, StageError> {
    let request = Request {
        user_id: user.clone(),
        as_of,
        run: None,
        trigger: Trigger::Realtime,
        urgent: true,
        historical: false,
    };
    let id = format!("{}/requested", request.stem());
    outbox.to_queue(QueueName::AssessmentsPriority, id, &AssessmentRequested { request, seen })
}

fn text_received(outbox: Outbox, change: &AppItemChanged) -> Result<Outgoing, StageError> {
    let (user, sk) = (change.user_id.partition_key(), &change.sk);
    let id = format!("{user}/{}/{sk}/text", change.changed_at);
    let message = TextReceived { user_id: change.user_id.clone(), sk: change.sk.clone() };
    outbox.to_queue(QueueName::Texts, id, &message)
}
