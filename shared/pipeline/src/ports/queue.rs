//! Queues with SQS's semantics.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mindmate_domain::StageName;

use super::PortResult;
use crate::outgoing::Outgoing;

/// One queue, seen by its consumer.
///
/// At least once: a message that was received stays in the queue, hidden for the visibility
/// timeout, and comes again with a higher receive count unless it is settled. A message received
/// more often than the queue's `maxReceiveCount` is moved to the dead-letter queue by the queue
/// itself: the backstop for consumers that die.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Receives up to `max` (1 to 10) messages, waiting up to `wait` for the first.
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>>;

    /// Hides a received message for this long from now on.
    ///
    /// A receipt that is no longer valid, because the message came again elsewhere, is no error:
    /// the other consumer has it now.
    async fn extend(&self, receipt: &Receipt, hidden: Duration) -> PortResult<()>;

    /// Says what becomes of a received message. A receipt that is no longer valid changes nothing;
    /// a message that was to be put aside and was not may be told as an error, since Lambda deletes
    /// what a function does not complain of.
    ///
    /// The whole message, for it may have been received elsewhere: Lambda's poller hands a function
    /// what it took, and a queue that puts a message aside has to send its body.
    async fn settle(&self, message: &Received, settlement: &Settlement) -> PortResult<()>;

    /// How many messages there are.
    async fn depth(&self) -> PortResult<QueueDepth>;
}

/// Sends messages.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Sends a batch of any size to any channels and says of each, in order, whether it is
    /// durably sent: a batch can half succeed.
    async fn publish(&self, batch: &[Outgoing]) -> Vec<PortResult<()>>;
}

/// A received message.
#[derive(Debug, Clone)]
pub struct Received {
    /// What settles it.
    pub receipt: Receipt,
    /// How often it was received, this time included.
    pub receive_count: u32,
    /// When it was first sent.
    pub sent_at: Timestamp,
    /// The body: an envelope.
    pub body: String,
    /// Attributes beside the body: on a dead letter those of its cause.
    pub attributes: BTreeMap<String, String>,
}

/// What settles a received message. Valid until its visibility runs out and it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

/// What becomes of a received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done.
    Delete,
    /// It comes again after this long.
    Release {
        /// How long it stays hidden.
        after: Duration,
    },
    /// It goes to the dead-letter queue.
    DeadLetter {
        /// Why: carried as attributes.
        cause: DeadLetterCause,
    },
}

/// Why a message is in a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterCause {
    /// The stage that gave up.
    pub stage: StageName,
    /// The code, for filters: `bad-data`, `panicked`, `retries-exhausted`, …
    pub code: String,
    /// The cause in words, without text of a user and without raw ids.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub at: Timestamp,
}

impl DeadLetterCause {
    /// The cause as message attributes.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("stage".to_owned(), self.stage.name().to_owned()),
            ("code".to_owned(), self.code.clone()),
            ("cause".to_owned(), self.message.clone()),
            ("attempts".to_owned(), self.attempts.to_string()),
            ("deadLetteredAt".to_owned(), mindmate_domain::instant::key_form(self.at)),
        ])
    }
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// Ready to be received.
    pub visible: u64,
    /// Received and not settled, or released with a delay that has not passed.
    pub in_flight: u64,
    /// Sent with a delay that has not passed: nobody has received it yet.
    pub delayed: u64,
    /// In its dead-letter queue.
    pub dead: u64,
}

impl QueueDepth {
    /// Whether nothing is left to do now. What was sent for later is not due, and nobody waits for
    /// it.
    pub fn is_drained(&self) -> bool {
        self.visible + self.in_flight == 0
    }
}
