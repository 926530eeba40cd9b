//! Makes sessions and activities of what the app tells, in whatever order it comes.
//!
//! **In:** `ActivityRecorded`, from the stream of activity. **Out:** no message; items of the app's
//! table, `SESSION#{end}#{digest}` and `ACTIVITY#{suggested}#{digest}`. `realtime-trigger` sees them
//! in the table's stream and notes who was active.
//!
//! | what is known | what the table holds |
//! | --- | --- |
//! | a start and an end | the session, from its earliest start to its latest end within [`LONGEST_SESSION`] |
//! | a start, or an end, alone | nothing yet: it waits for the other for [`KEPT`]; then it is forgotten, since half a session says nothing |
//! | an activity's suggestion | the activity; of several suggestions of one id the earliest |
//! | and its completion | when it was first done, and what was last said of its help |
//! | a completion alone | nothing yet, like half a session |
//! | a view of a screen | nothing, ever |
//! | anything of somebody who does not consent to scoring | nothing, no state either: it is behavioural data, and only scoring reads it |
//!
//! **Order and repetition do not count.** What was told of one session or activity is kept as a set
//! of facts, in a state under a digest of its id, written only where it still is what was seen.
//! Sets are merged by union; the item is a function of the set. It is put, every other key that it
//! may have stood under is removed, and the set is read again: where it has grown meanwhile, that
//! is done again, so that a slow writer never leaves an older item.
//!
//! | what fails | what then happens |
//! | --- | --- |
//! | table, profile or state do not answer | tried again; the person's records wait, in order |
//! | killed between any two steps | the record comes again: the fact is known, the item follows from the state anew |
//! | two machines at once | each looks again until the state is what its items were made of |
//! | it grows again and again ([`LOOKS`] looks) | tried again |
//! | every try failed | put aside with its cause; what the state knows by then is made good by the next record of the same thing, or by its replay |
//!
//! What cannot be true is put aside, with a code, and never mended by a guess. Where two records
//! contradict each other, it is the one that came second.
//!
//! | code | what it is | what the table holds |
//! | --- | --- | --- |
//! | `bad-data` | an unknown kind, an empty, endless or unprintable id, an instant without an offset or finer than milliseconds | as before |
//! | `clock-ahead` | an instant more than [`AHEAD`] ahead; what is less is taken as it is | as before |
//! | `too-late` | an instant more than [`LATE`] ago: what belongs to it may be forgotten by now | as before |
//! | `ends-before-start` | a session of minus two hours | no session of these two; one with another end, if it has one |
//! | `session-too-long` | a session of three days | the same |
//! | `completed-before-suggested` | an activity that was done before it was suggested | the activity, without this completion |
//! | `too-many-versions` | more than 32 different records of one session or activity | nothing of it: which of them came first must not count |
//! | `unreadable-state` | a state that this version does not know | as before |

mod activity;
mod fact_store;
mod facts;
mod fault;
mod session;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mindmate_contracts::messages::{ActivityRecorded, RecordedActivity};
use mindmate_domain::app::AppItem;
use mindmate_domain::{AsOf, Consent, Policy, Position, StageName, UserId};
use mindmate_pipeline::ports::{AppItems, ProfileStore, UserStates};
use mindmate_pipeline::{Delivery, Failure, Outbox, Outgoing, PortResult, Stage, StageError};

use self::activity::ActivityFact;
use self::fact_store::{FactStore, Place};
use self::facts::{Fact, Rows};
use self::fault::Fault;
pub use self::session::LONGEST_SESSION;
use self::session::SessionFact;

/// How long it is kept what was told of a session or an activity, after the last of it came.
pub const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How far a client's clock may be ahead.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// How late a record may come. Together with [`AHEAD`] it is no longer than [`KEPT`]: a record that
/// comes again never finds its own fact forgotten, which would make half of an item of it.
pub const LATE: SignedDuration = SignedDuration::from_hours(13 * 24);

/// How often a state that moved meanwhile is looked at again in one try.
pub const LOOKS: usize = 4;

/// The stores that the stage speaks to.
#[derive(Clone)]
pub struct ActivityPorts {
    /// Where sessions and activities are put.
    pub items: Arc<dyn AppItems>,
    /// Consents.
    pub profiles: Arc<dyn ProfileStore>,
    /// What was told so far.
    pub states: Arc<dyn UserStates>,
}

