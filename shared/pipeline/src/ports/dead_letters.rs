//! Where letters lie that nobody could deliver: a queue's dead-letter queue, or a stream's failure
//! destination.
//!
//! It has the shape of SQS, the narrower of the two: letters have no order that one could count on,
//! who looks at one may hide it from others for a while, and a look has an end.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_contracts::envelope::{About, RawEvent};
use mindmate_domain::StageName;

use super::{PortResult, Receipt};

/// Attributes of a letter's cause, as [`DeadLetterCause`](super::DeadLetterCause) writes them.
pub const CAUSE_ATTRIBUTES: [&str; 5] = ["stage", "code", "cause", "attempts", "deadLetteredAt"];

/// Carries the id of the replay that a message was last sent by.
pub const REPLAY_ID: &str = "replayId";

/// Carries how often a message was played back.
pub const REPLAYS: &str = "replays";

/// Carries when a message that was played back was first given up.
pub const FIRST_DEAD_LETTERED_AT: &str = "firstDeadLetteredAt";

/// Carries X-Ray's trace. On SQS it is no attribute of the message but one of the system.
pub const TRACE_HEADER: &str = "AWSTraceHeader";

/// What is shown as the code of a letter that the queue's own redrive put there: nobody is left who
/// knows the cause.
pub const NO_CAUSE: &str = "no-cause";

/// What is shown as the code of a letter whose attributes nobody can read: its cause is among them.
pub const UNREADABLE: &str = "unreadable";

/// The letters of one queue or stream.
///
/// Nothing here ever loses a letter: what is held and not removed shows again by itself.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// How many lie there, and for how long they stay.
    async fn standing(&self) -> PortResult<Standing>;

    /// The place behind the last letter that lies there now; `None` where letters have no order.
    /// What comes later lies behind it.
    async fn end(&self) -> PortResult<Option<Place>>;

    /// The next letters that nobody holds, at most `max`, behind a place. Where letters have no
    /// order, the place says nothing: there a letter that was shown is hidden until it is released,
    /// the look ends or its time is over.
    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage>;

    /// Takes letters for this long, and says of each, in order, by what it is released or removed.
    /// `None` where somebody else has it, or it is gone: nobody else moves a letter that is held.
    async fn hold(
        &self,
        letters: &[DeadLetter],
        hold: Duration,
    ) -> PortResult<Vec<Option<Receipt>>>;

    /// Gives letters back, so that they show at once. A receipt that is no longer valid changes
    /// nothing.
    async fn release(&self, held: &[Receipt]) -> PortResult<()>;

    /// Removes letters that are held, and says of each, in order, whether it was there to be
    /// removed.
    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>>;

    /// Gives back what was only looked at, so that the next look sees it.
    async fn end_look(&self) -> PortResult<()>;

    /// Whether the source of these letters has work left: what was put back into it is on its way
    /// until then.
    async fn source(&self) -> PortResult<Source>;

    /// How often each cause is among the letters; from at most `sample` of them where they cannot be
    /// counted as a whole.
    async fn causes(&self, sample: usize) -> PortResult<Causes> {
        let mut causes = Causes::default();
        let mut place = None;
        while causes.looked_at < sample as u64 {
            let left = sample - usize::try_from(causes.looked_at).unwrap_or(sample);
            let page = self.browse(place, left.min(500)).await?;
            page.letters.iter().for_each(|letter| causes.count(letter));
            if page.next.is_none() {
                break;
            }
            place = page.next;
        }
        self.end_look().await?;
        Ok(causes)
    }
}

/// How many letters lie somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Letters that nobody holds.
    pub visible: u64,
    /// Letters that somebody holds or looks at.
    pub held: u64,
    /// How long a letter stays, from when it was sent. `None` where it stays for good.
    pub retention: Option<Duration>,
}

impl Standing {
    /// All letters.
    pub fn all(&self) -> u64 {
        self.visible + self.held
    }
}

/// Whether a queue or stream has work left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// All that is due was worked on.
    Drained,
    /// Something waits or is in somebody's hands.
    Busy,
    /// Nobody can say: only Lambda knows how far it has read a stream.
    Unknown,
}

