//! Dead letters in SQS: a queue's dead-letter queue, or the failure destination of a stream.
//!
//! | what comes in | what it becomes |
//! | --- | --- |
//! | a message that its consumer gave up | its body, with its cause |
//! | a message that the queue's own redrive moved | its body, without a cause |
//! | a record that its consumer put aside | the record again: key and body |
//! | what Lambda says of records that it gave up | `lambda-gave-up`, with the records as far as Kinesis still has them |
//!
//! | what is done | how |
//! | --- | --- |
//! | looking | a letter that was shown is hidden for [`LOOKED_AT`]. Looks are nested: one begins where no place is given, and the end of a look gives back what that look hid |
//! | holding | by the letter's receipt, while it is still hidden by the look |
//! | removing | what is remembered of a record that was put aside is forgotten first, then the letter deleted. The other way round the same record, failing in between, would be taken for one that lies there |
//!
//! What fails fails as the port's error, and the letter shows again when its time is over. Changes of
//! the app's table cannot be put into its stream by anybody but the table: such letters show and
//! cannot be played back. The next daily run assesses the users they are about.

mod calls;
mod given_up;
mod letter;
mod look;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::SignedDuration;
use mindmate_contracts::Channel;
use mindmate_pipeline::PortResult;
use mindmate_pipeline::ports::{
    DeadLetter, DeadLetters, LetterPage, Place, PortError, Receipt, Source, Standing,
};
use tokio::sync::OnceCell;

use self::calls::Calls;
use self::letter::{handle, record_name};
use self::look::Looks;
use crate::aside::Aside;

const PORT: &str = "sqs";

/// How long a letter that was shown is hidden: a page of letters is sent in that time, however
/// slowly.
const LOOKED_AT: Duration = Duration::from_mins(15);

/// How long a letter is hidden while it is removed: longer than that takes.
const WHILE_REMOVED: Duration = Duration::from_mins(2);

/// So many empty answers in a row say that nothing is left: one alone may be of a server that has
/// none.
const EMPTY: usize = 2;

/// Where letters come from.
pub(crate) enum Origin {
    /// A queue, by its URL where that is known.
    Queue {
        /// The queue's URL.
        url: Option<String>,
    },
    /// A stream.
    Stream {
        /// Remembers which records lie there.
        aside: Box<Aside>,
        /// Has the records that Lambda gave up.
        kinesis: aws_sdk_kinesis::Client,
        /// The stream's name.
        name: String,
    },
}

/// The dead letters of one queue or stream.
pub(crate) struct SqsDeadLetters {
    client: aws_sdk_sqs::Client,
    of: Channel,
    /// Of the queue that they lie in.
    url: Option<String>,
    origin: Origin,
    retention: OnceCell<Option<Duration>>,
    looks: Mutex<Looks>,
    /// Whether the source was empty when it was last looked at.
    was_empty: AtomicBool,
}

impl SqsDeadLetters {
    pub(crate) fn new(
        client: aws_sdk_sqs::Client,
        of: Channel,
        url: Option<String>,
        origin: Origin,
    ) -> Self {
        let (retention, looks, was_empty) = Default::default();
        Self { client, of, url, origin, retention, looks, was_empty }
    }