/// The stage.
#[derive(Clone)]
pub struct ActivityIngest {
    items: Arc<dyn AppItems>,
    profiles: Arc<dyn ProfileStore>,
    facts: FactStore,
    policy: Arc<Policy>,
}

impl ActivityIngest {
    /// The stage over these ports, with the policy that says what holds without stated consents.
    pub fn new(ports: ActivityPorts, policy: Arc<Policy>) -> Self {
        let ActivityPorts { items, profiles, states } = ports;
        Self { items, profiles, facts: FactStore(states), policy }
    }

    async fn may_keep(&self, user: &UserId) -> PortResult<bool> {
        let profile = self.profiles.profile(user).await?.unwrap_or_default();
        Ok(profile.consents.effective(self.policy.legacy_consents).allows(Consent::Scoring))
    }

    /// Adds a fact to what is known, and makes the table hold what follows from it.
    async fn learn<F: Fact>(
        &self,
        place: &Place<'_>,
        fact: &F,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let mut facts = self.facts.add(place, fact, now).await?;
        for _ in 0..LOOKS {
            let touched = self.settle(place, &facts.rows(&place.digest)).await?;
            // What nobody wrote cannot be older than what somebody else wrote meanwhile.
            let latest = if touched { self.facts.known(place).await? } else { facts.clone() };
            if latest == facts {
                return facts.fault(fact).map_or(Ok(()), |fault| Err(fault.into()));
            }
            facts = latest;
        }
        Err(StageError::transient("what is known changed again and again"))
    }

    /// Puts the item before others are removed, so that it is never gone meanwhile. Says whether
    /// anything may have been written.
    async fn settle(&self, place: &Place<'_>, rows: &Rows) -> PortResult<bool> {
        if let Some(item) = &rows.item {
            self.items.put(place.user, &AppItem::Event(item.clone())).await?;
        }
        for key in &rows.superseded {
            self.items.remove(place.user, key).await?;
        }
        Ok(rows.item.is_some() || !rows.superseded.is_empty())
    }
}

impl Stage for ActivityIngest {
    const NAME: StageName = StageName::ActivityIngest;

    type Input = ActivityRecorded;

    async fn handle(
        &self,
        recorded: ActivityRecorded,
        cx: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        use RecordedActivity as Told;
        let ActivityRecorded { user_id: user, at, activity } = recorded;
        if matches!(activity, Told::ScreenViewed { .. }) {
            return Ok(Vec::new());
        }
        let now = cx.clock.now();
        timely(at, now)?;
        if !self.may_keep(&user).await? {
            return Ok(Vec::new());
        }
        match activity {
            Told::ScreenViewed { .. } => {}
            Told::SessionStarted { session_id: id } => {
                let place = Place::of::<SessionFact>(&user, &id);
                self.learn(&place, &SessionFact::Started(at), now).await?;
            }
            Told::SessionEnded { session_id: id } => {
                let place = Place::of::<SessionFact>(&user, &id);
                self.learn(&place, &SessionFact::Ended(at), now).await?;
            }
            Told::ActivitySuggested { activity_id: id, activity, suggested } => {
                let place = Place::of::<ActivityFact>(&user, &id);
                let fact = ActivityFact::Suggested { at, activity, suggested };
                self.learn(&place, &fact, now).await?;
            }
            Told::ActivityCompleted { activity_id: id, helpful } => {
                let place = Place::of::<ActivityFact>(&user, &id);
                self.learn(&place, &ActivityFact::Completed { at, helpful }, now).await?;
            }
        }
        Ok(Vec::new())
    }

    /// Nothing to say: the record is put aside with its cause.
    async fn give_up(
        &self,
        _: ActivityRecorded,
        _: &Failure<'_>,
        _: &Delivery<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        Ok(Vec::new())
    }

    /// The same: what the app sent belongs to no run, whatever it says.
    fn give_up_unread(
        &self,
        _: Outbox,
        _: Option<Position>,
        _: &Failure<'_>,
    ) -> Result<Vec<Outgoing>, StageError> {
        Ok(Vec::new())
    }
}

/// Whether the client's clock can be right, and what belongs to the record is still known.
fn timely(at: AsOf, now: Timestamp) -> Result<(), Fault> {
    let ahead = at.instant().duration_since(now);
    if ahead > AHEAD {
        Err(Fault::Ahead { ahead })
    } else if -ahead > LATE {
        Err(Fault::TooLate { ago: -ahead })
    } else {
        Ok(())
    }
}