/// A place among letters that have an order: it rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u64);

/// Some letters.
#[derive(Debug, Clone, Default)]
pub struct LetterPage {
    /// The letters. A page can be empty and not the last.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Place>,
    /// Whether the look ended although more letters lie there: somewhere only so many can be looked
    /// at together.
    pub cut_short: bool,
}

/// What a letter holds, once a message that its source takes again.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// What keeps its order in a stream; empty of a queue.
    pub key: String,
    /// The body: an envelope.
    pub body: String,
}

impl fmt::Debug for Content {
    /// Without the body: it holds a user's id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// A dead letter.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// What it is held by.
    pub receipt: Receipt,
    /// Where it lies, where letters have an order.
    pub place: Option<Place>,
    /// What it holds: one message; of a stream that Lambda gave up, perhaps several records.
    pub contents: Vec<Content>,
    /// Why its contents cannot be sent again, where they cannot: Lambda keeps no records, and its
    /// stream may have let them go.
    pub lost: Option<String>,
    /// Its cause, and what came with the message.
    pub attributes: BTreeMap<String, String>,
    /// When it was sent here; somewhere it is when the message was first sent.
    pub sent_at: Timestamp,
    /// When it is removed by itself.
    pub expires_at: Option<Timestamp>,
}

impl DeadLetter {
    /// The code of its cause.
    pub fn code(&self) -> &str {
        self.attributes.get("code").map_or(NO_CAUSE, String::as_str)
    }

    /// The stage that gave it up, as it says.
    pub fn stage(&self) -> Option<StageName> {
        StageName::from_name(self.attributes.get("stage")?)
    }

    /// The cause in words.
    pub fn cause(&self) -> Option<&str> {
        self.attributes.get("cause").map(String::as_str)
    }

    /// How often it was tried.
    pub fn attempts(&self) -> Option<u32> {
        self.attributes.get("attempts")?.parse().ok()
    }

    /// When it was given up; without a cause, when it was sent.
    pub fn dead_lettered_at(&self) -> Timestamp {
        self.instant("deadLetteredAt").unwrap_or(self.sent_at)
    }

    /// When it was first given up, whatever was tried since.
    pub fn first_dead_lettered_at(&self) -> Timestamp {
        self.instant(FIRST_DEAD_LETTERED_AT).unwrap_or_else(|| self.dead_lettered_at())
    }

    /// The replay that it was last sent by.
    pub fn replay_id(&self) -> Option<&str> {
        self.attributes.get(REPLAY_ID).map(String::as_str)
    }

    /// How often it was played back.
    pub fn replays(&self) -> u32 {
        self.attributes.get(REPLAYS).and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Whom and what its messages are about, as far as that can be read.
    pub fn about(&self) -> Vec<About> {
        let events = self.contents.iter().filter_map(|one| RawEvent::parse(&one.body).ok());
        events.map(|event| event.about()).collect()
    }

    fn instant(&self, name: &str) -> Option<Timestamp> {
        self.attributes.get(name)?.parse().ok()
    }
}

/// How often each cause is among letters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Causes {
    /// By stage (empty where nobody said) and code.
    pub counts: BTreeMap<(String, String), u64>,
    /// How many letters were counted.
    pub looked_at: u64,
    /// When the oldest of them was sent.
    pub oldest: Option<Timestamp>,
}

impl Causes {
    /// Counts a letter.
    pub fn count(&mut self, letter: &DeadLetter) {
        let stage = letter.attributes.get("stage").cloned().unwrap_or_default();
        *self.counts.entry((stage, letter.code().to_owned())).or_default() += 1;
        self.looked_at += 1;
        let oldest = self.oldest.map_or(letter.sent_at, |oldest| oldest.min(letter.sent_at));
        self.oldest = Some(oldest);
    }
}

/// The attributes of a message that is given up: those that it came with, and those of its cause.
/// What an earlier cause said is replaced.
pub fn with_cause(
    came_with: &BTreeMap<String, String>,
    cause: &super::DeadLetterCause,
) -> BTreeMap<String, String> {
    let mut attributes = came_with.clone();
    attributes.extend(cause.attributes());
    attributes
}