    fn calls(&self) -> PortResult<Calls<'_>> {
        if let Some(url) = &self.url {
            return Ok(Calls { client: &self.client, url });
        }
        let variable = self.of.name().replace('-', "_").to_uppercase();
        let words = format!(
            "nobody said where the dead letters of the {} lie: expected {variable}_DLQ_URL",
            self.of
        );
        Err(PortError::permanent(PORT, "not-configured", words))
    }

    async fn retention(&self) -> PortResult<Option<Duration>> {
        let read = || async {
            let name = QueueAttributeName::MessageRetentionPeriod;
            let found = self.calls()?.numbers(std::slice::from_ref(&name)).await?;
            PortResult::Ok(found.get(&name).copied().map(Duration::from_secs))
        };
        self.retention.get_or_try_init(read).await.copied()
    }

    /// The letter of a message.
    async fn letter(&self, message: aws_sdk_sqs::types::Message) -> Option<DeadLetter> {
        let retention = self.retention().await.ok().flatten();
        let letter::Shown { mut letter, given_up } = letter::read(self.of, message)?;
        letter.expires_at = retention
            .and_then(|retention| SignedDuration::try_from(retention).ok())
            .and_then(|retention| letter.sent_at.checked_add(retention).ok());
        if let Origin::Stream { kinesis, name, .. } = &self.origin
            && let Some(given_up) = given_up
        {
            given_up.fetch(kinesis, name, &mut letter).await;
        }
        Some(letter)
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets that records lie aside; says of each whether it may be removed now.
    async fn forget(&self, receipts: &[Receipt]) -> Vec<PortResult<()>> {
        let Origin::Stream { aside, .. } = &self.origin else {
            return receipts.iter().map(|_| Ok(())).collect();
        };
        let mut results = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            results.push(match record_name(receipt) {
                Some(name) => aside.forget(name).await,
                None => Ok(()),
            });
        }
        results
    }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn standing(&self) -> PortResult<Standing> {
        use QueueAttributeName as Name;
        let visible = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesDelayed];
        let held = Name::ApproximateNumberOfMessagesNotVisible;
        let names = [visible[0].clone(), visible[1].clone(), held.clone()];
        let found = self.calls()?.numbers(&names).await?;
        let of = |name: &Name| found.get(name).copied().unwrap_or_default();
        let retention = self.retention().await?;
        Ok(Standing { visible: visible.iter().map(of).sum(), held: of(&held), retention })
    }

    /// A queue has no order.
    async fn end(&self) -> PortResult<Option<Place>> {
        Ok(None)
    }

    async fn browse(&self, after: Option<Place>, max: usize) -> PortResult<LetterPage> {
        let calls = self.calls()?;
        if after.is_none() {
            self.looks().begin();
        }
        let (mut page, mut empty) = (LetterPage::default(), 0);
        while page.letters.len() < max && empty < EMPTY {
            let room = self.looks().room();
            if room == 0 {
                page.cut_short = true;
                break;
            }
            let most = room.min(max - page.letters.len());
            let messages = calls.receive(most, LOOKED_AT, empty > 0).await?;
            if messages.is_empty() {
                empty += 1;
                continue;
            }
            empty = 0;
            // Remembered before anything else can fail: they are to be given back.
            self.looks().remember(messages.iter().filter_map(|one| one.receipt_handle.clone()));
            for message in messages {
                page.letters.extend(self.letter(message).await);
            }
        }
        let shown = after.map_or(0, |place| place.0) + page.letters.len() as u64;
        page.next = (empty < EMPTY && !page.cut_short).then_some(Place(shown));
        Ok(page)
    }

    async fn hold(
        &self,
        letters: &[DeadLetter],
        hold: Duration,
    ) -> PortResult<Vec<Option<Receipt>>> {
        let handles: Vec<&str> = letters.iter().map(|letter| handle(&letter.receipt)).collect();
        let are_ours = self.calls()?.hide(&handles, hold).await?;
        self.looks().forget(&handles);
        let each = letters.iter().zip(are_ours);
        Ok(each.map(|(letter, is_ours)| is_ours.then(|| letter.receipt.clone())).collect())
    }

    async fn release(&self, held: &[Receipt]) -> PortResult<()> {
        let handles: Vec<&str> = held.iter().map(handle).collect();
        self.calls()?.hide(&handles, Duration::ZERO).await.map(drop)
    }

    async fn remove(&self, held: &[Receipt]) -> Vec<PortResult<bool>> {
        let calls = match self.calls() {
            Ok(calls) => calls,
            Err(error) => return held.iter().map(|_| Err(error.again())).collect(),
        };
        // SQS says of a receipt that is no longer valid that it deleted the message. Whether it is
        // valid only hiding tells.
        let handles: Vec<&str> = held.iter().map(handle).collect();
        let valid = match calls.hide(&handles, WHILE_REMOVED).await {
            Ok(valid) => valid,
            Err(error) => return held.iter().map(|_| Err(error.again())).collect(),
        };
        let there: Vec<Receipt> = held
            .iter()
            .zip(&valid)
            .filter(|(_, valid)| **valid)
            .map(|(receipt, _)| receipt.clone())
            .collect();
        let forgotten = self.forget(&there).await;
        let (mut errors, mut handles) = (Vec::new(), Vec::new());
        for (receipt, forgotten) in there.iter().zip(forgotten) {
            match forgotten {
                Ok(()) => handles.push(handle(receipt)),
                Err(error) => errors.push((handle(receipt), error)),
            }
        }
        let deleted = calls.delete(&handles).await;
        let mut results: BTreeMap<&str, PortResult<bool>> =
            handles.iter().copied().zip(deleted).collect();
        results.extend(errors.into_iter().map(|(handle, error)| (handle, Err(error))));
        held.iter().map(|receipt| results.remove(handle(receipt)).unwrap_or(Ok(false))).collect()
    }

    /// Of the look that began last.
    async fn end_look(&self) -> PortResult<()> {
        let looked_at = self.looks().end();
        if looked_at.is_empty() {
            return Ok(());
        }
        let handles: Vec<&str> = looked_at.iter().map(String::as_str).collect();
        self.calls()?.hide(&handles, Duration::ZERO).await.map(drop)
    }

    /// SQS counts about right: a queue is drained where two looks in a row say so. How far Lambda
    /// has read a stream nobody else can say.
    async fn source(&self) -> PortResult<Source> {
        use QueueAttributeName as Name;
        let Origin::Queue { url } = &self.origin else { return Ok(Source::Unknown) };
        let Some(url) = url else {
            let words = format!("expected the URL of the {}, found none", self.of);
            return Err(PortError::permanent(PORT, "not-configured", words));
        };
        let names =
            [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
        let left: u64 = Calls { client: &self.client, url }.numbers(&names).await?.values().sum();
        let was_empty = self.was_empty.swap(left == 0, Ordering::SeqCst);
        Ok(if left == 0 && was_empty { Source::Drained } else { Source::Busy })
    }
}
